"""How many self-checks are left: exact on both sides of the hour and of the day."""

from __future__ import annotations

import pytest

from labgrader.labs.lab import SelfChecks
from labgrader.runs.self_check_quota import DAY_S, HOUR_S, Allowance, allowance, retry_after_s, within_a_day
from labgrader.store.self_checks import Taken

NOON = 1_767_268_800.0  # 2026-01-01T12:00:00Z
LIMITS = SelfChecks(per_hour=2, per_day=4)


def taken(*ago: float) -> tuple[Taken, ...]:
    """Self-checks that were started so many seconds before noon."""
    return tuple(Taken(f"r{number}", NOON - seconds) for number, seconds in enumerate(ago))


def test_nothing_taken_is_all_of_it() -> None:
    assert allowance(LIMITS, (), NOON) == Allowance(2, 4, 2, 4, None)
    assert retry_after_s(LIMITS, (), NOON) == 0


def test_one_taken_says_when_it_comes_back() -> None:
    assert allowance(LIMITS, taken(600), NOON) == Allowance(2, 4, 1, 3, "2026-01-01T12:50:00Z")


@pytest.mark.parametrize(("ago", "left"), [(HOUR_S - 0.001, 1), (HOUR_S, 2)])
def test_an_hour_is_over_after_sixty_minutes_and_not_before(ago: float, left: int) -> None:
    assert allowance(LIMITS, taken(ago), NOON).remaining_this_hour == left


@pytest.mark.parametrize(("ago", "left"), [(DAY_S - 0.001, 3), (DAY_S, 4)])
def test_a_day_is_over_after_twenty_four_hours_and_not_before(ago: float, left: int) -> None:
    assert allowance(LIMITS, taken(ago), NOON).remaining_today == left
    assert len(within_a_day(taken(ago), NOON)) == 4 - left


def test_the_window_slides_so_no_full_hour_gives_everything_back_at_once() -> None:
    both = taken(3000, 60)
    assert allowance(LIMITS, both, NOON) == Allowance(2, 4, 0, 2, "2026-01-01T12:10:00Z")
    assert retry_after_s(LIMITS, both, NOON) == 600
    assert retry_after_s(LIMITS, both, NOON + 599.5) == 1
    assert retry_after_s(LIMITS, both, NOON + 600) == 0
    assert allowance(LIMITS, both, NOON + 600).remaining_this_hour == 1


def test_a_day_that_is_spent_leaves_nothing_of_the_hour() -> None:
    four = taken(80_000, 70_000, 60_000, 50_000)
    assert allowance(LIMITS, four, NOON) == Allowance(2, 4, 0, 0, "2026-01-01T13:46:40Z")
    assert retry_after_s(LIMITS, four, NOON) == DAY_S - 80_000


def test_the_hour_comes_back_only_with_the_day() -> None:
    """Two in this hour, four today: when the first of the day comes back, the hour's are long free."""
    spent = taken(80_000, 70_000, 3000, 60)
    assert retry_after_s(LIMITS, spent, NOON) == DAY_S - 80_000
    assert allowance(LIMITS, spent, NOON).refills_at == "2026-01-01T13:46:40Z"


def test_a_moment_is_never_told_too_early() -> None:
    spent = taken(0.4, 0.4)
    assert allowance(LIMITS, spent, NOON).refills_at == "2026-01-01T13:00:00Z"
    assert retry_after_s(LIMITS, spent, NOON) == HOUR_S


def test_fewer_a_day_than_an_hour_bounds_the_hour() -> None:
    assert allowance(SelfChecks(per_hour=5, per_day=1), (), NOON) == Allowance(5, 1, 1, 1, None)
    assert allowance(SelfChecks(per_hour=5, per_day=1), taken(60), NOON).refills_at == "2026-01-02T11:59:00Z"


def test_a_limit_that_was_lowered_leaves_nothing_and_not_less() -> None:
    assert allowance(SelfChecks(per_hour=1, per_day=2), taken(10, 20, 30), NOON).remaining_today == 0


def test_it_is_said_as_json() -> None:
    assert allowance(LIMITS, taken(600), NOON).to_dict() == {
        "per_hour": 2,
        "per_day": 4,
        "remaining_this_hour": 1,
        "remaining_today": 3,
        "refills_at": "2026-01-01T12:50:00Z",
    }
