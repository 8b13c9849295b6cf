"""The gradebook for the upload of Blackboard: a new column."""

from __future__ import annotations

from labgrader.reporting.exports import Export
from labgrader.reporting.exports._platforms import csv_bytes, grade_heading, graded, one_line, own_student_id, points_of
from labgrader.reporting.gradebook import GradebookDocument

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""The downloads of Blackboard in UTF-8 begin with it."""


def render_blackboard(gradebook: GradebookDocument) -> bytes:
    """Return a CSV that Blackboard uploads, with every cell in quotation marks.

    Blackboard looks for a student by Username alone and makes a new column. Only a file from its own download can name
    a column that exists. Students who are not fully graded have no row.
    """
    heading = ["Last Name", "First Name", "Username", "Student ID", grade_heading(gradebook)]
    rows = [
        [*_names(one_line(row["name"])), row["username"], own_student_id(row), points_of(row)]
        for row in graded(gradebook)
    ]
    return BYTE_ORDER_MARK + csv_bytes([heading, *rows], line_end="\r\n", quote_all=True)


def _names(name: str) -> tuple[str, str]:
    """Return the last and the first name. They are for the teacher: Blackboard does not read them."""
    last, comma, first = name.partition(",")
    if not comma:
        first, _, last = name.rpartition(" ")
    return last.strip(), first.strip()


EXPORT = Export(
    "text/csv", ".csv", "for the upload of Blackboard, a new column", render_blackboard, of_one_student=True
)
