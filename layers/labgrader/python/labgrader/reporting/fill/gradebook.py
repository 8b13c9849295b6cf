"""Write the grades of a run into the grade cells of a platform's file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labgrader.errors import BadInputError
from labgrader.labs.points import points_text
from labgrader.messages import quote
from labgrader.reporting.fill.cells import CsvFile, Row, read_csv
from labgrader.reporting.fill.columns import choose_column
from labgrader.reporting.fill.headings import NO
from labgrader.reporting.fill.layout import Layout, column_maximum, find_layout
from labgrader.reporting.fill.matching import match_rows
from labgrader.reporting.fill.numbers import default_decimal_sign, find_decimal_sign, number_of, written
from labgrader.reporting.gradebook import GradebookDocument, StudentRow, lab_points
from labgrader.rosters.headings import fold

_EXCUSED = frozenset({"ex", "excused", "exempt"})
_NOT_ASSIGNED = frozenset({"n/a", "na"})
_NO_GRADE = frozenset({"", "-", "–", "—"})
_UNGRADED = ("needs grading", "in progress")
"""How Blackboard begins the cell of an attempt without a grade."""


@dataclass(frozen=True)
class LeftRow:
    """A row that stayed as it was.

    Args:
        row: its number, counted from 1 as in a spreadsheet.
        why: the reason.
    """

    row: int
    why: str


@dataclass(frozen=True)
class Filled:
    """A file with grades.

    Args:
        content: the file.
        column: the heading of the column with the grades.
        filled: how many rows have their grade now. A grade that was there before counts, too.
        left: the rows of students that stayed as they were.
        missing: the students of the run without a row, by username.
        notices: what the teacher has to know.
    """

    content: bytes
    column: str
    filled: int
    left: Sequence[LeftRow]
    missing: Sequence[str]
    notices: Sequence[str]


def fill_gradebook(
    content: bytes, gradebook: GradebookDocument, column: str | None = None, *, scale: bool = False
) -> Filled:
    """Write the grades of a run into a file that a platform exported. Every other byte stays as it was.

    A cell stays if the student is not fully graded, or if the platform does not take a grade there. So no grade is
    replaced by an empty cell.

    Args:
        content: the file.
        gradebook: the gradebook of the run.
        column: the heading of the column that gets the grades, or None to find it.
        scale: scale the points of the lab to the points of the column.

    Raises:
        BadInputError: the file cannot be filled, or the column is not plain, or its points are not known for scaling.
    """
    file = read_csv(content)
    _refuse_open_quotes(file)
    layout = find_layout(file)
    target = choose_column(layout, gradebook, column)
    maximum, most = column_maximum(file, layout, target), lab_points(gradebook)
    if scale and (maximum is None or not most):
        raise BadInputError(
            [f"the file does not say the points of the column “{layout.headings[target]}”: omit --scale"]
        )
    factor = maximum / most if scale and maximum is not None else 1
    rows = list(layout.students(file))
    matches = match_rows(rows, layout, gradebook["students"])
    sign = _decimal_sign(file, layout, target)
    texts: dict[int, str] = {}
    filled = 0
    left: list[LeftRow] = []
    for index, row in rows:
        student = matches.students.get(index)
        points = round(student["points"] * factor, 2) if student else 0
        why = _why_not(student, points, row, layout, target) if student else matches.left[index]
        if student is None or why:
            left.append(LeftRow(row.number, why))
            continue
        filled += 1
        if number_of(row.text(target)) != points:
            texts[index] = written(points, sign)
    found = {student["username"] for student in matches.students.values()}
    missing = [student["username"] for student in gradebook["students"] if student["username"] not in found]
    heading = layout.headings[target]
    notices = [] if scale else _notices(maximum, most)
    return Filled(file.replace(target, texts), heading, filled, left, missing, notices)


def _refuse_open_quotes(file: CsvFile) -> None:
    """Refuse a file in which a quotation mark has no end: the rest of the file would be one cell."""
    for row in file.rows:
        if any(not cell.closed for cell in row.cells):
            raise BadInputError([f"row {row.number}: a quotation mark begins a cell and has no end"])


def _why_not(student: StudentRow, points: float, row: Row, layout: Layout, target: int) -> str:
    """Return why the grade cell of a matched row stays as it is, or an empty string."""
    cell = row.text(target)
    name = student["username"]
    if student["status"] != "complete":
        of = f"{points_text(student['open_points'])} of {points_text(student['max_points'])} points are open"
        return f"{name} is not fully graded: {of}"
    if cell.casefold() in _EXCUSED:
        return f"{name} is excused: the cell has “{cell}”"
    if cell.casefold() in _NOT_ASSIGNED:
        return f"the assignment is not assigned to {name}: the cell has “{cell}”"
    if layout.lock >= 0 and fold(row.text(layout.lock)) in NO:
        return f"the grade of {name} is locked"
    maximum = number_of(row.text(layout.maximum)) if layout.maximum >= 0 else None
    if maximum is not None and points > maximum:
        return f"the {points_text(points)} points of {name} are above the maximum grade {points_text(maximum)}"
    if cell in _NO_GRADE or number_of(cell) is not None or cell.casefold().startswith(_UNGRADED):
        return ""
    return f"the cell of {name} has “{quote(cell)}”, which is not a number"


def _decimal_sign(file: CsvFile, layout: Layout, target: int) -> str:
    """Return the decimal sign of the file: of the grade column, or of the other columns if that one has none."""
    rows = file.rows[layout.first_row :]
    of_column = [row.text(column) for row in rows for column in (target, layout.maximum)]
    others = [row.text(column) for row in rows for column in range(len(row.cells)) if column not in layout.identity]
    return find_decimal_sign(of_column) or find_decimal_sign(others) or default_decimal_sign(file.separator)


def _notices(maximum: float | None, most: float) -> list[str]:
    """Return what the teacher has to know of the points of the column and of the lab."""
    if maximum is None or maximum == most:
        return []
    return [
        f"the column has {points_text(maximum)} points and the lab has {points_text(most)}: the grades are not scaled; "
        "add --scale to scale them"
    ]
