"""A class run from a command, the API or an event is checked before its start, and started once."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from labgrader.errors import BadInputError, RefusedError, ThrottledError
from labgrader.labs.lab import lab_ids
from labgrader.rosters import Student
from labgrader.runs.class_run import Started, start_class_run
from labgrader.runs.request import Request
from labgrader.store import Store
from tests.runs.conftest import AnswerLost, Machines
from tests.stored_runs import put_run, stored_run

RUN = "20260101-000000-lambda-optimization-0000"
KEY = "rosters/class.csv"
LAB = "lambda-optimization"
CLASS = [Student("user1", "user1", section="A"), Student("user2", "user2", section="B")]
LABS = ", ".join(lab_ids())


def problems(error: pytest.ExceptionInfo[BadInputError]) -> list[str]:
    return [str(problem) for problem in error.value.problems]


def request_for(**changed: Any) -> Request:
    return Request(**{"lab": LAB, "roster": KEY, "course": "autumn", "requested_by": "instructor ada", **changed})


def test_class_run_is_recorded_and_started(store: Store, machines: Machines) -> None:
    execution = f"arn:aws:states:us-east-1:123456789012:execution:labgrader-grade-class:{RUN}"
    started = start_class_run(store, machines.client, machines.grade_class, request_for(), RUN, CLASS)
    assert started == Started(RUN, execution, again=False, total=2)
    assert machines.client.describe_execution(executionArn=execution)["status"] == "RUNNING"
    assert machines.inputs() == {RUN: request_for().to_dict()}
    record = stored_run(store, RUN)
    assert record.pop("started_at") > "2026"
    assert record == {
        "run_id": RUN,
        "lab": LAB,
        "mode": "grade",
        "status": "running",
        "finished_at": "",
        "counts": {"students": 2, "complete": 0, "incomplete": 0},
        "requested_by": "instructor ada",
        "course": "autumn",
        "execution": execution,
    }


def test_class_run_stores_students_with_account_and_region(store: Store, machines: Machines) -> None:
    role = "arn:aws:iam::222233334444:role/labgrader"
    away = Student("user3", "s-3", account_id="222233334444", region="eu-west-1", role_arn=role)
    named = request_for(students=("user2", "user3"))
    start_class_run(store, machines.client, machines.grade_class, named, RUN, [*CLASS, away])
    home = {"account_id": "123456789012", "region": "us-east-1"}
    assert store.get_json(f"runs/{RUN}/students.json") == [{**CLASS[1].to_dict(), **home}, away.to_dict()]


def test_second_start_keeps_the_students_of_the_first(store: Store, machines: Machines) -> None:
    for listed in (CLASS, CLASS[:1]):
        start_class_run(store, machines.client, machines.grade_class, request_for(), RUN, listed)
    assert [student.username for student in store.students(RUN)] == ["user1", "user2"]


@pytest.mark.parametrize("ended", [False, True])
def test_second_start_is_the_same_run(store: Store, machines: Machines, ended: bool) -> None:
    first = start_class_run(store, machines.client, machines.grade_class, request_for(), RUN, CLASS)
    if ended:
        machines.stop(first.execution)
        put_run(store, {**stored_run(store, RUN), "status": "complete"})
    before = store.run(RUN)
    again = start_class_run(store, machines.client, machines.grade_class, request_for(students=("user1",)), RUN, CLASS)
    assert again == Started(RUN, first.execution, again=True, total=1)
    assert store.run(RUN) == before
    assert machines.inputs() == {RUN: request_for().to_dict()}


def test_second_start_continues_a_start_that_broke_off(store: Store, machines: Machines) -> None:
    put_run(store, {"run_id": RUN, "lab": LAB, "mode": "grade", "status": "running", "started_at": "2026"})
    assert start_class_run(store, machines.client, machines.grade_class, request_for(), RUN, CLASS).again
    assert list(machines.inputs()) == [RUN]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"lab": "lab-5", "students": ("user9",)},
            [f"lab: there is no lab lab-5; the labs are: {LABS}", "user9 is not on the roster"],
        ),
        (
            {"mode": "self-check"},
            ["mode: a class run cannot be a self-check; use the mode grade or audit"],
        ),
    ],
)
def test_invalid_request_is_not_recorded_and_not_started(
    store: Store, machines: Machines, changed: dict[str, Any], said: list[str]
) -> None:
    with pytest.raises(BadInputError) as refused:
        start_class_run(store, machines.client, machines.grade_class, request_for(**changed), RUN, CLASS)
    assert problems(refused) == said
    assert store.run(RUN) is None
    assert store.keys("runs/") == []
    assert machines.inputs() == {}


def test_class_run_refuses_a_student_in_an_account_without_a_role(store: Store, machines: Machines) -> None:
    stranger = Student("user1", "user1", account_id="222233334444")
    with pytest.raises(BadInputError, match="user1 has account 222233334444 and no role_arn; labgrader runs in 123456"):
        start_class_run(store, machines.client, machines.grade_class, request_for(), RUN, [stranger])
    assert machines.inputs() == {}


def test_start_counts_if_only_the_response_was_lost(store: Store, machines: Machines) -> None:
    lost: Any = AnswerLost(machines.client)
    started = start_class_run(store, lost, machines.grade_class, Request(LAB, "rosters/monday.csv"), RUN, CLASS)
    assert not started.again
    assert stored_run(store, RUN)["status"] == "running"
    assert list(machines.inputs()) == [RUN]


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [("AccessDeniedException", 400, RefusedError), ("ThrottlingException", 400, ThrottledError)],
)
def test_start_that_aws_refuses_is_recorded_as_failed_and_can_be_retried(
    store: Store, machines: Machines, code: str, status: int, kind: type[Exception]
) -> None:
    refusing: Any = boto3.client("stepfunctions", region_name="us-east-1")
    with Stubber(refusing) as stub:
        stub.add_client_error("start_execution", code, "not now", http_status_code=status)
        with pytest.raises(kind, match="not now"):
            start_class_run(store, refusing, machines.grade_class, request_for(), RUN, CLASS)
    record = stored_run(store, RUN)
    assert record["status"] == "failed"
    assert record["finished_at"] >= record["started_at"]
    assert record["error"].startswith(f"it could not be started: An error occurred ({code}) when calling the")
    assert start_class_run(store, machines.client, machines.grade_class, request_for(), RUN, CLASS).run_id == RUN
    assert list(machines.inputs()) == [RUN]


def test_client_token_gives_one_run(store: Store) -> None:
    assert store.remember_request("ada token-1", "digest", "run-1") == ("run-1", True)
    assert store.remember_request("ada token-1", "digest", "run-2") == ("run-1", True)
    assert store.remember_request("ada token-1", "another", "run-3") == ("run-1", False)
    assert store.remember_request("bob token-1", "another", "run-4") == ("run-4", True)


@pytest.mark.parametrize("private", [True, False])
def test_a_run_is_private_before_it_starts(store: Store, machines: Machines, private: bool) -> None:
    start_class_run(store, machines.client, machines.grade_class, request_for(), RUN, CLASS, private=private)
    assert store.is_private(RUN) is private


def test_a_request_that_arrives_again_does_not_hide_a_published_run(store: Store, machines: Machines) -> None:
    for _ in range(2):
        start_class_run(store, machines.client, machines.grade_class, request_for(), RUN, CLASS, private=True)
        store.end_private(RUN)
    start_class_run(store, machines.client, machines.grade_class, request_for(), RUN, CLASS, private=True)
    assert not store.is_private(RUN)


def test_a_run_that_is_refused_leaves_no_private_mark(store: Store, machines: Machines) -> None:
    with pytest.raises(BadInputError):
        start_class_run(store, machines.client, machines.grade_class, request_for(lab="nope"), RUN, CLASS, private=True)
    assert store.private_runs() == frozenset()
