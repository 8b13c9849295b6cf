"""The gradebook of a run: stored, built from the reports of an earlier version, or missing."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.labs.lab import Item, Lab
from labgrader.reporting.exports import exports
from labgrader.reporting.gradebook import GradebookDocument, build_gradebook, build_row
from labgrader.rosters import Student
from labgrader.runs.stored_gradebook import load_gradebook
from labgrader.store import Keys, MissingError, RunRecord, Store

RUN = "20260301-090000-example-0001"
KEYS = Keys(RUN)
IDS = ("points", "status", "name", "email")
LAB = Lab(
    "example",
    "1.0.0",
    "Lab",
    "",
    20,
    tuple(Item(check_id, "a", f"{{username}} {check_id}", points=5) for check_id in IDS),
)
STUDENTS = tuple(Student(name, f"s-{name}", name.title(), f"{name}@example.edu") for name in ("user2", "user1"))


def report_of(student: Student) -> Any:
    points = 5 if student.username == "user1" else 0
    checks = [
        {
            "id": check_id,
            "title": f"{student.username} {check_id}",
            "points": points,
            "max_points": 5,
            "status": "passed" if points else "failed",
        }
        for check_id in IDS
    ]
    score = {"points": 4 * points, "max_points": 20, "percent": 20 * points, "open_points": 0}
    return {"status": "complete", "score": score, "checks": checks}


def gradebook() -> GradebookDocument:
    rows = [build_row(student, report_of(student)) for student in STUDENTS]
    return build_gradebook(RUN, LAB, rows, mode="grade", finished_at="2026-03-01T09:05:00Z")


def recorded(store: Store) -> None:
    """Keep the record of the run."""
    record = RunRecord(
        run_id=RUN,
        lab=LAB.id,
        mode="grade",
        status="complete",
        started_at="2026-03-01T09:00:00Z",
        finished_at="2026-03-01T09:05:00Z",
    )
    store.record_run(record)


def reported(store: Store) -> None:
    """Store the documents of a run before its summary."""
    store.put_json(KEYS.lab, LAB.to_dict())
    store.put_json(KEYS.students, [student.to_dict() for student in STUDENTS])
    for student in STUDENTS:
        store.put_json(KEYS.report(student.username), report_of(student))


def test_load_gradebook_returns_the_stored_gradebook(store: Store) -> None:
    store.put_json(KEYS.gradebook_json, gradebook())
    assert load_gradebook(store, RUN) == gradebook()


def test_load_gradebook_builds_it_from_reports_of_an_earlier_version(store: Store) -> None:
    reported(store)
    recorded(store)
    store.put(KEYS.gradebook, b"username,points,points\r\n")
    found = load_gradebook(store, RUN)
    assert found == gradebook()
    assert [(row["username"], row["points"]) for row in found["students"]] == [("user2", 0), ("user1", 20)]
    assert b",check:points,check:status,check:name,check:email,run_id,run_mode,run_finished_at\r\n" in exports()[
        "csv"
    ].render(found)
    assert not store.keys(KEYS.gradebook_json), "reading writes nothing"


def test_a_gradebook_without_mode_and_date_gets_them_from_the_record_of_the_run(store: Store) -> None:
    old = {name: value for name, value in gradebook().items() if name not in ("mode", "finished_at")}
    store.put_json(KEYS.gradebook_json, old)
    assert load_gradebook(store, RUN) == old, "there is no record"
    recorded(store)
    assert load_gradebook(store, RUN) == gradebook()


def test_a_run_without_a_summary_has_no_gradebook_though_every_report_is_there(store: Store) -> None:
    reported(store)
    assert load_gradebook(store, RUN) is None


def test_load_gradebook_raises_if_a_report_is_missing(store: Store) -> None:
    store.put_json(KEYS.lab, LAB.to_dict())
    store.put_json(KEYS.students, [student.to_dict() for student in STUDENTS])
    store.put_json(KEYS.report("user1"), report_of(STUDENTS[1]))
    store.put(KEYS.gradebook, b"")
    with pytest.raises(MissingError, match=r"reports/user2\.json does not exist$"):
        load_gradebook(store, RUN)


def test_a_gradebook_of_an_earlier_version_gets_title_tasks_and_visibility_from_the_lab(store: Store) -> None:
    hidden = Item("secret", "a", "{username} secret", "Task 2", 5, visibility="hidden")
    lab = Lab("example", "1.0.0", "Lab", "", 5, (hidden,))
    now: Any = build_gradebook(RUN, lab, [build_row(student, report_of(student)) for student in STUDENTS], mode="grade")
    old = {name: value for name, value in now.items() if name != "lab_title"}
    old["checks"] = [{"id": "secret", "title": "USERNAME secret", "max_points": 5}]
    store.put_json(KEYS.gradebook_json, old)
    assert load_gradebook(store, RUN) == old, "there is no lab"
    store.put_json(KEYS.lab, lab.to_dict())
    assert load_gradebook(store, RUN) == now
    assert now["checks"] == [
        {"id": "secret", "title": "USERNAME secret", "max_points": 5, "task": "Task 2", "visibility": "hidden"}
    ]
