"""event_survived: advice on an event that makes the function crash."""

from __future__ import annotations

import pytest

from tests.checks.invocation.samples import BAD_JSON, CALL, FUNCTION, performance_function
from tests.checks.replies import answer, crash, probed, raw
from tests.checks.world import World


@pytest.mark.parametrize("status", [200, 400, 500])
def test_passes_with_any_response(status: int) -> None:
    call = {"function": FUNCTION, "event": BAD_JSON, "qualifiers": ["prod"]}
    assert probed(performance_function(), "event_survived", [answer(status, "")], **call)[0].status == "passed"
    assert probed(performance_function(), "event_survived", [raw("1")], **call)[0].status == "passed"


def test_names_the_crash() -> None:
    call = {"function": FUNCTION, "event": BAD_JSON, "qualifiers": ["prod"], "explanation": "Not your fault."}
    verdict, _ = probed(performance_function(), "event_survived", [crash("UnboundLocalError", "dimensions")], **call)
    assert verdict.message == (
        f'{FUNCTION}:prod, invoked with {{"body": "{{\\"operation\\": "}}, crashed: UnboundLocalError: dimensions. '
        "Not your fault."
    )


def test_gives_no_advice_without_the_function() -> None:
    assert probed(World(), "event_survived", [], **CALL)[0].status == "passed"


def test_gives_no_advice_without_the_alias() -> None:
    verdict, asked = probed(performance_function(), "event_survived", [], **{**CALL, "qualifiers": ["blue"]})
    assert (verdict.status, verdict.message, asked) == ("passed", "", [])
