"""The gradebook for the import of Brightspace: one grade item."""

from __future__ import annotations

from labgrader.reporting.exports import Export
from labgrader.reporting.exports._platforms import csv_bytes, grade_heading, graded, own_student_id, points_of
from labgrader.reporting.gradebook import GradebookDocument, StudentRow

END_OF_LINE = "End-of-Line Indicator"
"""The heading of the last column. Its cells are ``#``."""


def render_brightspace(gradebook: GradebookDocument) -> bytes:
    """Return a CSV that Brightspace imports. Students who are not fully graded have no row.

    The file has the column ``OrgDefinedId`` if the class list has an id of every student, and ``Username`` otherwise.
    Cells of both begin with ``#``, which keeps zeros at the beginning.
    """
    rows = graded(gradebook)
    all_have_ids = all(own_student_id(row) for row in rows)
    heading = ["OrgDefinedId" if all_have_ids else "Username", f"{grade_heading(gradebook)} Points Grade", END_OF_LINE]
    cells = [[f"#{_identity(row, all_have_ids)}", points_of(row), "#"] for row in rows]
    return csv_bytes([heading, *cells], line_end="\r\n")


def _identity(row: StudentRow, by_id: bool) -> str:
    return own_student_id(row) if by_id else row["username"]


EXPORT = Export(
    "text/csv", ".csv", "for the import of Brightspace, one grade item", render_brightspace, of_one_student=True
)
