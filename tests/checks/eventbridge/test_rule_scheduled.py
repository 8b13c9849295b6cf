"""rule_scheduled: the rule has its schedule and is enabled."""

from __future__ import annotations

import pytest

from tests.checks.world import World

RULE = "user1-daily-cleanup"
SCHEDULE = "cron(0 2 * * ? *)"
DAILY = {"rule": RULE, "schedule": SCHEDULE}


@pytest.mark.parametrize(
    "schedule",
    [
        SCHEDULE,
        "cron(0 2 ? * * *)",
        "cron(00 02 * * ? *)",
        "cron(0  2 * * ? *)",
        " cron(0 2 * * ? *) ",
        "cron(0 2 1/1 * ? *)",
        "cron(0 2 */1 * ? *)",
        "cron(0 2 ? * SUN-SAT *)",
        "cron(0 2 ? * mon-sun *)",
        "cron(0 2 1-31 1-12 ? *)",
    ],
)
def test_passes_with_every_way_to_write_the_schedule(schedule: str) -> None:
    verdict = World().rule(RULE, ScheduleExpression=schedule).judge("rule_scheduled", **DAILY)
    assert (verdict.status, verdict.observed) == ("passed", f"{schedule}, ENABLED")


@pytest.mark.parametrize(
    "schedule",
    [
        "cron(0 14 * * ? *)",
        "cron(2 0 * * ? *)",
        "cron(0 20 * * ? *)",
        "cron(0 2 1 * ? *)",
        "cron(0 2 1/2 * ? *)",
        "cron(0 2 ? * MON-FRI *)",
        "cron(0/1 2 * * ? *)",
        "cron(0 2 * * ?)",
        "rate(1 day)",
        "{username}",
    ],
)
def test_another_schedule_costs_a_third(schedule: str) -> None:
    verdict = World().rule(RULE, ScheduleExpression=schedule).judge("rule_scheduled", **DAILY)
    assert (verdict.status, verdict.fraction, verdict.message) == (
        "partial",
        2 / 3,
        f"{RULE}: the schedule is {schedule} instead of {SCHEDULE}.",
    )
    assert verdict.hint == (f"aws events put-rule --name {RULE} --schedule-expression '{SCHEDULE}' --state ENABLED")


def test_disabled_and_without_a_schedule_cost_a_third_each() -> None:
    verdict = World().rule(RULE, ScheduleExpression=SCHEDULE, State="DISABLED").judge("rule_scheduled", **DAILY)
    assert (verdict.fraction, verdict.message) == (
        2 / 3,
        f"{RULE}: its state is DISABLED instead of ENABLED, so it never runs.",
    )
    verdict = World().rule(RULE, State="DISABLED").judge("rule_scheduled", **DAILY)
    assert (verdict.fraction, verdict.message) == (
        1 / 3,
        f"{RULE}: the schedule {SCHEDULE} is missing; its state is DISABLED instead of ENABLED, so it never runs.",
    )


def test_fails_when_the_rule_does_not_exist() -> None:
    verdict = World().judge("rule_scheduled", **DAILY)
    assert (verdict.status, verdict.message) == ("failed", f"There is no rule {RULE}.")
    assert verdict.hint == f"aws events put-rule --name {RULE} --schedule-expression '{SCHEDULE}' --state ENABLED"
    verdict = World().rule("user1-daily_cleanup").judge("rule_scheduled", **DAILY)
    assert verdict.message == (f"There is no rule {RULE}, but there is user1-daily_cleanup: a name must match exactly.")
