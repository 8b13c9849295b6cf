"""How a run ends: what is recorded, who is told, and that a student may check again."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from labgrader.errors import RefusedError, ThrottledError
from labgrader.events import Event
from labgrader.evidence.question import Answer, Answers, Question
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.verdict import not_graded, passed
from labgrader.labs.lab import Item, Lab, SelfChecks
from labgrader.reasons import Reason
from labgrader.roster import Student
from labgrader.runs.self_check import allowance_of
from labgrader.runs.self_check_quota import Allowance
from labgrader.schemas import InvalidDocumentError, validate
from labgrader.steps import run_documents
from labgrader.steps.run_check import run_check
from labgrader.steps.run_documents import CheckRecord
from labgrader.steps.summarise_run import record_failure, summarise_run
from labgrader.steps.write_report import write_report
from labgrader.store import Keys, RunRecord, Store
from labgrader.store.self_checks import Taken
from tests.stored_runs import put_run, stored_run

RUN = "20260101-000000-example-0000"
KEYS = Keys(RUN)
STARTED = "2026-01-01T00:00:00Z"
NOW = datetime(2026, 1, 1, 0, 1, tzinfo=UTC)
FAULT = {"Error": "BadInputError", "Cause": "there is no lab 'x'"}

LAB = Lab(
    id="lambda-optimization",
    version="1.0.0",
    title="An example",
    handout="",
    points=100,
    self_checks=SelfChecks(per_hour=2, per_day=3),
    checks=(
        Item(
            "reserved",
            "reserved_concurrency_set",
            "Concurrency is reserved",
            "Task 1",
            40,
            parameters={"function": "{username}-f", "executions": 10},
        ),
        Item("handled", "answers_only_with", "Failures are handled", "Task 2", 48),
        Item("secret", "answers_only_with", "Nobody sees it", "Task 2", 12, visibility="hidden"),
    ),
)


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    yield
    for remembered in (run_documents.lab_of, run_documents.snapshot_of, run_documents.students_of):
        remembered.cache_clear()


class Bus:
    """An event bus that keeps what it is given, or fails."""

    def __init__(self, error: Exception | None = None) -> None:
        self.events: list[Event] = []
        self._error = error

    def publish(self, *events: Event) -> None:
        if self._error:
            raise self._error
        for event in events:
            validate(event.detail, event.schema)
        self.events += events

    @property
    def types(self) -> list[str]:
        return [event.detail_type for event in self.events]


def planned(store: Store, mode: str = "grade", **more: Any) -> None:
    store.put_json(KEYS.lab, (LAB.for_self_check() if mode == "self-check" else LAB).to_dict())
    store.put_json(KEYS.students, [Student("user1", "s-1", account_id="111122223333", region="us-east-1").to_dict()])
    record = {
        "run_id": RUN,
        "lab": LAB.id,
        "mode": mode,
        "status": "running",
        "started_at": STARTED,
        "finished_at": "",
        "counts": {"students": 1, "complete": 0, "incomplete": 0},
        "requested_by": "student user1",
        "course": "cloud-2026",
    }
    put_run(store, {**record, **more})


def judged(store: Store, *, denied: bool = False, handled: Any = None) -> None:
    answers = Answers()
    answers.record(Question("lambda:ListFunctions"), Answer(["user1-f"]))
    value = {"Configuration": {"State": "Active"}, "Concurrency": {"ReservedConcurrentExecutions": 10}, "Tags": {}}
    refused = Answer(error_code="AccessDeniedException", error_message="no")
    answers.record(Question("lambda:GetFunction", {"FunctionName": "user1-f"}), refused if denied else Answer(value))
    snapshot = Snapshot("user1", "111122223333", "us-east-1", STARTED, answers)
    store.put_json(KEYS.snapshot("user1"), snapshot.to_dict())
    if not denied:
        run_check(store, RUN, "user1", "reserved")
    if handled:
        store.put_json(KEYS.evidence("user1", "handled"), CheckRecord("handled", Answers(), handled).to_dict())


def self_checking(store: Store) -> None:
    """A self-check that holds the lock and is one of two that are left this hour."""
    planned(store, "self-check", student="user1")
    assert store.put_ledger_if_unchanged(
        "user1", LAB.id, store.ledger("user1", LAB.id), [Taken(RUN, NOW.timestamp())], RUN, NOW.timestamp() + 3600
    )


def left(store: Store) -> Allowance:
    return allowance_of(store, "user1", LAB, NOW)


# --- a self-check ----------------------------------------------------------------------------------------------------


def test_a_self_check_that_is_done_lets_the_student_start_another_and_counts(store: Store) -> None:
    self_checking(store)
    judged(store, handled=passed())
    run = summarise_run(store, RUN, STARTED)
    assert run["status"] == "complete"
    assert store.ledger("user1", LAB.id).running == ""
    assert left(store).remaining_this_hour == 1
    record = stored_run(store, RUN)
    assert (record["status"], record["student"], record["requested_by"]) == ("complete", "user1", "student user1")
    assert store.runs() == []
    assert [one.run_id for one in store.self_checks(LAB.id)] == [RUN]


@pytest.mark.parametrize(
    ("denied", "handled", "remaining"),
    [
        (True, passed(), 2),
        (False, None, 2),
        (False, not_graded("user1-f is not connected.", Reason.NO_INTERNET), 1),
    ],
)
def test_a_self_check_that_could_not_tell_for_our_fault_is_given_back(
    store: Store, denied: bool, handled: Any, remaining: int
) -> None:
    self_checking(store)
    judged(store, denied=denied, handled=handled)
    assert summarise_run(store, RUN, STARTED)["status"] == "incomplete"
    (result,) = store.results(RUN)
    assert result["our_fault"] is (remaining == 2)
    assert left(store).remaining_this_hour == remaining
    assert store.ledger("user1", LAB.id).running == ""


def test_a_self_check_that_is_summarised_twice_is_given_back_once(store: Store) -> None:
    self_checking(store)
    judged(store)
    summarise_run(store, RUN, STARTED)
    summarise_run(store, RUN, STARTED)
    assert left(store).remaining_this_hour == 2


def test_a_self_check_is_neither_latest_nor_best_nor_seen_and_has_nothing_hidden(store: Store) -> None:
    self_checking(store)
    judged(store, handled=passed())
    summarise_run(store, RUN, STARTED)
    assert store.latest("user1", LAB.id) is store.best("user1", LAB.id) is store.seen("user1", LAB.id) is None
    (result,) = store.history("user1", LAB.id)
    assert (result["visible_points"], result["visible_max_points"], result["mode"]) == (88, 88, "self-check")
    assert (result["hidden_checks"], result["hidden_points"]) == (1, 12)
    report = store.get_json(KEYS.report("user1"))
    assert [check["id"] for check in report["checks"]] == ["reserved", "handled"]
    assert report["hidden"]["message"] == (
        "1 more check, worth 12 points, is not shown to you: passing all of these is not yet full marks."
    )
    assert "audit" not in report


@pytest.mark.parametrize("visible", [{"visible_points": 30}, {}])
def test_a_self_check_compares_with_the_points_that_may_be_shown(store: Store, visible: dict[str, int]) -> None:
    before = {"checks": [{"id": "reserved", "status": "failed"}, {"id": "secret", "status": "failed"}]}
    store.put_json("runs/before/reports/user1.json", before)
    result = {"username": "user1", "lab": LAB.id, "points": 42, "graded_at": "2025-12-31T00:00:00Z", **visible}
    store.record_result("before", {**result, "report_key": "runs/before/reports/user1.json"}, keep_best=False)
    self_checking(store)
    judged(store, handled=passed())
    report = write_report(store, RUN, "self-check", "user1")
    if visible:
        changes = [{"check": "reserved", "from": "failed", "to": "passed"}]
        assert report["previous"] == {"run_id": "before", "points": 30, "visible_points": 30, "changes": changes}
    else:
        assert "previous" not in report


def test_a_self_check_that_failed_is_given_back(store: Store) -> None:
    self_checking(store)
    bus = Bus()
    record = record_failure(store, RUN, STARTED, FAULT, publish=bus.publish).record
    assert (record.status, record.student, record.course) == ("failed", "user1", "cloud-2026")
    assert left(store).remaining_this_hour == 2
    assert store.ledger("user1", LAB.id).running == ""
    assert [(event.detail["mode"], event.detail["reason"]) for event in bus.events] == [
        ("self-check", "BadInputError: there is no lab 'x'")
    ]


def test_a_self_check_that_failed_after_it_was_summarised_stays_and_counts(store: Store) -> None:
    self_checking(store)
    judged(store, handled=passed())
    summarise_run(store, RUN, STARTED)
    bus = Bus()
    record = record_failure(store, RUN, STARTED, FAULT, publish=bus.publish).record
    assert (record.status, bus.events) == ("complete", [])
    assert left(store).remaining_this_hour == 1


# --- records and events ----------------------------------------------------------------------------------------------


def test_what_was_asked_for_stays_in_the_record(store: Store) -> None:
    planned(store, error="an error of before it was started again")
    judged(store, handled=passed())
    bus = Bus()
    write_report(store, RUN, "grade", "user1", publish=bus.publish)
    summarise_run(store, RUN, STARTED, publish=bus.publish)
    record = stored_run(store, RUN)
    assert (record["requested_by"], record["course"], record["status"]) == ("student user1", "cloud-2026", "incomplete")
    assert "error" not in record
    assert bus.types == ["Student Graded", "Run Completed"]
    assert {event.detail["course"] for event in bus.events} == {"cloud-2026"}


def test_a_lost_student_is_told_of_by_the_summary(store: Store) -> None:
    planned(store)
    bus = Bus()
    summarise_run(store, RUN, STARTED, publish=bus.publish)
    assert bus.types == ["Student Graded", "Run Completed"]


def test_the_same_event_told_again_has_the_same_id(store: Store) -> None:
    planned(store)
    judged(store, handled=passed())
    bus = Bus()
    for _ in range(2):
        write_report(store, RUN, "grade", "user1", publish=bus.publish)
        summarise_run(store, RUN, STARTED, publish=bus.publish)
    first, second = bus.events[:2], bus.events[2:]
    assert first == second


@pytest.mark.parametrize(
    "error", [RefusedError("no bus"), ThrottledError("later"), InvalidDocumentError("event", ["x: too long"])]
)
def test_an_event_that_is_lost_costs_nobody_the_grade_and_is_logged(
    store: Store, error: Exception, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    planned(store)
    judged(store, handled=passed())
    bus = Bus(error)
    with caplog.at_level(logging.ERROR):
        write_report(store, RUN, "grade", "user1", publish=bus.publish)
        run = summarise_run(store, RUN, STARTED, publish=bus.publish)
    assert run["counts"]["students"] == 1
    assert [record.message for record in caplog.records] == ["an event was lost", "an event was lost"]
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["EventsLost"], one["service"]) for one in metrics] == [([1.0], "events"), ([1.0], "events")]
    assert {one["_aws"]["CloudWatchMetrics"][0]["Namespace"] for one in metrics} == {"labgrader"}
    record = stored_run(store, RUN)
    assert record["status"] == "incomplete"


def test_a_run_that_failed_is_told_of_and_keeps_when_it_started(store: Store) -> None:
    planned(store)
    bus = Bus()
    record = record_failure(store, RUN, "2026-01-03T00:00:00Z", FAULT, publish=bus.publish).record
    assert (record.started_at, record.lab) == (STARTED, LAB.id)
    (event,) = bus.events
    assert (event.detail_type, event.detail["reason"]) == ("Run Failed", "BadInputError: there is no lab 'x'")
    assert (event.detail["lab"], event.detail["course"]) == (LAB.id, "cloud-2026")


def test_a_run_that_nobody_planned_is_recorded_as_failed_too(store: Store) -> None:
    bus = Bus()
    record = record_failure(store, RUN, STARTED, FAULT, publish=bus.publish).record
    assert (record.mode, record.lab, record.started_at) == ("grade", "", STARTED)
    assert bus.types == ["Run Failed"]


def test_a_run_that_is_summarised_is_not_called_failed_afterwards(store: Store) -> None:
    planned(store)
    judged(store, handled=passed())
    summarise_run(store, RUN, STARTED)
    before = stored_run(store, RUN)
    bus = Bus()
    again = record_failure(store, RUN, STARTED, {"Error": "TIMED_OUT"}, publish=bus.publish)
    assert (again.record.to_dict(), again.again) == (before, True)
    assert stored_run(store, RUN) == before
    assert bus.events == []


def test_a_failure_that_is_heard_of_twice_keeps_its_first_reason_and_is_told_once(store: Store) -> None:
    planned(store)
    bus = Bus()
    record_failure(store, RUN, STARTED, FAULT, publish=bus.publish)
    before = stored_run(store, RUN)
    again = record_failure(store, RUN, STARTED, {"Error": "FAILED", "Cause": "later"}, publish=bus.publish)
    assert (again.record.to_dict(), again.again) == (before, True)
    assert stored_run(store, RUN) == before
    assert before["error"] == "BadInputError: there is no lab 'x'"
    assert bus.types == ["Run Failed"]


def test_a_failure_that_somebody_else_recorded_keeps_its_reason_and_is_told_of(store: Store) -> None:
    planned(store, status="failed", error="the execution is gone", finished_at="2026-01-01T00:02:00Z")
    bus = Bus()
    failure = record_failure(store, RUN, STARTED, {"Error": "FAILED"}, publish=bus.publish)
    assert (failure.record.error, failure.record.finished_at) == ("the execution is gone", "2026-01-01T00:02:00Z")
    assert not failure.again
    assert [event.detail["reason"] for event in bus.events] == ["the execution is gone"]


def test_a_run_that_failed_and_is_started_again_may_fail_again(store: Store) -> None:
    planned(store)
    bus = Bus()
    record_failure(store, RUN, STARTED, FAULT, publish=bus.publish)
    put_run(store, {**stored_run(store, RUN), "status": "running", "finished_at": ""})
    record = record_failure(store, RUN, STARTED, {"Error": "KeyError", "Cause": "x"}, publish=bus.publish).record
    assert record.error == "KeyError: x"
    assert [event.detail["reason"] for event in bus.events] == ["BadInputError: there is no lab 'x'", "KeyError: x"]


def test_a_self_check_whose_failure_is_heard_of_twice_is_given_back_once(store: Store) -> None:
    self_checking(store)
    record_failure(store, RUN, STARTED, FAULT)
    record_failure(store, RUN, STARTED, {"Error": "FAILED"})
    assert left(store).remaining_this_hour == 2


@pytest.mark.parametrize(
    ("checked_at", "compared_with", "points"),
    [("2025-12-30T00:00:00Z", "graded", 30), ("2026-01-01T00:00:00Z", "checked", 88)],
)
def test_a_self_check_compares_with_what_the_student_saw_last(
    store: Store, checked_at: str, compared_with: str, points: int
) -> None:
    def before(run_id: str, mode: str, at: str, status: str, of_all: int, visible: int) -> None:
        key = f"runs/{run_id}/reports/user1.json"
        store.put_json(key, {"checks": [{"id": name, "status": status} for name in ("reserved", "handled")]})
        result = {"username": "user1", "lab": LAB.id, "mode": mode, "points": of_all, "visible_points": visible}
        record = {**result, "graded_at": at, "report_key": key}
        store.record_result(run_id, record, keep_latest=mode == "grade", keep_best=False)

    before("graded", "grade", "2025-12-31T00:00:00Z", "failed", 42, 30)
    before("checked", "self-check", checked_at, "partial", 88, 88)
    self_checking(store)
    judged(store, handled=passed())
    for _ in range(2):  # written again, it does not compare with itself
        report = write_report(store, RUN, "self-check", "user1")
        assert (report["previous"]["run_id"], report["previous"]["points"]) == (compared_with, points)
    assert (store.latest_self_check("user1", LAB.id) or {})["run_id"] == RUN
    assert (store.latest("user1", LAB.id) or {})["run_id"] == "graded"


@pytest.mark.parametrize(
    ("changes", "seconds"),
    [
        ({}, 90.5),
        ({"finished_at": STARTED}, 0),
        ({"started_at": ""}, 0),
        ({"started_at": None}, 0),
        ({"started_at": "2026-01-01T00:00:00"}, 0),
        ({"finished_at": "2025-01-01T00:00:00Z"}, 0),
    ],
)
def test_how_long_a_run_took(changes: dict[str, Any], seconds: float) -> None:
    run = RunRecord(run_id=RUN, lab=LAB.id, mode="grade", status="complete", started_at=STARTED)
    assert replace(run, **{"finished_at": "2026-01-01T00:01:30.500Z", **changes}).duration_s == seconds


def test_a_hidden_check_counts_in_a_graded_run(store: Store) -> None:
    planned(store)
    judged(store, handled=passed())
    record = CheckRecord("secret", Answers(), passed())
    store.put_json(KEYS.evidence("user1", "secret"), record.to_dict())
    write_report(store, RUN, "grade", "user1")
    (result,) = store.results(RUN)
    assert (result["points"], result["visible_points"], result["visible_max_points"]) == (100, 88, 88)
    for kept in (result, store.latest("user1", LAB.id), store.history("user1")[0]):
        assert kept is not None
        assert (kept["hidden_checks"], kept["hidden_points"]) == (1, 12)
