"""answers_only_with: every invocation returns one of the statuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.replies import answer, crash, probed
from tests.checks.world import ERRORS, OPTIMIZED, World, perfect

RETRY: dict[str, Any] = {"function": ERRORS, "operation": "retry_demo", "statuses": [200, 503, 400]}
TIMED_OUT = crash("Sandbox.Timedout", "RequestId: 1 Error: Task timed out after 30.00 seconds")


def test_invokes_nothing_without_the_function_or_alias() -> None:
    verdict, asked = probed(
        World(), "answers_only_with", [], function=OPTIMIZED, operation="retry_demo", statuses=[200]
    )
    assert (verdict.message, asked) == (f"There is no function {OPTIMIZED}.", [])
    verdict, asked = probed(
        perfect(),
        "answers_only_with",
        [],
        function=OPTIMIZED,
        qualifiers=["user1-blue"],
        operation="retry_demo",
        statuses=[200],
    )
    assert (verdict.message, asked) == (f"{OPTIMIZED} has no alias or version user1-blue.", [])


def test_passes_with_each_of_the_statuses() -> None:
    calls = [answer(200), answer(503), answer(400)]
    verdict, asked = probed(perfect(), "answers_only_with", calls, **RETRY)
    assert (verdict.status, verdict.observed) == ("passed", "200, 503 and 400")
    assert [question.arguments["Payload"]["attempt"] for question in asked] == [1, 2, 3]


def test_each_invocation_is_worth_the_same() -> None:
    calls = [answer(200), crash("RetryableError", "Service timeout - retryable"), answer(500, "")]
    verdict, _ = probed(perfect(), "answers_only_with", calls, **RETRY)
    assert (verdict.status, verdict.fraction) == ("partial", 1 / 3)
    assert verdict.message == (
        f"{ERRORS}, operation retry_demo: the invocation 2 crashed: RetryableError: Service timeout - retryable; "
        "the invocation 3 returned 500 instead of 200 or 503 or 400."
    )
    assert verdict.observed == "200, and 2 unhandled failures"


def test_a_function_that_hangs_is_invoked_once() -> None:
    verdict, asked = probed(perfect(), "answers_only_with", [TIMED_OUT], **RETRY)
    assert (verdict.status, len(asked)) == ("failed", 1)
    assert verdict.observed == "nothing, and 3 unhandled failures"


@pytest.mark.parametrize("body", ["Invalid JSON in request body", ""])
def test_a_refusal_may_be_plain_text(body: str) -> None:
    verdict, _ = probed(perfect(), "answers_only_with", [answer(503, body)] * 3, **RETRY)
    assert (verdict.status, verdict.observed) == ("passed", "503, 503 and 503")
    verdict, _ = probed(perfect(), "answers_only_with", [answer(500, body)] * 3, **RETRY)
    assert verdict.status == "failed"


def test_fails_when_the_function_is_deleted_during_the_check() -> None:
    verdict, _ = probed(perfect(), "answers_only_with", [None], **RETRY)
    assert (verdict.status, verdict.message) == ("failed", f"{ERRORS} does not exist.")
