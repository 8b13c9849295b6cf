"""The gradebook of a run as data: a row for each student, with the result of each check.

A run stores it as ``gradebook.json``. ``labgrader.reporting.exports`` writes it in the formats of other programs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NotRequired, TypedDict

from labgrader.documents.report import Completeness, Report, ReportCheck
from labgrader.judging.verdict import Status
from labgrader.labs.lab import Item, Lab, Visibility
from labgrader.labs.points import total_points
from labgrader.messages import quote
from labgrader.reporting.formatting import clean, rounded
from labgrader.reporting.run_summary import class_title
from labgrader.reporting.what_to_fix import what_to_fix
from labgrader.rosters import Student

SCHEMA = "labgrader.gradebook/1"

MAX_FIXES = 3
"""How many checks the feedback of a student names: those that cost most."""


class CheckColumn(TypedDict):
    """A check of the lab: a column of the gradebook. The title does not contain the names of a student.

    Gradebooks of earlier versions have neither ``task`` nor ``visibility``.
    """

    id: str
    title: str
    max_points: float
    task: NotRequired[str]
    visibility: NotRequired[Visibility]


class CheckResult(TypedDict):
    """The result of one check for one student. ``points`` is 0 if the check was not graded; see ``status``.

    ``message`` is the message of the report. Passed checks and gradebooks of earlier versions have none.
    """

    id: str
    title: str
    points: float
    max_points: float
    status: Status
    message: NotRequired[str]


class StudentRow(TypedDict):
    """The row of one student: the fields of the roster, unchanged, the score of the report, and the checks.

    ``open_points`` are the points of checks that were not graded. ``snapshot_taken_at`` and ``graded_at`` are ISO 8601
    in UTC. ``fixes`` are the visible checks that cost the student most, each with its points, the costliest first.
    Gradebooks of earlier versions have none of these three fields. ``run_id`` and ``run_finished_at`` are the run of
    this row, if the gradebook has rows of several runs. ``report_url`` is the address of the report, if it is known.
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
    snapshot_taken_at: NotRequired[str]
    graded_at: NotRequired[str]
    fixes: NotRequired[list[str]]
    run_id: NotRequired[str]
    run_finished_at: NotRequired[str]
    report_url: NotRequired[str]
    checks: list[CheckResult]


class GradebookDocument(TypedDict):
    """The gradebook of one run. ``checks`` are in the lab's order, ``students`` in the roster's order.

    ``mode`` is ``grade``, ``audit`` or ``self-check``; ``finished_at`` is ISO 8601 in UTC. Gradebooks of earlier
    versions have neither, and no ``lab_title``.
    """

    schema: str
    run_id: str
    mode: NotRequired[str]
    finished_at: NotRequired[str]
    lab: str
    lab_title: NotRequired[str]
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
        "lab_title": clean(lab.title),
        "checks": build_columns(lab),
        "students": list(rows),
    }


def lab_points(gradebook: GradebookDocument) -> float:
    """Return the points of the lab: those of the students, or the sum of the checks if there are no students."""
    if gradebook["students"]:
        return max(row["max_points"] for row in gradebook["students"])
    return total_points(check["max_points"] for check in gradebook["checks"])


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
        "snapshot_taken_at": report.get("snapshot_taken_at", ""),
        "graded_at": report.get("graded_at", ""),
        "fixes": _fixes(report),
        "checks": [_result(check) for check in report["checks"]],
    }


def _fixes(report: Report) -> list[str]:
    """Return the visible checks that cost the student most: students read them in a learning platform."""
    visible = [check for check in report["checks"] if check.get("visibility", "visible") == "visible"]
    costly = sorted(what_to_fix(visible), key=lambda fix: -(fix.points + fix.waiting_points))
    return [f"{quote(fix.check['title'])}: {fix.words}" for fix in costly[:MAX_FIXES]]


def build_columns(lab: Lab) -> list[CheckColumn]:
    """Return the checks of a lab as columns of the gradebook, in the lab's order."""
    return [_column(item) for item in lab.checks]


def _column(item: Item) -> CheckColumn:
    return {
        "id": item.id,
        "title": class_title(item),
        "max_points": rounded(item.points),
        "task": clean(item.task),
        "visibility": item.visibility,
    }


def _result(check: ReportCheck) -> CheckResult:
    result: CheckResult = {
        "id": check["id"],
        "title": check["title"],
        "points": check["points"],
        "max_points": check["max_points"],
        "status": check["status"],
    }
    if check["status"] != "passed" and check.get("message"):
        result["message"] = quote(check["message"])
    return result
