"""The gradebook as JSON: what `gradebook.csv` says, with the students' words as they stand in the roster."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from labgrader.api.models import Gradebook, GradebookRow
from labgrader.reporting.gradebook import COLUMNS
from labgrader.roster import Student


def as_json(run_id: str, lab: str, content: bytes, students: Sequence[Student]) -> Gradebook:
    """Read a gradebook that ``render_gradebook`` wrote.

    Args:
        run_id, lab: what it is of.
        content: the CSV. Its words are made safe for a spreadsheet, and so not always what they were.
        students: the run's, whose words they are.
    """
    rows = csv.DictReader(io.StringIO(content.decode("utf-8"), newline=""))
    checks = [name for name in rows.fieldnames or () if name not in COLUMNS]
    known = {student.username: student for student in students}
    return Gradebook(run_id=run_id, lab=lab, checks=checks, students=[_row(row, checks, known) for row in rows])


def _row(row: dict[str, str], checks: Sequence[str], known: dict[str, Student]) -> GradebookRow:
    student = known.get(row["username"]) or Student(row["username"], row["student_id"])
    return GradebookRow(
        student_id=student.student_id,
        username=student.username,
        name=student.name,
        email=student.email,
        section=student.section,
        status="complete" if row["status"] == "complete" else "incomplete",
        points=float(row["points"]),
        max_points=float(row["max_points"]),
        percent=float(row["percent"]),
        open_points=float(row["open_points"]),
        check_points=[float(row[check]) if row[check] else None for check in checks],
    )
