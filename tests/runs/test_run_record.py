"""The record of a run: each step that writes it stores exactly these fields."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from labgrader.errors import RefusedError
from labgrader.events import Event
from labgrader.rosters import GraderAccount, Student
from labgrader.runs.class_run import start_class_run
from labgrader.runs.event_trigger import start_from_event
from labgrader.runs.request import Request
from labgrader.runs.self_check import LOST, state_of_self_check
from labgrader.steps.plan_run import plan_run
from labgrader.steps.summarise_run import record_failure, summarise_run
from labgrader.store import RunRecord, Store, StudentCounts
from labgrader.store.run_record import MAX_ERROR
from tests.runs.checking import LAB, MINUTE, NOON, start
from tests.runs.conftest import Machines
from tests.stored_runs import put_run, stored_run

RUN = "20260101-120000-lambda-optimization-0001"
STARTED = "2026-01-01T12:00:00.123Z"
REQUEST = Request("lambda-optimization", "rosters/r.csv", course="autumn", requested_by="instructor ada")
CLASS = [Student("user1", "user1"), Student("user2", "user2")]
HOME = GraderAccount("123456789012", "us-east-1")
ARN = "arn:aws:states:us-east-1:123456789012:execution"
NOBODY_YET = {"students": 2, "complete": 0, "incomplete": 0}

NOW: Any = object()
"""Stands for a time that the code takes from the clock."""


def publish(*_: Event) -> None:
    """The bus accepts all events."""


def refusing() -> Any:
    """A client of Step Functions that refuses to start anything."""
    client: Any = boto3.client("stepfunctions", region_name="us-east-1")
    stub = Stubber(client)
    stub.add_client_error("start_execution", "AccessDeniedException", "no", http_status_code=400)
    stub.activate()
    return client


REFUSED = (
    "it could not be started: An error occurred (AccessDeniedException) when calling the StartExecution operation: no"
)


def assert_stored(store: Store, run_id: str, expected: Mapping[str, Any]) -> None:
    """Compare the stored item with the expected one. ``NOW`` matches any whole second."""
    found = stored_run(store, run_id)
    for name in [name for name, value in expected.items() if value is NOW]:
        assert datetime.fromisoformat(found[name]).utcoffset() == timedelta(0)
        assert len(found[name]) == len("2026-01-01T12:00:00Z")
    assert found == {name: found[name] if value is NOW else value for name, value in expected.items()}


@pytest.fixture(autouse=True)
def _roster(store: Store) -> None:
    store.put("rosters/r.csv", b"username\nuser1\nuser2\n")


STARTED_RUN: dict[str, Any] = {
    "run_id": RUN,
    "lab": "lambda-optimization",
    "mode": "grade",
    "status": "running",
    "started_at": NOW,
    "finished_at": "",
    "counts": NOBODY_YET,
    "requested_by": "instructor ada",
    "course": "autumn",
    "execution": f"{ARN}:labgrader-grade-class:{RUN}",
}

PLANNED = {**STARTED_RUN, "started_at": STARTED, "announced": True}


def begin(store: Store, machines: Machines) -> None:
    start_class_run(store, machines.client, machines.grade_class, REQUEST, RUN, CLASS)


def plan(store: Store) -> None:
    plan_run(store, RUN, STARTED, REQUEST, HOME, publish=publish)


def test_record_of_a_started_class_run(store: Store, machines: Machines) -> None:
    begin(store, machines)
    assert_stored(store, RUN, STARTED_RUN)


def test_record_of_a_class_run_that_could_not_be_started(store: Store, machines: Machines) -> None:
    with pytest.raises(RefusedError):
        start_class_run(store, refusing(), machines.grade_class, REQUEST, RUN, CLASS)
    assert_stored(store, RUN, {**STARTED_RUN, "status": "failed", "finished_at": NOW, "error": REFUSED})


OWN: dict[str, Any] = {
    "lab": "lambda-optimization",
    "mode": "self-check",
    "status": "running",
    "started_at": "2026-01-01T12:00:00Z",
    "finished_at": "",
    "counts": {"students": 1, "complete": 0, "incomplete": 0},
    "requested_by": "student user1",
    "course": "",
    "student": "user1",
}


def test_record_of_a_self_check(store: Store, machines: Machines) -> None:
    run_id = start(store, machines).run_id
    own = {**OWN, "run_id": run_id, "execution": f"{ARN}:labgrader-grade-student:{run_id}"}
    assert_stored(store, run_id, own)
    machines.stop(own["execution"])
    state_of_self_check(store, machines.client, run_id, NOON + MINUTE)
    lost = {"status": "failed", "finished_at": "2026-01-01T12:01:00Z", "error": LOST}
    assert_stored(store, run_id, {**own, **lost})


def test_record_of_a_refused_request(store: Store, machines: Machines) -> None:
    detail = {"lab": LAB.id, "roster": "courses/autumn/rosters/gone.csv", "mode": "exam"}
    event = {"id": "e-1", "time": "2026-01-01T12:00:00Z", "source": "school", "detail": detail}
    run_id, _ = start_from_event(store, machines.client, machines.grade_class, publish, event)
    refused = {
        "run_id": run_id,
        "lab": "lambda-optimization",
        "mode": "grade",
        "status": "failed",
        "started_at": "2026-01-01T12:00:00Z",
        "finished_at": "2026-01-01T12:00:00Z",
        "counts": {"students": 0, "complete": 0, "incomplete": 0},
        "requested_by": "event e-1",
        "course": "autumn",
        "error": (
            "roster: there is no roster at courses/autumn/rosters/gone.csv · mode: exam is not one of: grade, audit"
        ),
    }
    assert_stored(store, run_id, refused)


def test_record_of_a_planned_run(store: Store, machines: Machines) -> None:
    begin(store, machines)
    plan(store)
    assert_stored(store, RUN, PLANNED)


def test_record_of_an_execution_that_was_started_by_hand(store: Store) -> None:
    plan(store)
    assert_stored(store, RUN, {name: value for name, value in PLANNED.items() if name != "execution"})


def test_record_of_a_planned_self_check(store: Store, machines: Machines) -> None:
    run_id = start(store, machines).run_id
    request = Request.from_dict(machines.inputs()[run_id])
    plan_run(store, run_id, STARTED, request, HOME, alone=True)
    execution = f"{ARN}:labgrader-grade-student:{run_id}"
    planned = {"run_id": run_id, "execution": execution, "started_at": STARTED, "announced": False}
    assert_stored(store, run_id, {**OWN, **planned})


def test_record_of_a_summarized_run(store: Store, machines: Machines) -> None:
    begin(store, machines)
    plan(store)
    summarise_run(store, RUN, STARTED)
    counts = {"students": 2, "complete": 0, "incomplete": 2}
    assert_stored(store, RUN, {**PLANNED, "status": "incomplete", "finished_at": NOW, "counts": counts})


def test_record_of_a_summarized_run_without_an_earlier_record(store: Store) -> None:
    keys = ("run_id", "lab", "mode", "status", "started_at", "finished_at", "counts")
    plan(store)
    store._table.delete_item(Key={"pk": "RUNS", "sk": RUN})
    summarise_run(store, RUN, STARTED)
    ended = {"status": "incomplete", "finished_at": NOW, "counts": {"students": 2, "complete": 0, "incomplete": 2}}
    assert_stored(store, RUN, {name: {**PLANNED, **ended}[name] for name in keys})


FAILED = {"status": "failed", "finished_at": NOW, "error": "KeyError: 'x'", "told": True}


def test_record_of_a_failed_run(store: Store, machines: Machines) -> None:
    begin(store, machines)
    plan(store)
    for _ in range(2):
        record_failure(store, RUN, STARTED, {"Error": "KeyError", "Cause": "'x'"}, publish=publish)
        assert_stored(store, RUN, {**PLANNED, **FAILED})


def test_record_of_a_run_that_failed_before_it_was_planned(store: Store) -> None:
    record_failure(store, RUN, STARTED, {"Error": "KeyError", "Cause": "'x'"}, publish=publish)
    nothing_known = {"run_id": RUN, "lab": "", "mode": "grade", "started_at": STARTED}
    assert_stored(store, RUN, {**nothing_known, "counts": {"students": 0, "complete": 0, "incomplete": 0}, **FAILED})


def test_record_of_a_failed_run_that_is_running_again(store: Store, machines: Machines) -> None:
    begin(store, machines)
    plan(store)
    record_failure(store, RUN, STARTED, {"Error": "KeyError", "Cause": "'x'"}, publish=publish)
    plan(store)
    assert_stored(store, RUN, {**PLANNED, "told": True})
    summarise_run(store, RUN, STARTED)
    counts = {"students": 2, "complete": 0, "incomplete": 2}
    assert_stored(store, RUN, {**PLANNED, "status": "incomplete", "finished_at": NOW, "counts": counts})


def test_record_of_an_older_version_is_read_unchanged(store: Store) -> None:
    older = {"run_id": RUN, "lab": "lambda-optimization", "mode": "grade", "status": "running", "started_at": STARTED}
    put_run(store, older)
    record_failure(store, RUN, "2026-02-02T00:00:00Z", {"Error": "KeyError", "Cause": "'x'"}, publish=publish)
    assert_stored(store, RUN, {**older, "counts": {"students": 0, "complete": 0, "incomplete": 0}, **FAILED})


def a_record(**fields: Any) -> RunRecord:
    return RunRecord(**{"run_id": RUN, "lab": LAB.id, "mode": "grade", "status": "running", "started_at": "", **fields})


def test_record_is_read_as_it_was_written() -> None:
    record = a_record(counts=StudentCounts(3, 2, 1), course="", student="user1", announced=False, told=True)
    assert RunRecord.from_dict(record.to_dict()) == record
    assert RunRecord.from_dict({**record.to_dict(), "schema": "labgrader.run/1", "students": []}) == record


def test_record_does_not_store_a_field_without_a_value() -> None:
    required = {"run_id", "lab", "mode", "status", "started_at", "finished_at", "counts"}
    assert set(a_record().to_dict()) == required
    assert set(a_record(requested_by="", announced=False).to_dict()) == required | {"requested_by", "announced"}


@pytest.mark.parametrize(
    ("status", "has_results"), [("running", False), ("failed", False), ("complete", True), ("incomplete", True)]
)
def test_summarized_run_has_results(status: str, has_results: bool) -> None:
    assert a_record(status=status).has_results is has_results


@pytest.mark.parametrize(("length", "cut"), [(MAX_ERROR, ""), (MAX_ERROR + 1, "… (1 more characters)")])
def test_record_cuts_an_error_at_its_limit(length: int, cut: str) -> None:
    failed = a_record().failed("x" * length, "2026-01-01T12:00:01Z")
    assert failed.error == "x" * MAX_ERROR + cut
    assert (failed.status, failed.finished_at) == ("failed", "2026-01-01T12:00:01Z")
