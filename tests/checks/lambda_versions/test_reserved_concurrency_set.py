"""reserved_concurrency_set: the function has exactly this reserved concurrency."""

from __future__ import annotations

import pytest

from tests.checks.world import OPTIMIZED, World

RESERVED = {"function": OPTIMIZED, "executions": 10}


@pytest.mark.parametrize(
    ("reserved", "status", "fraction", "message"),
    [
        (10, "passed", 1.0, ""),
        (9, "partial", 0.5, f"The reserved concurrency of {OPTIMIZED} is 9 instead of 10."),
        (11, "partial", 0.5, f"The reserved concurrency of {OPTIMIZED} is 11 instead of 10."),
        (
            0,
            "failed",
            0.0,
            f"The reserved concurrency of {OPTIMIZED} is 0, so Lambda throttles every invocation. The lab sets 10.",
        ),
        (
            None,
            "failed",
            0.0,
            f"{OPTIMIZED} has no reserved concurrency. The lab sets 10. "
            "(The command is put-function-concurrency. There is no put-reserved-concurrency.)",
        ),
    ],
)
def test_each_reserved_concurrency(reserved: int | None, status: str, fraction: float, message: str) -> None:
    verdict = World().function(OPTIMIZED, reserved=reserved).judge("reserved_concurrency_set", **RESERVED)
    assert (verdict.status, verdict.fraction, verdict.message) == (status, fraction, message)
    if status != "passed":
        command, remark = verdict.hint.splitlines()
        assert command == (
            f"aws lambda put-function-concurrency --function-name {OPTIMIZED} --reserved-concurrent-executions 10"
        )
        assert remark.endswith("this account cannot do it: tell your instructor")


def test_fails_when_the_function_does_not_exist() -> None:
    verdict = World().judge("reserved_concurrency_set", **RESERVED)
    assert (verdict.status, verdict.message) == ("failed", f"There is no function {OPTIMIZED}.")
