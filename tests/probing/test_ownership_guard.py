"""The guard before every probe and load test, in a class with hyphens in usernames."""

from __future__ import annotations

import pytest

from labgrader.errors import NotGradedError
from labgrader.probing.function_invoker import Invoker
from labgrader.probing.ownership_guard import Ownership
from tests.load_testing.stub_lambda import StubLambda
from tests.probing.invoking import invoke_question

ANN = Ownership("ann", "labgrader-", ("ann-marie",))
REASON = "the {} ann-marie-x belongs to a student with a longer username: not touched"


def test_the_longest_username_owns_a_name() -> None:
    assert [name for name in ("ann-x", "ann-marie-x", "ann-mariex", "ANN-x") if ANN.owns(name)] == [
        "ann-x",
        "ann-mariex",
    ]
    assert Ownership("ann-marie", "labgrader-").require("s3:PutObject", "bucket", "ann-marie-x") == "ann-marie-x"
    with pytest.raises(NotGradedError) as refused:
        ANN.require("s3:PutObject", "bucket", "ann-marie-x")
    assert refused.value.reason == REASON.format("bucket")


def test_a_function_of_a_longer_username_is_not_invoked() -> None:
    with StubLambda() as stub:
        invoker = Invoker(stub.endpoint, username="ann", forbidden="labgrader-", longer_usernames=("ann-marie",))
        with pytest.raises(NotGradedError) as refused:
            invoker.answer(invoke_question("ann-marie-x"))
        assert stub.requests == []
        assert invoker.answer(invoke_question("ann-x")).value
    assert refused.value.reason == REASON.format("function")
