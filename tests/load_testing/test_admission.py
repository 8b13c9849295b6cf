"""Who is admitted to a load test: one run at a time, within what the account has, when what is warming is warm."""

from __future__ import annotations

import itertools

import pytest

from labgrader.evidence.load.load_test import DEADLINE_S
from labgrader.evidence.load.plan import EndpointTarget, FunctionTarget, LoadPlan, Target
from labgrader.evidence.services.api_gateway import RestApi
from labgrader.load_testing.admission import LEASE_S, TEST_S, read_concurrency_budget
from labgrader.load_testing.concurrency_budget import ConcurrencyBudget
from labgrader.recording.api_errors import AwsCallError
from labgrader.store import Store
from tests.load_testing.stub_account import ALIAS, FUNCTION, LATEST, NOW, PLAN, Aws

# --- what the account has --------------------------------------------------------------------------------------------


def test_a_plan_with_enough_concurrency_is_unchanged() -> None:
    assert Aws().account().reserved(50).admitted() == PLAN


def test_a_new_account_is_refused_with_its_limit() -> None:
    assert (
        Aws()
        .account(10, 10)
        .reserved()
        .refused()
        .startswith(
            "this account allows 10 concurrent executions, and a load test may take half of them, 5 of 10: it needs at "
            "least 10; "
        )
    )


def test_a_plan_is_reduced_to_half_of_what_is_left() -> None:
    fitting = Aws().account(1_000, 24).reserved().admitted()
    assert fitting.concurrency == 12
    assert fitting.notes[0].endswith("half of them for load tests, so 12 were kept in flight")


def test_the_runs_plan_is_kept() -> None:
    assert Aws().account().reserved().admitted(in_flight=11).concurrency == 11


def test_a_reserved_concurrency_below_the_plan_is_noted_and_loaded() -> None:
    fitting = Aws().account().reserved(5).admitted()
    assert fitting.concurrency == 20
    assert fitting.notes == (
        "5 executions are reserved for the function: AWS throttles requests above that, and they are counted "
        "separately",
    )


def test_a_reserved_concurrency_of_zero_is_noted() -> None:
    assert Aws().account().reserved(0).admitted().notes == (
        "0 executions are reserved for the function, which switches it off",
    )


def test_of_two_functions_the_smaller_reservation_counts() -> None:
    aws = Aws().account().reserved(50, "user1-a").reserved(5, "user1-b")
    fitting = aws.admitted(FunctionTarget("user1-b"), FunctionTarget("user1-a"))
    assert len(fitting.notes) == 1
    assert fitting.notes[0].startswith("5 executions are reserved")


def test_for_an_api_only_the_account_is_read() -> None:
    target = EndpointTarget(RestApi("a1", "user1-api"), "prod", "GET", "/x")
    assert Aws().account().admitted(target) == PLAN


def test_a_denied_account_request_names_the_permission() -> None:
    said = "User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: lambda:GetAccountSettings"
    assert Aws().refuses("get_account_settings", "AccessDeniedException", said, 403).refused() == (
        "labgrader cannot read the account's free concurrency, so the load test did not run: its role here "
        f"must allow lambda:GetAccountSettings (AccessDeniedException: {said})"
    )


def test_an_account_request_is_retried_up_to_a_maximum() -> None:
    aws = Aws().refuses("get_account_settings", "TooManyRequestsException", "Rate exceeded", 429)
    assert aws.account().reserved().admitted() == PLAN
    for _ in range(3):
        aws.refuses("get_account_settings", "TooManyRequestsException", "Rate exceeded", 429)
    assert aws.refused() == (
        "AWS did not return the account's free concurrency, so the load test did not run; try again later "
        "(TooManyRequestsException: Rate exceeded)"
    )


def test_an_unsupported_account_request_is_a_refusal() -> None:
    aws = Aws().refuses("get_account_settings", "ResourceNotFoundException", "?", 404)
    with pytest.raises(AwsCallError, match="ResourceNotFoundException: AWS does not support this request"):
        read_concurrency_budget(aws.client)


def test_the_concurrency_budget_is_read_from_the_account() -> None:
    assert read_concurrency_budget(Aws().account(1_000, 900).client) == ConcurrencyBudget(1_000, 900)


def test_an_unreadable_reserved_concurrency_does_not_stop_the_test() -> None:
    aws = Aws().account().refuses("get_function_concurrency", "AccessDeniedException", status=403)
    assert aws.admitted().notes == ("what is reserved for user1-f could not be read (AccessDeniedException)",)


def test_admission_ignores_a_deleted_function() -> None:
    assert (
        Aws().account().refuses("get_function_concurrency", "ResourceNotFoundException", status=404).admitted() == PLAN
    )


# --- provisioned concurrency -----------------------------------------------------------------------------------------


def test_an_alias_without_provisioned_concurrency_waits_for_nothing() -> None:
    aws = Aws().account().reserved()
    aws.refuses("get_provisioned_concurrency_config", "ProvisionedConcurrencyConfigNotFoundException", status=404)
    assert aws.admitted(ALIAS) == PLAN
    assert aws.now == NOW


@pytest.mark.parametrize("qualifier", ["", "$LATEST"])
def test_targets_without_provisioned_concurrency_are_not_read(qualifier: str) -> None:
    assert Aws().account().reserved().admitted(FunctionTarget("user1-f", qualifier)) == PLAN


def test_ready_provisioned_concurrency_is_not_waited_for() -> None:
    aws = Aws().account().reserved().provisioned("READY", 10)
    assert aws.admitted(ALIAS).notes == ()
    assert aws.now == NOW


def test_provisioned_concurrency_in_progress_is_waited_for() -> None:
    aws = Aws().account().reserved()
    for ready in range(3):
        aws.provisioned("IN_PROGRESS", ready)
    fitting = aws.provisioned("READY", 10).admitted(ALIAS)
    assert fitting.notes == ("3 s were waited until provisioned concurrency (10) was ready",)


def test_provisioned_concurrency_is_waited_for_at_most_a_minute() -> None:
    aws = Aws().account().reserved()
    for _ in range(61):
        aws.provisioned("IN_PROGRESS", 3)
    assert aws.admitted(ALIAS).notes == (
        "provisioned concurrency was still being prepared (3 of 10) after 60 s: expect cold starts",
    )
    assert aws.now == NOW + 60


@pytest.mark.parametrize(("left_s", "waited_s"), [(TEST_S + 20, 20), (TEST_S, 0), (TEST_S - 1, 0)])
def test_a_wait_leaves_enough_time_for_the_test(left_s: float, waited_s: int) -> None:
    aws = Aws().account().reserved()
    for _ in range(waited_s + 1):
        aws.provisioned("IN_PROGRESS", 3)
    (note,) = aws.admitted(ALIAS, ends_at=NOW + left_s).notes
    assert note.endswith(f"(3 of 10) after {waited_s} s: expect cold starts")


def test_failed_provisioned_concurrency_is_noted_with_its_reason() -> None:
    aws = Aws().account().reserved().provisioned("FAILED", reason="FUNCTION_ERROR_INIT_FAILURE\n<b>")
    assert aws.admitted(ALIAS).notes == (
        "provisioned concurrency could not be prepared (FUNCTION_ERROR_INIT_FAILURE\N{REPLACEMENT CHARACTER}<b>): "
        "expect cold starts",
    )
    aws = Aws().account().reserved().provisioned("FAILED")
    assert "(AWS gives no reason)" in aws.admitted(ALIAS).notes[0]


def test_unreadable_provisioned_concurrency_does_not_stop_the_test() -> None:
    aws = Aws().account().reserved()
    aws.refuses("get_provisioned_concurrency_config", "AccessDeniedException", status=403)
    assert aws.admitted(ALIAS).notes == (
        "the provisioned concurrency of user1-f:prod could not be read (AccessDeniedException)",
    )


def test_the_notes_of_the_plan_come_first() -> None:
    aws = Aws().account().reserved(5).provisioned("FAILED")
    noted = LoadPlan("closed", 20, requests=100, notes=("as planned",))
    starts = ["as planned", "5 executions are", "provisioned"]
    notes = aws.admitted(ALIAS, plan=noted).notes
    assert [note.startswith(start) for note, start in zip(notes, starts, strict=True)] == [True] * 3


# --- leases ----------------------------------------------------------------------------------------------------------


def test_two_runs_never_load_the_same_student_at_once(store: Store) -> None:
    """The second waits until the first is done, about a second at a time."""
    first, second = Aws().account().reserved(), Aws().account().reserved()
    loading = first.admission(leases=store, holder="run-1").admit((LATEST,), PLAN)
    loading.__enter__()
    waits = itertools.count(1)

    def end_of_the_first() -> None:
        if next(waits) == 3:
            loading.__exit__(None, None, None)

    second.while_waiting = end_of_the_first
    assert second.admitted(leases=store, holder="run-2") == PLAN
    assert second.now == NOW + 3


@pytest.mark.parametrize(
    "target",
    [FUNCTION, FunctionTarget("user1-g"), EndpointTarget(RestApi("a1", "user1-api"), "prod", "GET", "/")],
    ids=["an alias shares its function's executions", "another function", "a stage calls the function"],
)
def test_one_lease_covers_all_functions_of_a_student(store: Store, target: Target) -> None:
    first, second = Aws().account().reserved().provisioned("READY", 10), Aws()
    with first.admission(leases=store).admit((ALIAS,), PLAN):
        assert second.refused(target, leases=store) == (
            "another run is load-testing what user1 built; grade this student again when it is done"
        )


@pytest.mark.parametrize(
    ("quota_scope", "student"),
    [
        ("111122223333 us-east-1", "user10"),
        ("111122223333 eu-west-1", "user1"),
        ("444455556666 us-east-1", "user1"),
    ],
)
def test_another_student_or_quota_scope_has_another_lease(store: Store, quota_scope: str, student: str) -> None:
    with Aws().account().reserved().admission(leases=store).admit((FUNCTION,), PLAN):
        second = Aws().account().reserved()
        assert second.admitted(leases=store, quota_scope=quota_scope, student=student) == PLAN


@pytest.mark.parametrize(("left_s", "begins"), [(DEADLINE_S, True), (DEADLINE_S - 0.5, False)])
def test_a_test_without_enough_time_is_not_started(left_s: float, begins: bool) -> None:
    """AWS may take its time to say what there is room for."""
    aws = Aws().account().reserved()
    if begins:
        assert aws.admitted(ends_at=NOW + left_s) == PLAN
    else:
        assert aws.refused(ends_at=NOW + left_s) == (
            "AWS took so long to return the account's free concurrency that the load test had no time; try again later"
        )


@pytest.mark.parametrize(("left_s", "waited_s"), [(TEST_S + 5, 5), (TEST_S + 0.5, 0), (1, 0)])
def test_a_lease_is_waited_for_while_the_test_would_still_fit(store: Store, left_s: float, waited_s: int) -> None:
    aws = Aws()
    with Aws().account().reserved().admission(leases=store).admit((FUNCTION,), PLAN):
        aws.refused(leases=store, ends_at=NOW + left_s)
    assert aws.now == NOW + waited_s


def test_the_wait_ends_also_without_a_deadline(store: Store) -> None:
    aws = Aws()
    with Aws().account().reserved().admission(leases=store, ends_at=NOW + 10_000).admit((FUNCTION,), PLAN):
        aws.refused(leases=store)
    assert aws.now == NOW + LEASE_S - TEST_S


def test_the_lease_of_a_crashed_run_is_taken_over(store: Store) -> None:
    assert store.lease("111122223333 us-east-1 student user1", "crashed", NOW - 10, NOW + 7)
    aws = Aws().account().reserved()
    assert aws.admitted(leases=store) == PLAN
    assert aws.now == NOW + 7


def test_a_lease_is_released_also_after_an_error(store: Store) -> None:
    aws = Aws().account(10, 10).reserved()
    aws.refused(leases=store)
    with (
        pytest.raises(KeyError),
        aws.account().reserved().admission(leases=store).admit((FUNCTION,), PLAN),
    ):
        raise KeyError
    assert aws.account().reserved().admitted(leases=store) == PLAN
    assert aws.now == NOW


def test_a_failed_release_of_a_lease_loses_no_result(store: Store) -> None:
    with Aws().account().reserved().admission(leases=store).admit((FUNCTION,), PLAN) as fitting:
        store._table.delete()
    assert fitting == PLAN
