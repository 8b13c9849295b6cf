"""The allowance of self-checks, on both sides of the hour and of the day."""

from __future__ import annotations

import pytest

from labgrader.labs.lab import SelfChecks
from labgrader.runs.self_check_quota import DAY_S, HOUR_S, Allowance, allowance, retry_after_s, within_a_day
from labgrader.store.self_checks import Taken

NOON = 1_767_268_800.0  # 2026-01-01T12:00:00Z
LIMITS = SelfChecks(per_hour=2, per_day=4)


def taken(*ago: float) -> tuple[Taken, ...]:
    """Return self-checks that started so many seconds before noon."""
    return tuple(Taken(f"r{number}", NOON - seconds) for number, seconds in enumerate(ago))


def test_allowance_is_full_without_self_checks() -> None:
    assert allowance(LIMITS, (), NOON) == Allowance(2, 4, 2, 4, None)
    assert retry_after_s(LIMITS, (), NOON) == 0


def test_allowance_after_one_self_check_says_when_it_refills() -> None:
    assert allowance(LIMITS, taken(600), NOON) == Allowance(2, 4, 1, 3, "2026-01-01T12:50:00Z")


@pytest.mark.parametrize(("ago", "left"), [(HOUR_S - 0.001, 1), (HOUR_S, 2)])
def test_hour_limit_refills_after_sixty_minutes(ago: float, left: int) -> None:
    assert allowance(LIMITS, taken(ago), NOON).remaining_this_hour == left


@pytest.mark.parametrize(("ago", "left"), [(DAY_S - 0.001, 3), (DAY_S, 4)])
def test_day_limit_refills_after_twenty_four_hours(ago: float, left: int) -> None:
    assert allowance(LIMITS, taken(ago), NOON).remaining_today == left
    assert len(within_a_day(taken(ago), NOON)) == 4 - left


def test_hour_limit_refills_one_by_one() -> None:
    both = taken(3000, 60)
    assert allowance(LIMITS, both, NOON) == Allowance(2, 4, 0, 2, "2026-01-01T12:10:00Z")
    assert retry_after_s(LIMITS, both, NOON) == 600
    assert retry_after_s(LIMITS, both, NOON + 599.5) == 1
    assert retry_after_s(LIMITS, both, NOON + 600) == 0
    assert allowance(LIMITS, both, NOON + 600).remaining_this_hour == 1


def test_spent_day_limit_leaves_nothing_of_the_hour_limit() -> None:
    four = taken(80_000, 70_000, 60_000, 50_000)
    assert allowance(LIMITS, four, NOON) == Allowance(2, 4, 0, 0, "2026-01-01T13:46:40Z")
    assert retry_after_s(LIMITS, four, NOON) == DAY_S - 80_000


def test_hour_limit_refills_only_with_the_day_limit() -> None:
    """Two in this hour and four today: the hour limit is free long before the day limit."""
    spent = taken(80_000, 70_000, 3000, 60)
    assert retry_after_s(LIMITS, spent, NOON) == DAY_S - 80_000
    assert allowance(LIMITS, spent, NOON).refills_at == "2026-01-01T13:46:40Z"


def test_refill_time_is_rounded_up() -> None:
    spent = taken(0.4, 0.4)
    assert allowance(LIMITS, spent, NOON).refills_at == "2026-01-01T13:00:00Z"
    assert retry_after_s(LIMITS, spent, NOON) == HOUR_S


def test_day_limit_below_the_hour_limit_applies() -> None:
    assert allowance(SelfChecks(per_hour=5, per_day=1), (), NOON) == Allowance(5, 1, 1, 1, None)
    assert allowance(SelfChecks(per_hour=5, per_day=1), taken(60), NOON).refills_at == "2026-01-02T11:59:00Z"


def test_lowered_limit_leaves_zero_and_not_less() -> None:
    assert allowance(SelfChecks(per_hour=1, per_day=2), taken(10, 20, 30), NOON).remaining_today == 0


def test_allowance_as_json() -> None:
    assert allowance(LIMITS, taken(600), NOON).to_dict() == {
        "per_hour": 2,
        "per_day": 4,
        "remaining_this_hour": 1,
        "remaining_today": 3,
        "refills_at": "2026-01-01T12:50:00Z",
    }
