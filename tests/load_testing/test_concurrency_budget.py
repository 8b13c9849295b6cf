"""A load test takes its part of an account and no more; where that is too little, it says so."""

from __future__ import annotations

import pytest

from labgrader.errors import NotGradedError
from labgrader.evidence.load.plan import LoadPlan
from labgrader.load_testing.concurrency_budget import ConcurrencyBudget, fit_plan

PLAN = LoadPlan("closed", 20, requests=100)
OPEN = LoadPlan("open", 40, rate_rps=100, duration_s=5)


def refusal(plan: LoadPlan, budget: ConcurrencyBudget) -> str:
    with pytest.raises(NotGradedError) as refused:
        fit_plan(plan, budget)
    assert refused.value.action == "", "nothing failed: there is no action to name"
    return refused.value.reason


@pytest.mark.parametrize(
    ("unreserved", "in_flight"),
    [(10_000, 20), (40, 20), (39, 19), (30, 15), (20, 10)],
)
def test_a_plan_is_reduced_to_half_of_what_is_left_down_to_half_of_the_plan(unreserved: int, in_flight: int) -> None:
    fitting = fit_plan(PLAN, ConcurrencyBudget(10_000, unreserved))
    assert fitting.concurrency == in_flight
    assert (fitting.requests, fitting.model) == (100, "closed")
    assert len(fitting.notes) == (in_flight < 20)


def test_less_than_half_of_the_plan_is_refused_with_a_sentence() -> None:
    assert refusal(PLAN, ConcurrencyBudget(1_000, 19)) == (
        "this account allows 1,000 concurrent executions, of which 981 are reserved, and a load test may take half of "
        "the rest, 9 of 19: it needs at least 10; the instructor can ask AWS for more in Service Quotas (AWS Lambda, "
        "“Concurrent executions”), or free reserved ones"
    )


def test_a_plan_that_fits_is_unchanged() -> None:
    assert fit_plan(PLAN, ConcurrencyBudget(1_000, 1_000)) is PLAN
    assert fit_plan(PLAN, ConcurrencyBudget(40, 40)) is PLAN


def test_a_reduction_is_noted_with_its_reason() -> None:
    assert fit_plan(PLAN, ConcurrencyBudget(30, 30)).notes == (
        "20 requests in flight were planned; this account has 30 concurrent executions left, half of them for load "
        "tests, so 15 were kept in flight",
    )
    assert fit_plan(OPEN, ConcurrencyBudget(5_000, 62)).notes == (
        "up to 40 requests in flight were planned; this account has 62 concurrent executions left, half of them for "
        "load tests, so at most 31 were allowed",
    )


def test_a_new_account_is_refused_with_its_limit_and_the_fix() -> None:
    assert refusal(PLAN, ConcurrencyBudget(10, 10)) == (
        "this account allows 10 concurrent executions, and a load test may take half of them, 5 of 10: it needs at "
        "least 10; the instructor can ask AWS for more in Service Quotas (AWS Lambda, “Concurrent executions”)"
    )


@pytest.mark.parametrize("unreserved", [0, 1])
def test_reservations_that_leave_nothing_are_named(unreserved: int) -> None:
    assert refusal(PLAN, ConcurrencyBudget(1_000, unreserved)).startswith(
        f"this account allows 1,000 concurrent executions, of which {1_000 - unreserved:,} are reserved, and a load "
        f"test may take half of the rest, 0 of {unreserved}: it needs at least 10; "
    )


@pytest.mark.parametrize(("unreserved", "fits"), [(2, True), (1, False)])
def test_a_comparison_needs_one_execution(unreserved: int, fits: bool) -> None:
    comparison = LoadPlan("closed", 1, requests=40)
    budget = ConcurrencyBudget(10, unreserved)
    if fits:
        assert fit_plan(comparison, budget) is comparison
    else:
        assert "half of the rest, 0 of 1: it needs at least 1;" in refusal(comparison, budget)


@pytest.mark.parametrize(("planned", "in_flight"), [(None, 20), (21, 20), (20, 20), (19, 19), (10, 10)])
def test_the_runs_plan_is_kept_if_the_account_has_more_now(planned: int | None, in_flight: int) -> None:
    fitting = fit_plan(PLAN, ConcurrencyBudget(1_000, 1_000, planned=planned))
    assert fitting.concurrency == in_flight
    assert fitting.notes == (
        ()
        if in_flight == 20
        else (
            f"20 requests in flight were planned; load tests of this run may take {planned} of this account's "
            f"concurrent executions, as was planned when fewer were left, so {planned} were kept in flight",
        )
    )


def test_a_run_that_planned_too_little_says_so() -> None:
    assert refusal(PLAN, ConcurrencyBudget(1_000, 1_000, planned=9)) == (
        "this account allows 1,000 concurrent executions, and a load test may take 9 of them, as was planned when "
        "fewer were left: it needs at least 10; the instructor can ask AWS for more in Service Quotas (AWS Lambda, "
        "“Concurrent executions”)"
    )


def test_the_accounts_present_limit_overrides_the_runs_plan() -> None:
    assert fit_plan(PLAN, ConcurrencyBudget(1_000, 30, planned=20)).concurrency == 15


def test_a_check_may_need_more_than_half() -> None:
    strict = LoadPlan("closed", 20, requests=100, least_concurrency=18)
    assert fit_plan(strict, ConcurrencyBudget(36, 36)).concurrency == 18
    assert "half of them, 17 of 35: it needs at least 18;" in refusal(strict, ConcurrencyBudget(35, 35))


@pytest.mark.parametrize(
    ("reserved", "note"),
    [
        (None, ""),
        (0, "0 executions are reserved for the function, which switches it off"),
        (
            1,
            "1 execution is reserved for the function: AWS throttles requests above that, and they are counted "
            "separately",
        ),
        (
            19,
            "19 executions are reserved for the function: AWS throttles requests above that, and they are counted "
            "separately",
        ),
        (20, ""),
        (50, ""),
    ],
)
def test_a_reservation_below_the_plan_is_noted_and_reduces_nothing(reserved: int | None, note: str) -> None:
    fitting = fit_plan(PLAN, ConcurrencyBudget(1_000, 900, reserved))
    assert fitting.concurrency == 20
    assert fitting.notes == ((note,) if note else ())


@pytest.mark.parametrize(("reserved", "notes"), [(15, 1), (14, 2)])
def test_a_reservation_is_compared_with_what_is_left_of_the_plan(reserved: int, notes: int) -> None:
    fitting = fit_plan(PLAN, ConcurrencyBudget(1_000, 30, reserved))
    assert fitting.concurrency == 15
    assert len(fitting.notes) == notes


@pytest.mark.parametrize(("limit", "least"), [(10, 1), (100, 1), (1_000, 1), (1_000, 10)])
def test_no_plan_uses_more_than_half(limit: int, least: int) -> None:
    """This holds for any reservation and any plan of the run."""
    plan = LoadPlan("closed", 20, requests=100, least_concurrency=least)
    admitted = 0
    for planned in (None, 0, 1, 9, 10, 20, 500):
        for unreserved in range(limit + 1):
            budget = ConcurrencyBudget(limit, unreserved, planned=planned)
            assert budget.available <= unreserved // 2
            try:
                taken = fit_plan(plan, budget).concurrency
            except NotGradedError:
                assert budget.available < least
                continue
            admitted += 1
            assert least <= taken == min(20, budget.available)
    assert admitted
