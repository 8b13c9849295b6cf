"""log_group_expires: the log group keeps its logs for the number of days."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.world import World

FUNCTION = "user1-f"


def logged(**group: Any) -> World:
    return World().list("logs:DescribeLogGroups", FUNCTION, {"logGroupName": f"/aws/lambda/{FUNCTION}", **group})


def test_passes_with_the_right_number_of_days() -> None:
    verdict = logged(retentionInDays=7).judge("log_group_expires", function=FUNCTION, days=7)
    assert (verdict.status, verdict.observed) == ("passed", "7 days")


@pytest.mark.parametrize("days", [5, 14, 3653])
def test_another_number_of_days_earns_half(days: int) -> None:
    verdict = logged(retentionInDays=days).judge("log_group_expires", function=FUNCTION, days=7)
    assert (verdict.status, verdict.fraction) == ("partial", 0.5)
    assert verdict.message == f"The logs in /aws/lambda/{FUNCTION} expire after {days} days instead of 7."
    assert verdict.hint == (
        f"aws logs put-retention-policy --log-group-name /aws/lambda/{FUNCTION} --retention-in-days 7"
    )


def test_fails_when_logs_never_expire() -> None:
    verdict = logged().judge("log_group_expires", function=FUNCTION, days=7)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"The logs in /aws/lambda/{FUNCTION} never expire. The lab requires a retention of 7 days.",
    )


def test_fails_when_the_log_group_does_not_exist() -> None:
    verdict = World().judge("log_group_expires", function=FUNCTION, days=7)
    assert (verdict.status, verdict.message) == ("failed", f"There is no log group /aws/lambda/{FUNCTION}.")
    assert verdict.hint.splitlines()[0] == f"aws logs create-log-group --log-group-name /aws/lambda/{FUNCTION}"
