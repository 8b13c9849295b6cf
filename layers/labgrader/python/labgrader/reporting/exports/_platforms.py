"""What the exports for learning platforms share: who is graded, headings, points and feedback. Not a format."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Literal

from labgrader.labs.gradebook_title import heading_problem
from labgrader.labs.points import points_text
from labgrader.reporting.formatting import counted
from labgrader.reporting.gradebook import GradebookDocument, StudentRow

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def graded(gradebook: GradebookDocument) -> list[StudentRow]:
    """Return the students who are fully graded.

    A student who is not fully graded has no grade. A file has no row for such a student, because an empty cell deletes
    a grade in Canvas.
    """
    return [row for row in gradebook["students"] if row["status"] == "complete"]


def grade_heading(gradebook: GradebookDocument) -> str:
    """Return the heading of the grade column: the title of the lab, or its id if a platform drops such a title."""
    title = one_line(gradebook.get("lab_title", ""))
    return title if title and not heading_problem(title) else gradebook["lab"]


def own_student_id(row: StudentRow) -> str:
    """Return the id that the class list has for a student; empty if it has none, because that is the username then."""
    return "" if row["student_id"] == row["username"] else one_line(row["student_id"])


def one_line(text: str) -> str:
    """Return text as it is, but on one line: control characters become blanks."""
    return _CONTROL.sub(" ", text).strip() if _CONTROL.search(text) else text


def points_of(row: StudentRow) -> str:
    """Return the points of a student, with at most two decimals."""
    return points_text(row["points"])


def feedback(row: StudentRow) -> list[str]:
    """Return the feedback to a student: the address of the report if it is known, the points, the costliest fixes.

    No line begins with text of a student, so no spreadsheet reads a formula in it.
    """
    points = f"{points_of(row)} of {points_text(row['max_points'])} points"
    if row["status"] != "complete":
        count = sum(check["status"] == "not_graded" for check in row["checks"])
        points += f", {counted(count, 'check')} not graded ({points_text(row['open_points'])} points open)"
    address = row.get("report_url", "")
    return [*([f"Report: {address}"] if address else []), points, *(f"Fix: {fix}" for fix in row.get("fixes", ()))]


def csv_bytes(rows: Iterable[Sequence[str]], *, line_end: str = "\n", quote_all: bool = False) -> bytes:
    """Return rows as CSV in UTF-8 with commas.

    Args:
        rows: the rows, the heading row first.
        line_end: what ends a row.
        quote_all: whether every cell is in quotation marks.
    """
    text = io.StringIO(newline="")
    quoting: Literal[0, 1] = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    csv.writer(text, lineterminator=line_end, quoting=quoting).writerows(rows)
    return text.getvalue().encode("utf-8", "replace")
