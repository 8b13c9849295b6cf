"""A load test takes its part of an account and no more; where that is too little, it says so."""

from __future__ import annotations

import pytest

from labgrader.errors import NotGradedError
from labgrader.evidence.headroom import Room, fitted
from labgrader.evidence.load_plan import LoadPlan

PLAN = LoadPlan("closed", 20, requests=100)
OPEN = LoadPlan("open", 40, rate_rps=100, duration_s=5)


def refusal(plan: LoadPlan, room: Room, share: int | None = None) -> str:
    with pytest.raises(NotGradedError) as refused:
        fitted(plan, room, share)
    assert refused.value.action == "", "nothing failed: there is no action to name"
    return refused.value.reason


@pytest.mark.parametrize(
    ("unreserved", "in_flight"),
    [(10_000, 20), (160, 20), (159, 19), (100, 12), (80, 10)],
)
def test_a_plan_is_reduced_to_a_students_part_down_to_half(unreserved: int, in_flight: int) -> None:
    """Four at once: 160 are 80 for load tests, 20 for each; 80 are 10, half of what was planned."""
    fitting = fitted(PLAN, Room(10_000, unreserved, students=4))
    assert fitting.concurrency == in_flight
    assert (fitting.requests, fitting.model) == (100, "closed")
    assert len(fitting.notes) == (in_flight < 20)


def test_one_below_half_is_refused() -> None:
    assert refusal(PLAN, Room(1_000, 79, students=4)).startswith(
        "this account allows 1,000 concurrent executions, of which 921 are reserved, and the load test of each of 4 "
        "students at once may take 9 of them: it needs at least 10"
    )


def test_a_plan_that_fits_is_the_plan() -> None:
    assert fitted(PLAN, Room(1_000, 1_000, students=4)) is PLAN
    assert fitted(PLAN, Room(40, 40)) is PLAN


def test_what_was_reduced_is_noted_with_the_reason() -> None:
    assert fitted(PLAN, Room(1_000, 100, students=4)).notes == (
        "20 requests in flight were planned; this account has 100 concurrent executions left, half of them for 4 "
        "students at once, so 12 were kept in flight",
    )
    assert fitted(PLAN, Room(30, 30)).notes == (
        "20 requests in flight were planned; this account has 30 concurrent executions left, half of them for load "
        "tests, so 15 were kept in flight",
    )
    assert fitted(OPEN, Room(1_000, 1_000, students=16)).notes == (
        "up to 40 requests in flight were planned; this account has 1,000 concurrent executions left, half of them for "
        "16 students at once, so at most 31 were allowed",
    )


def test_a_new_account_is_refused_with_its_limit_and_what_to_do() -> None:
    assert refusal(PLAN, Room(10, 10)) == (
        "this account allows 10 concurrent executions, and a load test may take 5 of them: it needs at least 10; the "
        "instructor can ask AWS for more in Service Quotas (AWS Lambda, “Concurrent executions”)"
    )


def test_reservations_that_leave_nothing_are_named() -> None:
    assert refusal(PLAN, Room(1_000, 1, students=2)) == (
        "this account allows 1,000 concurrent executions, of which 999 are reserved, and the load test of each of 2 "
        "students at once may take none of them: it needs at least 10; the instructor can ask AWS for more in Service "
        "Quotas (AWS Lambda, “Concurrent executions”), or free reserved ones"
    )


@pytest.mark.parametrize(("students", "fits"), [(5, True), (6, False)])
def test_a_comparison_needs_one_execution(students: int, fits: bool) -> None:
    comparison = LoadPlan("closed", 1, requests=40)
    room = Room(10, 10, students=students)
    if fits:
        assert fitted(comparison, room) is comparison
    else:
        assert "may take none of them: it needs at least 1;" in refusal(comparison, room)


@pytest.mark.parametrize(("share", "in_flight"), [(None, 20), (21, 20), (19, 19), (10, 10)])
def test_the_share_of_the_runs_plan_is_kept_whatever_the_account_says_now(share: int | None, in_flight: int) -> None:
    assert fitted(PLAN, Room(1_000, 1_000), share).concurrency == in_flight
    assert "may take 9 of them" in refusal(PLAN, Room(1_000, 1_000), 9)


def test_what_the_account_has_now_is_kept_whatever_the_runs_plan_said() -> None:
    assert fitted(PLAN, Room(1_000, 30), 20).concurrency == 15


def test_a_check_may_need_more_than_half() -> None:
    strict = LoadPlan("closed", 20, requests=100, least_concurrency=18)
    assert fitted(strict, Room(36, 36)).concurrency == 18
    assert "it needs at least 18;" in refusal(strict, Room(35, 35))


@pytest.mark.parametrize(
    ("reserved", "notes"),
    [
        (None, ()),
        (0, ()),  # the function is switched off: the check says so
        (1, ("1 execution is reserved for the function: requests beyond that are throttled, and counted apart",)),
        (5, ("5 executions are reserved for the function: requests beyond that are throttled, and counted apart",)),
        (19, ("19 executions are reserved for the function: requests beyond that are throttled, and counted apart",)),
        (20, ()),
        (50, ()),
    ],
)
def test_a_reservation_below_the_plan_is_noted_and_reduces_nothing(
    reserved: int | None, notes: tuple[str, ...]
) -> None:
    fitting = fitted(PLAN, Room(1_000, 900, reserved))
    assert fitting.concurrency == 20
    assert fitting.notes == notes


def test_a_reservation_is_compared_with_what_is_left_of_the_plan() -> None:
    fitting = fitted(PLAN, Room(1_000, 30, 16))
    assert fitting.concurrency == 15
    assert len(fitting.notes) == 1


@pytest.mark.parametrize(("limit", "least"), [(10, 1), (100, 1), (1_000, 1), (1_000, 10)])
def test_a_class_of_a_thousand_never_takes_more_than_half(limit: int, least: int) -> None:
    """However many are judged side by side, whatever is reserved, and whatever they planned."""
    plan = LoadPlan("closed", 20, requests=100, least_concurrency=least)
    admitted = 0
    for students in (1, 2, 4, 5, 7, 40, 1_000):
        for unreserved in range(limit + 1):
            room = Room(limit, unreserved, students=students)
            assert students * room.part <= unreserved // 2
            try:
                taken = fitted(plan, room).concurrency
            except NotGradedError:
                assert room.part < least
                continue
            admitted += 1
            assert least <= taken <= 20
            assert students * taken <= unreserved // 2
    assert admitted
