"""bad_json_is_refused: the function returns the status for a body that is not JSON."""

from __future__ import annotations

import json

import pytest

from labgrader.evidence.probe import Invocation
from tests.checks.replies import answer, crash, probed
from tests.checks.world import OPTIMIZED, World, perfect


def test_invokes_nothing_without_the_function_or_alias() -> None:
    verdict, asked = probed(World(), "bad_json_is_refused", [], function=OPTIMIZED)
    assert (verdict.message, asked) == (f"There is no function {OPTIMIZED}.", [])
    verdict, asked = probed(perfect(), "bad_json_is_refused", [], function=OPTIMIZED, qualifiers=["user1-blue"])
    assert (verdict.message, asked) == (f"{OPTIMIZED} has no alias or version user1-blue.", [])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (answer(400), ""),
        (answer(200), 'returned 200 instead of 400 ({"ok": true})'),
        (answer(500, ""), "returned 500 instead of 400"),
        (crash("JSONDecodeError", "Expecting value"), "crashed: JSONDecodeError: Expecting value"),
    ],
)
def test_passes_with_400_and_fails_otherwise(call: Invocation, message: str) -> None:
    verdict, asked = probed(perfect(), "bad_json_is_refused", [call], function=OPTIMIZED, qualifiers=["user1-prod"])
    assert verdict.status == ("failed" if message else "passed")
    if message:
        assert verdict.message == (
            f"{OPTIMIZED}:user1-prod, invoked with a body that is not JSON, {message}. "
            "Catch json.JSONDecodeError and return the status 400."
        )
    with pytest.raises(json.JSONDecodeError):
        json.loads(asked[0].arguments["Payload"]["body"])


@pytest.mark.parametrize("body", ["Invalid JSON in request body", ""])
def test_a_refusal_may_be_plain_text(body: str) -> None:
    call = answer(400, body)
    verdict, _ = probed(perfect(), "bad_json_is_refused", [call], function=OPTIMIZED, qualifiers=["user1-prod"])
    assert verdict.status == "passed"


def test_fails_when_the_function_is_deleted_during_the_check() -> None:
    verdict, _ = probed(perfect(), "bad_json_is_refused", [None], function=OPTIMIZED)
    assert (verdict.status, verdict.message) == ("failed", f"{OPTIMIZED} does not exist.")
