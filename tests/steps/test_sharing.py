"""A class shares the concurrency of its accounts: it is planned once, and every load test keeps to it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from labgrader.errors import NOT_GRADED, BadInputError, NotGradedError
from labgrader.evidence.load.plan import FunctionTarget, LoadPlan
from labgrader.evidence.question import REFUSED, Answer, Question
from labgrader.judging.check import find_check
from labgrader.labs.lab import Item, Lab, find_lab
from labgrader.load_testing.admission import TEST_S
from labgrader.load_testing.concurrency_budget import ConcurrencyBudget
from labgrader.reasons import Reason
from labgrader.recording.api_errors import AwsCallError
from labgrader.recording.sessions import Accounts, AccountSession
from labgrader.rosters import GraderAccount, Student
from labgrader.runs.request import Request
from labgrader.steps.live_dispatcher import Sharing, StudentsFunctions
from labgrader.steps.plan_run import plan_run
from labgrader.steps.run_live_check import Delivery, run_live_check
from labgrader.store import Store
from tests.steps.loaded_student import KEYS, LOAD, RUN, STARTED, recorded

HOME = GraderAccount("111122223333", "us-east-1")
ROLE = "arn:aws:iam::444455556666:role/labgrader-reader"


class BudgetReader:
    """Reads the concurrency budget of an account, and counts how often it was read."""

    def __init__(self, unreserved: int = 1_000) -> None:
        self.reads = 0
        self.unreserved = unreserved

    def __call__(self) -> ConcurrencyBudget:
        self.reads += 1
        return ConcurrencyBudget(1_000, self.unreserved)


def plan(
    store: Store,
    read_budget: Callable[[], ConcurrencyBudget],
    *rows: str,
    lab: str = "lambda-optimization",
    mode: str = "grade",
) -> dict[str, Any]:
    store.put("rosters/r.csv", "\n".join(["username,role_arn,region", *rows, ""]).encode())
    request = Request(lab, "rosters/r.csv", mode)
    return plan_run(store, RUN, STARTED, request, HOME, read_budget=read_budget)


CLASS = tuple(f"user{number},," for number in range(1, 31))


@pytest.mark.parametrize(
    ("unreserved", "rows", "in_flight"),
    [
        (1_000, CLASS, 500),
        (30, CLASS, 15),
        (31, CLASS[:1], 15),
        (1, CLASS, 0),
        (0, CLASS, 0),
        (100, (f"user99,{ROLE},", "user98,,eu-west-1", *CLASS[:1]), 50),
    ],
)
def test_plan_run_plans_half_of_the_unreserved_concurrency_once(
    store: Store, unreserved: int, rows: tuple[str, ...], in_flight: int
) -> None:
    """The number of students does not matter: one load test after the other may use the whole limit."""
    read_budget = BudgetReader(unreserved)
    planned = plan(store, read_budget, *rows)
    assert planned["in_flight"] == in_flight
    assert read_budget.reads == 1


def test_plan_run_reads_no_budget_without_load_tests_in_the_graders_account(store: Store) -> None:
    read_budget = BudgetReader()
    assert plan(store, read_budget, *CLASS, mode="audit")["in_flight"] is None
    store.put(KEYS.students, b"[]")
    store._s3.delete_object(Bucket=store.bucket, Key=KEYS.students)
    assert plan(store, read_budget, f"user1,{ROLE},", "user98,,eu-west-1")["in_flight"] is None
    no_load_test = next(
        name for name in ("serverless-foundations", "lambda-fundamentals") if not measured(find_lab(name))
    )
    for key in (KEYS.students, KEYS.lab):
        store._s3.delete_object(Bucket=store.bucket, Key=key)
    assert plan(store, read_budget, *CLASS, lab=no_load_test)["in_flight"] is None
    assert read_budget.reads == 0


def measured(lab: Lab) -> list[str]:
    """Return the ids of all checks and advice with a load test."""
    return [item.id for item in (*lab.checks, *lab.advice) if find_check(item.check).kind == "performance"]


def test_plan_run_goes_on_if_aws_refuses_the_budget(store: Store) -> None:
    """Each load test reads the limit again. If AWS refuses again, its message says why."""

    def refuse() -> ConcurrencyBudget:
        raise AwsCallError("AccessDeniedException", "no")

    planned = plan(store, refuse, *CLASS)
    assert planned["in_flight"] is None
    assert planned["checks"]["performance"]


def test_plan_run_includes_only_advice_that_measures(store: Store) -> None:
    lab = find_lab("lambda-optimization")
    measures = Item(id="measures", check="succeeds_under_load", title="Loads", parameters=LOAD)
    reads = Item(id="reads", check="memory_fits", title="Fits", parameters={"functions": ["{username}-f"]})
    lab = replace(lab, advice=(measures, reads))
    store.put_json(KEYS.lab, lab.to_dict())
    performance = plan(store, BudgetReader(), *CLASS)["checks"]["performance"]
    assert performance[-1] == "measures"
    assert performance[:-1] == [item.id for item in lab.checks if find_check(item.check).kind == "performance"]
    assert lab.item("measures").points == 0


# --- in Run load test ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("student", "in_flight"),
    [
        (Student("user1", account_id="111122223333", region="us-east-1"), 12),
        (Student("user2", account_id="111122223333", region="eu-west-1"), None),  # each Region has its own limit
        (Student("user3", account_id="444455556666", region="us-east-1", role_arn=ROLE), None),
    ],
)
def test_planned_limit_applies_only_in_the_graders_account(
    store: Store, student: Student, in_flight: int | None
) -> None:
    sharing = Sharing(HOME, in_flight=12, ends_at=1e9)
    connection = _connection(student)
    admission = sharing.admission(student, connection, leases=store, holder=RUN)
    assert admission.in_flight == in_flight
    assert (admission.quota_scope, admission.student, admission.ends_at) == (connection.place, student.username, 1e9)
    assert admission.client is connection.client("lambda")


def _connection(student: Student) -> AccountSession:
    """Return the session of an account, as a run opens it, without requests to AWS."""
    accounts = Accounts(RUN)
    return AccountSession(student.account_id, student.region, accounts._own, accounts._config, lambda _: None)


@pytest.mark.parametrize("name", ["loads", "measures"])
def test_refused_load_test_is_stored_with_labgraders_sentence(store: Store, name: str) -> None:
    """For a check, and for advice that measures."""
    recorded(store)
    sentence = "this account allows 10 concurrent executions"
    asked = []

    def refuse(question: Question) -> Answer:
        asked.append(question.action)
        return Answer(error_code=REFUSED, error_message=sentence)

    delivery = Delivery("request-1", 4e9)
    for _ in range(2):
        with pytest.raises(NotGradedError) as refused:
            run_live_check(store, RUN, "user1", name, refuse, delivery)
        assert str(refused.value) == f"{NOT_GRADED}: {sentence}"
    assert asked == ["labgrader:LoadTest"]
    kept = store.get_json(KEYS.evidence("user1", name))
    assert kept["verdict"] is None
    assert [answer["error"]["message"] for answer in kept["answers"].values()] == [sentence]


LEASE = "123456789012 us-east-1 student user1"

LOADING = Question(
    "labgrader:LoadTest",
    {"Target": FunctionTarget("user1-f").to_dict(), **LoadPlan("closed", 20, requests=100).to_dict()},
)
COMPARING = Question(
    "labgrader:Compare",
    {
        "Baseline": FunctionTarget("user1-f").to_dict(),
        "Candidate": FunctionTarget("user1-g").to_dict(),
        "Rounds": 5,
        "Factor": 1.0,
        "MostRounds": 5,
    },
)


@pytest.mark.parametrize("question", [LOADING, COMPARING])
def test_load_test_that_is_not_admitted_has_labgraders_sentence(store: Store, question: Question) -> None:
    """AWS in memory does not know the first request of a load test."""
    recorded(store)
    functions = StudentsFunctions(store, RUN, "user1", "grader-stack", Sharing(HOME, 12, 4e9))
    answer = functions.answer(question)
    assert answer.error_code == REFUSED
    assert answer.error_message.startswith(
        "AWS did not return the account's free concurrency, so the load test did not run"
    )
    assert store.lease(LEASE, "another", 0.0, 1.0), "and the lease is given back"


@pytest.mark.parametrize("target", [FunctionTarget("user10-f"), FunctionTarget("grader-stack-run-check")])
def test_target_of_another_owner_is_not_leased_and_not_loaded(store: Store, target: FunctionTarget) -> None:
    recorded(store)
    functions = StudentsFunctions(store, RUN, "user1", "grader-stack", Sharing(HOME, 12, 4e9))
    question = Question("labgrader:LoadTest", {**LOADING.arguments, "Target": target.to_dict()})
    with pytest.raises(NotGradedError, match=r"does not begin with user1-|belongs to the grader"):
        functions.answer(question)
    assert store.lease(LEASE, "another", 0.0, 1.0)


def test_load_test_is_refused_while_another_run_loads_the_student(store: Store) -> None:
    recorded(store)
    now = time.time()
    assert store.lease(LEASE, "another", now, now + 1_000)
    functions = StudentsFunctions(store, RUN, "user1", "grader-stack", Sharing(HOME, 12, now + TEST_S))
    said = "another run is load-testing what user1 built; grade this student again when it is done"
    assert functions.answer(LOADING) == Answer(error_code=REFUSED, error_message=said, reason=Reason.QUOTA)


def test_run_probe_refuses_load_tests(store: Store) -> None:
    recorded(store)
    with pytest.raises(
        BadInputError,
        match="only the state Run load test runs load tests, because it shares the account's concurrency",
    ):
        StudentsFunctions(store, RUN, "user1", "grader-stack").answer(LOADING)


@pytest.mark.parametrize(("beyond_s", "begun"), [(5, True), (-1, False)])
def test_load_test_that_would_be_cut_off_is_not_started(store: Store, beyond_s: float, begun: bool) -> None:
    recorded(store)
    asked = []

    def refuse(question: Question) -> Answer:
        asked.append(question.action)
        return Answer(error_code=REFUSED, error_message="no")

    with pytest.raises(NotGradedError, match="no" if begun else "NotReached: the time for this check ended"):
        run_live_check(store, RUN, "user1", "loads", refuse, Delivery("request-1", time.time() + TEST_S + beyond_s))
    assert bool(asked) is begun
