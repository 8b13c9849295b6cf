"""The events match their schemas and the documentation."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from labgrader.events import Event, drift_detected, run_completed, run_failed, run_started, student_graded
from labgrader.schemas import validate
from labgrader.store import RunRecord, StudentCounts
from tests.drifted_run import DRIFTED, RUN, STUDENT

RECORD = RunRecord(
    run_id=RUN,
    lab="lambda-optimization",
    mode="grade",
    status="running",
    started_at="2026-01-01T00:00:00Z",
    counts=StudentCounts(2),
    requested_by="instructor ada@example.edu",
)
REPORT: Any = {
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
SUMMARY: Any = {
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


def detail(event: Event) -> dict[str, Any]:
    """Return an event's detail after its schema has accepted it."""
    validate(event.detail, event.schema)
    return dict(event.detail)


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
        "private": False,
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


@pytest.mark.parametrize("private", [True, False])
def test_events_with_results_say_whether_the_run_is_private(private: bool) -> None:
    assert detail(student_graded(REPORT, private=private))["private"] is private
    assert detail(drift_detected(STUDENT, RUN, "lambda-optimization", private=private))["private"] is private


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
        ("x" * 12_000, "x" * 12_000),
        ("x\n" * 6001, "x\n" * 6000 + "… (1 more characters)"),
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
        "private": False,
        "username": "user1",
        "student_id": "s-1",
        "drifted": [DRIFTED],
        "gone": ["function user1-f"],
    }


def test_text_of_students_is_cut_and_made_printable() -> None:
    hostile = {**DRIFTED, "title": "t" * 300, "message": "\ud800<script>\x07" + "m" * 400}
    said = detail(drift_detected(STUDENT | {"drifted": [hostile], "gone": ["g\n"] * 101}, RUN, "lambda-optimization"))
    assert said["drifted"][0]["title"] == "t" * 200 + "… (100 more characters)"
    assert said["drifted"][0]["message"].startswith("\N{REPLACEMENT CHARACTER}<script>\N{REPLACEMENT CHARACTER}m")
    assert said["gone"] == ["g\N{REPLACEMENT CHARACTER}"] * 100


def test_no_event_has_a_name_or_an_email_address() -> None:
    sent = [run_started(RECORD), student_graded(REPORT), run_completed(SUMMARY)]
    assert not re.search("Lovelace|example.edu|secret", json.dumps([event.detail for event in sent]))
