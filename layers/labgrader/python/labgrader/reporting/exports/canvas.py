"""The gradebook for the import of Canvas: one assignment."""

from __future__ import annotations

from labgrader.labs.points import points_text
from labgrader.reporting.exports import Export
from labgrader.reporting.exports._platforms import (
    csv_bytes,
    grade_heading,
    graded,
    one_line,
    own_student_id,
    points_of,
)
from labgrader.reporting.gradebook import GradebookDocument, lab_points

POINTS_POSSIBLE = "    Points Possible"
"""The first cell of the row with the points of the assignments. Canvas writes four blanks."""


def render_canvas(gradebook: GradebookDocument) -> bytes:
    """Return a CSV that Canvas imports. Canvas makes a new assignment if it has none with the title of the lab.

    Canvas looks for a student by SIS User ID, then by SIS Login ID. Students who are not fully graded have no row,
    because an empty cell deletes the grade in Canvas.
    """
    rows = [
        [
            one_line(row["name"] or row["username"]),
            "",
            own_student_id(row),
            row["username"],
            one_line(row["section"]),
            points_of(row),
        ]
        for row in graded(gradebook)
    ]
    heading = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", grade_heading(gradebook)]
    possible = [POINTS_POSSIBLE, "", "", "", "", points_text(lab_points(gradebook))]
    return csv_bytes([heading, possible, *rows])


EXPORT = Export("text/csv", ".csv", "for the import of Canvas, one assignment", render_canvas, of_one_student=True)
