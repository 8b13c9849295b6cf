"""The gradebook as CSV, safe to open in a spreadsheet."""

from __future__ import annotations

import io
import unicodedata

from defusedcsv import csv

from labgrader.labs.points import points_text
from labgrader.reporting.course_gradebook import CourseGradebook, LabResult
from labgrader.reporting.exports import Export
from labgrader.reporting.formatting import clean
from labgrader.reporting.gradebook import GradebookDocument

COLUMNS = (
    "student_id",
    "username",
    "name",
    "email",
    "section",
    "status",
    "points",
    "max_points",
    "percent",
    "open_points",
)
"""The columns before those of the checks."""

RUN_COLUMNS = ("run_id", "run_mode", "run_finished_at")
"""The columns after those of the checks. No check has such an id, because ids have no underscore."""

STUDENT_COLUMNS = (*COLUMNS[:5], "enrolled")
"""The columns of the gradebook of a course before those of the labs."""

LAB_COLUMNS = ("max_points", "status", "open_points", "run_id", "run_finished_at", "private")
"""The columns of a lab after the one with its points: ``LAB:status``. No id has a colon."""

MAX_CELL = 1_000
"""Characters of one cell; spreadsheets take 32,767."""


def heading(check_id: str) -> str:
    """Return the heading of a check's column: its id, or ``check:ID`` where the id is the name of a fixed column.

    No id has a colon (``schemas/lab.schema.json``), so every heading of a file is different.
    """
    return f"check:{check_id}" if check_id in COLUMNS else check_id


def render_csv(gradebook: GradebookDocument, *, delimiter: str = ",", bom: bool = False) -> bytes:
    """Return the gradebook as UTF-8 with CRLF (RFC 4180). By default, it has commas and no byte-order mark.

    A check's cell holds the points that were earned, 0 for failed and skipped. A check that was not graded leaves its
    cell empty, because a 0 would be read as lost; the points of such checks are in ``open_points``.
    Cells that a spreadsheet would run as a formula begin with an apostrophe. The last columns say which run it is, its
    mode and when it finished: the points of an audit are no grades.

    Args:
        gradebook: the gradebook.
        delimiter: what separates the cells. Spreadsheets in countries with a decimal comma expect a semicolon.
        bom: whether the file begins with a byte-order mark, by which Excel recognizes UTF-8.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    ids = [check["id"] for check in gradebook["checks"]]
    writer.writerow([*COLUMNS, *(heading(check_id) for check_id in ids), *RUN_COLUMNS])
    for row in gradebook["students"]:
        run_id, finished_at = row.get("run_id") or gradebook["run_id"], gradebook.get("finished_at", "")
        run = (run_id, gradebook.get("mode", ""), row.get("run_finished_at", finished_at))
        words = (row["student_id"], row["username"], row["name"], row["email"], row["section"], row["status"])
        numbers = (row["points"], row["max_points"], row["percent"], row["open_points"])
        earned = {
            check["id"]: points_text(check["points"]) for check in row["checks"] if check["status"] != "not_graded"
        }
        writer.writerow(
            [
                *(_cell(word) for word in words),
                *(points_text(number) for number in numbers),
                *(earned.get(check_id, "") for check_id in ids),
                *(_cell(value) for value in run),
            ]
        )
    return text.getvalue().encode("utf-8-sig" if bom else "utf-8")


def render_course_csv(gradebook: CourseGradebook) -> bytes:
    """Return the gradebook of a course as UTF-8 with CRLF: a row for each student, and seven columns for each lab.

    The first column of a lab has the points. It is empty for a student without a result and for one who is not fully
    graded, because a sum would take such points as final. The others say how much is open and which run it is.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    headings = [[_lab_heading(lab.id), *(f"{lab.id}:{name}" for name in LAB_COLUMNS)] for lab in gradebook.labs]
    writer.writerow([*STUDENT_COLUMNS, *(heading for of_lab in headings for heading in of_lab)])
    for student in gradebook.students:
        words = (student.student_id, student.username, student.name, student.email, student.section)
        results = [_result_cells(student.results.get(lab.id)) for lab in gradebook.labs]
        enrolled = "yes" if student.enrolled else "no"
        writer.writerow([*(_cell(word) for word in words), enrolled, *(cell for cells in results for cell in cells)])
    return text.getvalue().encode()


def _lab_heading(lab_id: str) -> str:
    """Return the heading of a lab's points: its id, or ``lab:ID`` where the id is the name of a fixed column."""
    return f"lab:{lab_id}" if lab_id in STUDENT_COLUMNS else lab_id


def _result_cells(result: LabResult | None) -> list[str]:
    """Return the cells of a student in a lab. All of them are empty without a result."""
    if result is None:
        return [""] * (1 + len(LAB_COLUMNS))
    row = result.row
    return [
        points_text(row["points"]) if result.complete else "",
        points_text(row["max_points"]),
        row["status"],
        points_text(row["open_points"]),
        _cell(result.run_id),
        _cell(result.finished_at),
        "yes" if result.private else "no",
    ]


def _cell(text: str) -> str:
    """Return text on one line. Full-width signs, which some spreadsheets read as the plain ones, are disarmed here."""
    shown = " ".join(clean(text, MAX_CELL).split())
    begins = shown[:1]
    if not begins.isascii() and unicodedata.normalize("NFKC", begins) in ("=", "+", "-", "@", "|", "%"):
        return f"'{shown}"
    return shown


EXPORT = Export(
    "text/csv", ".csv", "for spreadsheets, a column for each check", render_csv, render_course=render_course_csv
)
