"""The events match their schemas, and are sent within the limits of EventBridge."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from labgrader import events
from labgrader.errors import RefusedError, ServiceFaultError, ThrottledError
from labgrader.events import Event, Publisher, drift_detected, run_completed, run_failed, run_started, student_graded
from labgrader.schemas import InvalidDocumentError, validate
from labgrader.store import RunRecord, StudentCounts
from tests.clock import Clock

RUN = "20260101-000000-lambda-optimization-0000"
RECORD = RunRecord(
    run_id=RUN,
    lab="lambda-optimization",
    mode="grade",
    status="running",
    started_at="2026-01-01T00:00:00Z",
    counts=StudentCounts(2),
    requested_by="instructor ada@example.edu",
)
REPORT = {
    "run_id": RUN,
    "mode": "grade",
    "status": "incomplete",
    "lab": {"id": "lambda-optimization", "version": "1.0.0", "title": "Optimization"},
    "student": {"student_id": "s-1", "username": "user1", "name": "Ada Lovelace", "section": "A"},
    "score": {"points": 40.5, "max_points": 100, "percent": 40.5, "open_points": 8},
    "graded_at": "2026-01-01T00:01:00Z",
    "checks": [
        {"title": "secret", "status": "not_graded", "reason": "throttled"},
        {"title": "secret", "status": "not_graded", "reason": "denied"},
        {"title": "secret", "status": "not_graded", "reason": "denied"},
        {"title": "secret", "status": "failed", "reason": "student"},
        {"title": "secret", "status": "not_graded"},  # a report of an earlier version
        {"title": "secret", "status": "passed"},
    ],
}
SUMMARY = {
    "run_id": RUN,
    "lab": "lambda-optimization",
    "lab_version": "1.0.0",
    "mode": "audit",
    "status": "complete",
    "started_at": "2026-01-01T00:00:00.5Z",
    "finished_at": "2026-01-01T00:02:00Z",
    "students": [{"username": "user1"}],
    "counts": {"students": 2, "complete": 2, "incomplete": 0},
}
DRIFTED = {
    "check": "prod-alias",
    "title": "The alias prod serves version 1",
    "from": "passed",
    "to": "failed",
    "reason": "student",
    "message": "alias prod does not exist",
    "points": 6,
}
STUDENT = {
    "username": "user1",
    "student_id": "s-1",
    "status": "complete",
    "drifted": [DRIFTED],
    "mended": [],
    "gone": ["function user1-f"],
    "running": [],
}


def detail(event: Event) -> dict[str, Any]:
    """Return an event's detail after its schema has accepted it."""
    validate(event.detail, event.schema)
    return dict(event.detail)


# --- content ---------------------------------------------------------------------------------------------------------


def test_run_started() -> None:
    event = run_started(RECORD)
    assert event.detail_type == "Run Started"
    assert detail(event) == {
        "schema": "labgrader.run-started/1",
        "event_id": f"{RUN}:run-started",
        "run_id": RUN,
        "lab": "lambda-optimization",
        "mode": "grade",
        "course": "",
        "started_at": "2026-01-01T00:00:00Z",
        "students": 2,
    }
    assert run_started(replace(RECORD, course="autumn")).detail["course"] == "autumn"


def test_student_graded() -> None:
    event = student_graded(REPORT, "autumn")
    assert event.detail_type == "Student Graded"
    assert detail(event) == {
        "schema": "labgrader.student-graded/1",
        "event_id": f"{RUN}:student-graded:user1",
        "run_id": RUN,
        "lab": "lambda-optimization",
        "lab_version": "1.0.0",
        "mode": "grade",
        "course": "autumn",
        "username": "user1",
        "student_id": "s-1",
        "status": "incomplete",
        "points": 40.5,
        "max_points": 100,
        "percent": 40.5,
        "open_points": 8,
        "not_graded_reasons": ["denied", "throttled"],
        "graded_at": "2026-01-01T00:01:00Z",
        "report_key": f"runs/{RUN}/reports/user1.json",
    }


def test_run_completed() -> None:
    event = run_completed(SUMMARY)
    assert event.detail_type == "Run Completed"
    assert detail(event) == {
        "schema": "labgrader.run-completed/1",
        "event_id": f"{RUN}:run-completed",
        "run_id": RUN,
        "lab": "lambda-optimization",
        "lab_version": "1.0.0",
        "mode": "audit",
        "course": "",
        "status": "complete",
        "started_at": "2026-01-01T00:00:00.5Z",
        "finished_at": "2026-01-01T00:02:00Z",
        "counts": {"students": 2, "complete": 2, "incomplete": 0},
        "run_key": f"runs/{RUN}/run.json",
        "gradebook_key": f"runs/{RUN}/gradebook.csv",
    }


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("no roster", "no roster"),
        ("one\n\n two\x1b[2J\r\nthree", "one\n two\N{REPLACEMENT CHARACTER}[2J\nthree"),
        ("", "no reason is known"),
        ("x" * 2000, "x" * 2000),
        ("x\n" * 1001, "x\n" * 1000 + "… (1 more characters)"),
    ],
)
def test_run_failed(reason: str, said: str) -> None:
    event = run_failed(RUN, "", "", reason)
    assert event.detail_type == "Run Failed"
    assert detail(event) == {
        "schema": "labgrader.run-failed/1",
        "event_id": f"{RUN}:run-failed",
        "run_id": RUN,
        "lab": "",
        "mode": "",
        "course": "",
        "reason": said,
    }


def test_drift_detected() -> None:
    event = drift_detected(STUDENT, RUN, "lambda-optimization", "autumn")
    assert event.detail_type == "Drift Detected"
    assert detail(event) == {
        "schema": "labgrader.drift-detected/1",
        "event_id": f"{RUN}:drift-detected:user1",
        "run_id": RUN,
        "lab": "lambda-optimization",
        "course": "autumn",
        "username": "user1",
        "student_id": "s-1",
        "drifted": [DRIFTED],
        "gone": ["function user1-f"],
    }


def test_text_of_students_is_cut_and_made_printable() -> None:
    hostile = {**DRIFTED, "title": "t" * 300, "message": "\ud800<script>\x07" + "m" * 400}
    said = detail(drift_detected({**STUDENT, "drifted": [hostile], "gone": ["g\n"] * 101}, RUN, "lambda-optimization"))
    assert said["drifted"][0]["title"] == "t" * 200 + "… (100 more characters)"
    assert said["drifted"][0]["message"].startswith("\N{REPLACEMENT CHARACTER}<script>\N{REPLACEMENT CHARACTER}m")
    assert said["gone"] == ["g\N{REPLACEMENT CHARACTER}"] * 100


def test_no_event_has_a_name_or_an_email_address() -> None:
    sent = [run_started(RECORD), student_graded(REPORT), run_completed(SUMMARY)]
    assert not re.search("Lovelace|example.edu|secret", json.dumps([event.detail for event in sent]))


# --- publishing ------------------------------------------------------------------------------------------------------


@pytest.fixture
def bus(clock: Clock) -> Iterator[Stubber]:
    with Stubber(boto3.client("events", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")) as stub:
        yield stub
        stub.assert_no_pending_responses()


def entry(event: Event) -> dict[str, str]:
    text = json.dumps(event.detail, sort_keys=True, ensure_ascii=False)
    return {"EventBusName": "lab", "Source": "labgrader", "DetailType": event.detail_type, "Detail": text}


def taken(count: int) -> dict[str, Any]:
    return {"FailedEntryCount": 0, "Entries": [{"EventId": str(number)} for number in range(count)]}


def many(count: int) -> list[Event]:
    return [run_failed(f"r{number}", "", "grade", "no reason") for number in range(count)]


def test_publishing_no_event_sends_no_request(bus: Stubber) -> None:
    Publisher(bus.client, "lab", pause_s=0).publish()


@pytest.mark.parametrize(("count", "calls"), [(1, [1]), (10, [10]), (11, [10, 1]), (25, [10, 10, 5])])
def test_a_request_has_at_most_ten_events_in_order(bus: Stubber, count: int, calls: list[int]) -> None:
    sent = many(count)
    rest = list(sent)
    for size in calls:
        bus.add_response("put_events", taken(size), {"Entries": [entry(event) for event in rest[:size]]})
        rest = rest[size:]
    Publisher(bus.client, "lab", pause_s=0).publish(*sent)


@pytest.mark.parametrize(("over", "calls"), [(0, [2]), (1, [1, 1])])
def test_a_request_has_at_most_the_maximum_bytes(bus: Stubber, over: int, calls: list[int]) -> None:
    def filled(text: str) -> Event:
        return Event("Run Failed", {**run_failed("r", "", "grade", "x").detail, "course": text})

    def size(event: Event) -> int:
        return sum(len(entry(event)[field].encode()) for field in ("Source", "DetailType", "Detail"))

    room = events.MAX_BYTES // 2 - size(filled("")) + over
    sent = [filled("é" * (room // 2) + "e" * (room % 2))] * 2  # é has two bytes
    assert [size(event) for event in sent] == [events.MAX_BYTES // 2 + over] * 2
    for count in calls:
        bus.add_response("put_events", taken(count), {"Entries": [entry(event) for event in sent[:count]]})
    Publisher(bus.client, "lab", pause_s=0).publish(*sent)


def test_an_invalid_event_prevents_sending_any(bus: Stubber) -> None:
    bad = Event("Run Failed", {**run_failed("r", "", "grade", "x").detail, "name": "Ada"})
    with pytest.raises(InvalidDocumentError, match=r"not a valid events/run-failed: .*'name' was unexpected"):
        Publisher(bus.client, "lab", pause_s=0).publish(*many(1), bad)


def refused(*codes: str) -> dict[str, Any]:
    said = [{"ErrorCode": code, "ErrorMessage": "no"} if code else {"EventId": "e"} for code in codes]
    return {"FailedEntryCount": sum(map(bool, codes)), "Entries": said}


def test_only_rejected_events_are_sent_again(bus: Stubber) -> None:
    first, second, third = (entry(event) for event in many(3))
    answer = refused("", "ThrottlingException", "InternalFailure")
    bus.add_response("put_events", answer, {"Entries": [first, second, third]})
    bus.add_response("put_events", refused("", "InternalFailure"), {"Entries": [second, third]})
    bus.add_response("put_events", taken(1), {"Entries": [third]})
    Publisher(bus.client, "lab", pause_s=0).publish(*many(3))


@pytest.mark.parametrize(
    ("codes", "kind", "said"),
    [
        (("ThrottlingException", "ThrottlingException"), ThrottledError, "2 events: ThrottlingException"),
        (("ThrottlingException", "InternalFailure"), ServiceFaultError, "2 events: InternalFailure, ThrottlingEx"),
        (("", "InternalFailure"), ServiceFaultError, "1 event: InternalFailure"),
    ],
)
def test_an_event_that_is_never_accepted_is_an_error(
    bus: Stubber, codes: tuple[str, ...], kind: type[Exception], said: str
) -> None:
    bus.add_response("put_events", refused(*codes))
    for _ in range(events.MAX_SENDS - 1):
        bus.add_response("put_events", refused(*filter(None, codes)))
    with pytest.raises(kind, match=f"^EventBridge did not accept {said}"):
        Publisher(bus.client, "lab", pause_s=0).publish(*many(2))


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("AccessDeniedException", 400, RefusedError),
        ("ThrottlingException", 400, ThrottledError),
        ("InternalException", 500, ServiceFaultError),
    ],
)
def test_a_refused_request_raises_a_domain_error(bus: Stubber, code: str, status: int, kind: type[Exception]) -> None:
    bus.add_client_error("put_events", code, http_status_code=status)
    with pytest.raises(kind):
        Publisher(bus.client, "lab", pause_s=0).publish(*many(1))


def test_the_largest_drift_event_fits_in_one_request() -> None:
    most = {"from": "passed", "to": "failed", "points": 1}
    hostile = [
        {"check": f"c{number}", "title": "\U0001f4a5" * 240, "message": "\x07" * 240, **most} for number in range(20)
    ]
    event = drift_detected({**STUDENT, "drifted": hostile, "gone": ["\x07" * 240] * 20}, RUN, "lambda-optimization")
    validate(event.detail, event.schema)
    assert len(json.dumps(event.detail).encode()) < 255 * 1024
