"""Invoke a function of a stub of Lambda, as a probe does."""

from __future__ import annotations

import json
from typing import Any

from labgrader.evidence.probe import Invocation
from labgrader.evidence.question import Answer, Question
from labgrader.probing.function_invoker import Invoker
from labgrader.probing.retry_policy import RetryPolicy
from tests.load_testing.stub_lambda import StubLambda

BRISK = RetryPolicy(attempts=3, base_delay_s=0.001)


def make_invoker(stub: StubLambda) -> Invoker:
    """Return the invoker of ``user1``, which retries twice without a wait."""
    return Invoker(stub.endpoint, username="user1", forbidden="labgrader-", retry_policy=BRISK)


def probe(
    stub: StubLambda, function: str = "user1-f", qualifier: str = "", event: Any = None, timeout_s: float = 5
) -> Answer:
    """Invoke a function and return the answer."""
    return make_invoker(stub).answer(invoke_question(function, qualifier, event, timeout_s))


def invoke_question(function: str, qualifier: str = "", event: Any = None, timeout_s: float = 5) -> Question:
    """Return the question that invokes a function."""
    return Question(
        "lambda:InvokeFunction",
        {"FunctionName": function, "Qualifier": qualifier, "Payload": event, "TimeoutSeconds": timeout_s},
    )


def invocation_of(answer: Answer) -> Invocation:
    """Return the invocation of an answer that can be stored as JSON."""
    assert answer.error_code == ""
    document = json.loads(json.dumps(answer.value, allow_nan=False))
    assert document == answer.value  # plain JSON, as it is stored
    return Invocation.from_dict(document)
