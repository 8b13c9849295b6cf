"""The end of a run: the record and the events."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import Any

import pytest

from labgrader.errors import RefusedError, ThrottledError
from labgrader.evidence.question import Answers
from labgrader.judging.verdict import passed
from labgrader.schemas import InvalidDocumentError
from labgrader.steps.run_documents import CheckRecord
from labgrader.steps.summarise_run import record_failure, summarise_run
from labgrader.steps.write_report import write_report
from labgrader.store import RunRecord, Store
from tests.steps.ending_run import FAULT, KEYS, LAB, RUN, STARTED, Bus, judged, planned
from tests.stored_runs import put_run, stored_run


def test_record_keeps_the_request(store: Store) -> None:
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


def test_summary_publishes_a_student_without_a_report(store: Store) -> None:
    planned(store)
    bus = Bus()
    summarise_run(store, RUN, STARTED, publish=bus.publish)
    assert bus.types == ["Student Graded", "Run Completed"]


def test_event_that_is_published_again_has_the_same_id(store: Store) -> None:
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
def test_lost_event_is_logged_and_costs_no_grade(
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
    assert [(metric["EventsLost"], metric["service"]) for metric in metrics] == [([1.0], "events"), ([1.0], "events")]
    assert {metric["_aws"]["CloudWatchMetrics"][0]["Namespace"] for metric in metrics} == {"labgrader"}
    record = stored_run(store, RUN)
    assert record["status"] == "incomplete"


def test_failed_run_is_published_and_keeps_its_start(store: Store) -> None:
    planned(store)
    bus = Bus()
    record = record_failure(store, RUN, "2026-01-03T00:00:00Z", FAULT, publish=bus.publish).record
    assert (record.started_at, record.lab) == (STARTED, LAB.id)
    (event,) = bus.events
    assert (event.detail_type, event.detail["reason"]) == ("Run Failed", "BadInputError: there is no lab 'x'")
    assert (event.detail["lab"], event.detail["course"]) == (LAB.id, "cloud-2026")


def test_unplanned_run_is_recorded_as_failed(store: Store) -> None:
    bus = Bus()
    record = record_failure(store, RUN, STARTED, FAULT, publish=bus.publish).record
    assert (record.mode, record.lab, record.started_at) == ("grade", "", STARTED)
    assert bus.types == ["Run Failed"]


def test_summarized_run_is_not_recorded_as_failed(store: Store) -> None:
    planned(store)
    judged(store, handled=passed())
    summarise_run(store, RUN, STARTED)
    before = stored_run(store, RUN)
    bus = Bus()
    again = record_failure(store, RUN, STARTED, {"Error": "TIMED_OUT"}, publish=bus.publish)
    assert (again.record.to_dict(), again.again) == (before, True)
    assert stored_run(store, RUN) == before
    assert bus.events == []


def test_failure_that_is_reported_twice_keeps_its_reason_and_is_published_once(store: Store) -> None:
    planned(store)
    bus = Bus()
    record_failure(store, RUN, STARTED, FAULT, publish=bus.publish)
    before = stored_run(store, RUN)
    again = record_failure(store, RUN, STARTED, {"Error": "FAILED", "Cause": "later"}, publish=bus.publish)
    assert (again.record.to_dict(), again.again) == (before, True)
    assert stored_run(store, RUN) == before
    assert before["error"] == "BadInputError: there is no lab 'x'"
    assert bus.types == ["Run Failed"]


def test_failure_with_another_recorded_reason_keeps_it_and_is_published(store: Store) -> None:
    planned(store, status="failed", error="the execution is gone", finished_at="2026-01-01T00:02:00Z")
    bus = Bus()
    failure = record_failure(store, RUN, STARTED, {"Error": "FAILED"}, publish=bus.publish)
    assert (failure.record.error, failure.record.finished_at) == ("the execution is gone", "2026-01-01T00:02:00Z")
    assert not failure.again
    assert [event.detail["reason"] for event in bus.events] == ["the execution is gone"]


def test_run_that_is_started_again_can_fail_again(store: Store) -> None:
    planned(store)
    bus = Bus()
    record_failure(store, RUN, STARTED, FAULT, publish=bus.publish)
    put_run(store, {**stored_run(store, RUN), "status": "running", "finished_at": ""})
    record = record_failure(store, RUN, STARTED, {"Error": "KeyError", "Cause": "x"}, publish=bus.publish).record
    assert record.error == "KeyError: x"
    assert [event.detail["reason"] for event in bus.events] == ["BadInputError: there is no lab 'x'", "KeyError: x"]


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
def test_duration_of_a_run(changes: dict[str, Any], seconds: float) -> None:
    run = RunRecord(run_id=RUN, lab=LAB.id, mode="grade", status="complete", started_at=STARTED)
    assert replace(run, **{"finished_at": "2026-01-01T00:01:30.500Z", **changes}).duration_s == seconds


def test_hidden_check_counts_in_a_graded_run(store: Store) -> None:
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
