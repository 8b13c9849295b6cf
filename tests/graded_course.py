"""A stored course with two labs and the results of its runs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from labgrader.courses.course_file import read_course
from labgrader.courses.enrolment import push_course
from labgrader.labs.lab import Item, Lab
from labgrader.reporting.gradebook import build_gradebook, build_row
from labgrader.rosters import Student
from labgrader.store import Keys, Store
from tests.courses.course_folder import COURSE, make_folder
from tests.stored_runs import put_run

COURSE_ID = "serverless-2026"
FIRST_LAB, SECOND_LAB = "lambda-optimization", "performance-scaling"
ADA, BOB, EVE = (
    Student("user1", "s-1", "Ada", "ada@example.edu"),
    Student("user2", "s-2", "Bob"),
    Student("user3", "s-3"),
)


def pushed_course(store: Store, folder: Path, course: str = COURSE) -> None:
    """Push the course: Ada and Bob are on the list of the first lab, Bob and Eve on that of the second."""
    push_course(store, read_course(make_folder(folder, course)), datetime(2026, 11, 1, tzinfo=UTC))


def graded(
    store: Store,
    run_id: str,
    points: dict[Student, float | None],
    *,
    lab: str = FIRST_LAB,
    at: str = "2026-11-20T10:00:00Z",
    title: str = "",
    **record: Any,
) -> None:
    """Store a run with its gradebook. A student with ``None`` is not fully graded."""
    built = Lab(lab, "1.0.0", title or f"Title of {lab}", "", 100, (Item("first", "a", "A", points=100),))
    rows = [build_row(student, _report(given, at)) for student, given in points.items()]
    run = {"mode": "grade", "course": COURSE_ID, "status": "complete", "started_at": at, "finished_at": at, **record}
    put_run(store, {"run_id": run_id, "lab": lab, **run})
    book = build_gradebook(run_id, built, rows, mode=run["mode"], finished_at=at)
    store.put_json(Keys(run_id).gradebook_json, book)


def _report(points: float | None, at: str) -> Any:
    open_points = 100 if points is None else 0
    check = {"id": "first", "title": "A", "points": points or 0, "max_points": 100, "message": "Why"}
    return {
        "status": "complete" if points is not None else "incomplete",
        "score": {"points": points or 0, "max_points": 100, "percent": points or 0, "open_points": open_points},
        "snapshot_taken_at": at,
        "graded_at": at,
        "checks": [{**check, "status": "partial" if points is not None else "not_graded"}],
    }
