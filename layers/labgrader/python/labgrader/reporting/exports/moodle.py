"""The gradebook for the CSV import of Moodle's gradebook: one item."""

from __future__ import annotations

from labgrader.labs.points import points_text
from labgrader.reporting.exports import Export
from labgrader.reporting.exports._platforms import csv_bytes, feedback, grade_heading, graded, one_line, own_student_id
from labgrader.reporting.gradebook import GradebookDocument, StudentRow

HIGHEST = 100.0
"""The highest grade of an item that the import makes. A higher grade in one row cancels the whole import."""


def render_moodle(gradebook: GradebookDocument) -> bytes:
    """Return a CSV that Moodle's gradebook imports. The teacher chooses which column identifies a student.

    The file has no words in the place of a grade, because one of them cancels the whole import. Students who are not
    fully graded have no row. A lab with more than 100 points is scaled to 100.
    """
    heading = ["username", "idnumber", "email", grade_heading(gradebook), "Feedback"]
    rows = [
        [row["username"], own_student_id(row), one_line(row["email"]), _grade(row), "\n".join(feedback(row))]
        for row in graded(gradebook)
    ]
    return csv_bytes([heading, *rows])


def _grade(row: StudentRow) -> str:
    """Return the grade of a student, of at most 100 points."""
    scale = HIGHEST / row["max_points"] if row["max_points"] > HIGHEST else 1
    return points_text(min(row["points"] * scale, HIGHEST))


EXPORT = Export(
    "text/csv",
    ".csv",
    "for the CSV import of Moodle's gradebook, at most 100 points",
    render_moodle,
    of_one_student=True,
)
