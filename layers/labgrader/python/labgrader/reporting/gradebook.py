"""The gradebook of a run as data: a row for each student, with the result of each check.

A run stores it as ``gradebook.json``. ``labgrader.reporting.exports`` writes it in the formats of other programs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NotRequired, TypedDict

from labgrader.documents.report import Completeness, Report, ReportCheck
from labgrader.judging.verdict import Status
from labgrader.labs.lab import Item, Lab
from labgrader.reporting.formatting import rounded
from labgrader.reporting.run_summary import class_title
from labgrader.rosters import Student

SCHEMA = "labgrader.gradebook/1"


class CheckColumn(TypedDict):
    """A check of the lab: a column of the gradebook. The title does not contain the names of a student."""

    id: str
    title: str
    max_points: float


class CheckResult(TypedDict):
    """The result of one check for one student. ``points`` is 0 if the check was not graded; see ``status``."""

    id: str
    title: str
    points: float
    max_points: float
    status: Status


class StudentRow(TypedDict):
    """The row of one student: the fields of the roster, unchanged, the score of the report, and the checks.

    ``open_points`` are the points of checks that were not graded.
    """

    student_id: str
    username: str
    name: str
    email: str
    section: str
    status: Completeness
    points: float
    max_points: float
    percent: float
    open_points: float
    checks: list[CheckResult]


class GradebookDocument(TypedDict):
    """The gradebook of one run. ``checks`` are in the lab's order, ``students`` in the roster's order.

    ``mode`` is ``grade``, ``audit`` or ``self-check``; ``finished_at`` is ISO 8601 in UTC. Gradebooks of earlier
    versions have neither.
    """

    schema: str
    run_id: str
    mode: NotRequired[str]
    finished_at: NotRequired[str]
    lab: str
    checks: list[CheckColumn]
    students: list[StudentRow]


def build_gradebook(
    run_id: str, lab: Lab, rows: Iterable[StudentRow], *, mode: str = "", finished_at: str = ""
) -> GradebookDocument:
    """Build the gradebook of a run. The same arguments give the same document.

    Args:
        run_id: the run.
        lab: the lab as the run froze it.
        rows: the students in the roster's order.
        mode: ``grade``, ``audit`` or ``self-check``; empty if it is not known.
        finished_at: when the run finished, ISO 8601 in UTC; empty if it is not known.
    """
    return {
        "schema": SCHEMA,
        "run_id": run_id,
        "mode": mode,
        "finished_at": finished_at,
        "lab": lab.id,
        "checks": [_column(item) for item in lab.checks],
        "students": list(rows),
    }


def build_row(student: Student, report: Report) -> StudentRow:
    """Build the row of one student.

    Args:
        student: the student's row of the roster.
        report: the student's report.
    """
    score = report["score"]
    return {
        "student_id": student.student_id,
        "username": student.username,
        "name": student.name,
        "email": student.email,
        "section": student.section,
        "status": report["status"],
        "points": score["points"],
        "max_points": score["max_points"],
        "percent": score["percent"],
        "open_points": score["open_points"],
        "checks": [_result(check) for check in report["checks"]],
    }


def _column(item: Item) -> CheckColumn:
    return {"id": item.id, "title": class_title(item), "max_points": rounded(item.points)}


def _result(check: ReportCheck) -> CheckResult:
    return {
        "id": check["id"],
        "title": check["title"],
        "points": check["points"],
        "max_points": check["max_points"],
        "status": check["status"],
    }
