"""The gradebook for the import of Canvas: one assignment."""

from __future__ import annotations

from collections.abc import Sequence

from labgrader.labs.points import points_text
from labgrader.reporting.course_gradebook import (
    CourseGradebook,
    CourseStudent,
    LabColumn,
    gradebook_of_lab,
    row_of_student,
)
from labgrader.reporting.exports import Export
from labgrader.reporting.exports._platforms import (
    csv_bytes,
    grade_heading,
    graded,
    one_line,
    own_student_id,
    points_of,
)
from labgrader.reporting.gradebook import GradebookDocument, StudentRow, lab_points

POINTS_POSSIBLE = "    Points Possible"
"""The first cell of the row with the points of the assignments. Canvas writes four blanks."""


def render_canvas(gradebook: GradebookDocument) -> bytes:
    """Return a CSV that Canvas imports. Canvas makes a new assignment if it has none with the title of the lab.

    Canvas looks for a student by SIS User ID, then by SIS Login ID. Students who are not fully graded have no row,
    because an empty cell deletes the grade in Canvas.
    """
    rows = [[*_identity(row), points_of(row)] for row in graded(gradebook)]
    return csv_bytes([*_head([gradebook]), *rows])


def render_course_canvas(gradebook: CourseGradebook) -> bytes:
    """Return a CSV that Canvas imports, with an assignment for each lab in which a student is graded.

    An empty cell deletes the grade in Canvas. So only the students who are fully graded in all of these labs have a
    row; ``left_out`` returns the others.
    """
    labs = _labs_with_grades(gradebook)
    rows = []
    for student in gradebook.students:
        if labs and student.enrolled and all(_is_graded(student, lab) for lab in labs):
            of_labs = [row_of_student(student, lab) for lab in labs]
            rows.append([*_identity(of_labs[0]), *map(points_of, of_labs)])
    return csv_bytes([*_head([gradebook_of_lab(gradebook, lab) for lab in labs]), *rows])


def left_out(gradebook: CourseGradebook) -> list[CourseStudent]:
    """Return the students with a grade in some of the labs only. ``render_course_canvas`` has no row for them."""
    labs = _labs_with_grades(gradebook)
    counts = [(student, sum(_is_graded(student, lab) for lab in labs)) for student in gradebook.students]
    return [student for student, count in counts if 0 < count < len(labs) and student.enrolled]


def _labs_with_grades(gradebook: CourseGradebook) -> list[LabColumn]:
    enrolled = [student for student in gradebook.students if student.enrolled]
    return [lab for lab in gradebook.labs if any(_is_graded(student, lab) for student in enrolled)]


def _is_graded(student: CourseStudent, lab: LabColumn) -> bool:
    return lab.id in student.results and student.results[lab.id].complete


def _head(gradebooks: Sequence[GradebookDocument]) -> list[list[str]]:
    """Return the row of headings and the row with the points of the assignments. Labs with one title have their ids."""
    titles = [grade_heading(gradebook) for gradebook in gradebooks]
    unlike = [
        title if titles.count(title) == 1 else book["lab"] for title, book in zip(titles, gradebooks, strict=True)
    ]
    heading = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *unlike]
    points = (points_text(lab_points(gradebook)) for gradebook in gradebooks)
    return [heading, [POINTS_POSSIBLE, "", "", "", "", *points]]


def _identity(row: StudentRow) -> list[str]:
    """Return the cells that identify a student."""
    name = one_line(row["name"] or row["username"])
    return [name, "", own_student_id(row), row["username"], one_line(row["section"])]


EXPORT = Export(
    "text/csv",
    ".csv",
    "for the import of Canvas, one assignment",
    render_canvas,
    of_one_student=True,
    render_course=render_course_canvas,
)
