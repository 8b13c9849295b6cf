"""The layout of a platform's file: identity columns, columns for grades, and rows that are no students."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from labgrader.errors import BadInputError
from labgrader.labs.gradebook_title import DROPPED_BY_CANVAS
from labgrader.reporting.fill.cells import CsvFile, Row
from labgrader.reporting.fill.headings import (
    IDENTITY,
    MOODLE_GRADE,
    MOODLE_LOCK,
    MOODLE_MAXIMUM,
    Kind,
    kinds_of,
)
from labgrader.reporting.fill.numbers import number_of
from labgrader.rosters.headings import fold

_HEADING_ROWS = 10
"""Rows at the beginning of a file that may be the heading row."""

_CANVAS_ID = re.compile(r"\s*\(\s*[0-9]+\s*\)\s*$")
_BLACKBOARD = re.compile(r"\s*\[(?P<points>[^\]]*)\]\s*\|\s*[0-9]+\s*$")
_BLACKBOARD_ID = re.compile(r"\|\s*[0-9]+\s*$")
_CALCULATED = re.compile(r"\b(?:up to|bis zu|jusqu.?à|hasta)\b", re.IGNORECASE)
_BRIGHTSPACE = re.compile(r"\s*Points Grade\s*(?P<points><.*>)?\s*$", re.IGNORECASE)
_BRIGHTSPACE_CALCULATED = re.compile(r"<\s*(?:calculated|formula)\b", re.IGNORECASE)
_READ_ONLY = re.compile(r"\(.*\)")
"""What Canvas writes under a column that the import ignores, in any language: ``(read only)``."""
_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)*")
_DECIMALS = re.compile(r"[0-9]+[.,][0-9]{2}")

_GRADESCOPE_MAXIMUM = " - max points"
_GITHUB_POINTS = "pointsawarded"

_TEST_STUDENT = fold("Student, Test")
"""The name of the student that Canvas has for the preview of a course."""

_OWN_ROWS = frozenset(map(fold, ("Points Possible", "Date", "Points", "Datum", "Punkte", "Fecha", "Puntos")))
"""The first cells of rows of Canvas and Google Classroom that are no students."""


@dataclass(frozen=True)
class Layout:
    """The layout of a file.

    Args:
        headings: the texts of the heading row.
        first_row: the index of the first row after the headings.
        identity: the columns that identify a student, with what kinds of values they may have.
        candidates: the columns that may have the grades.
        read_only: columns that the platform ignores, each with the reason.
        lock: the column that says whether a grade can be changed, or -1.
        maximum: the column with the highest grade of the row, or -1. Moodle passes over a higher grade.
        points_row: the index of the row with the points of each column, or -1.
    """

    headings: Sequence[str]
    first_row: int
    identity: Mapping[int, tuple[Kind, ...]]
    candidates: Sequence[int]
    read_only: Mapping[int, str]
    lock: int = -1
    maximum: int = -1
    points_row: int = -1

    def identities(self, row: Row) -> Iterator[tuple[int, Kind, str]]:
        """Yield the values that identify the student of a row, with their columns."""
        for column, kinds in self.identity.items():
            value = identity_value(row.text(column))
            if value:
                for kind in kinds:
                    yield column, kind, value

    def name(self, row: Row) -> str:
        """Return the name in a row, with first and last name in the order of the columns."""
        named = (column for column, heading in enumerate(self.headings) if Kind.NAME in kinds_of(heading))
        return " ".join(row.text(column) for column in named).strip()

    def is_student(self, row: Row) -> bool:
        """Return whether a row may be a student: it is not empty, and no row of the platform's own."""
        if row.is_empty:
            return False
        first = fold(row.text(0))
        if any(self.identities(row)):
            return first != _TEST_STUDENT
        return bool(first) and first not in _OWN_ROWS

    def students(self, file: CsvFile) -> Iterator[tuple[int, Row]]:
        """Yield the rows of students with their indexes."""
        start = max(self.first_row, self.points_row + 1)
        for index in range(start, len(file.rows)):
            if self.is_student(file.rows[index]):
                yield index, file.rows[index]


def identity_value(text: str) -> str:
    """Return a value as it is compared: without the ``#`` of Brightspace, without Excel's ``="…"``, without case."""
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1]
    return text.removeprefix("#").strip().casefold()


def find_layout(file: CsvFile) -> Layout:
    """Return the layout of a file.

    Raises:
        BadInputError: no column identifies a student.
    """
    start = _heading_row(file)
    headings = [cell.text.strip() for cell in file.rows[start].cells]
    folded = [fold(heading) for heading in headings]
    identity = {
        column: found
        for column, heading in enumerate(headings)
        if (found := tuple(kind for kind in kinds_of(heading) if kind in IDENTITY))
    }
    known = {column for column, heading in enumerate(headings) if kinds_of(heading) or not heading}
    moodle = _moodle(file, headings, folded, start, identity)
    if moodle is not None:
        return moodle
    if (
        "id" in folded
        and "section" in folded
        and ("sisloginid" in folded or folded[0].startswith(("student", "lastname")))
    ):
        return _canvas(file, headings, folded, start, identity)
    if any(map(_BLACKBOARD_ID.search, headings)):
        calculated = {
            column: "Blackboard calculates it"
            for column, heading in enumerate(headings)
            if (bracket := _BLACKBOARD.search(heading)) and _CALCULATED.search(bracket["points"])
        }
        columns = [column for column, heading in enumerate(headings) if _BLACKBOARD_ID.search(heading)]
        return Layout(headings, start + 1, identity, _without(columns, calculated), calculated)
    if "endoflineindicator" in folded:
        calculated = {
            column: "Brightspace calculates it"
            for column, heading in enumerate(headings)
            if _BRIGHTSPACE_CALCULATED.search(heading)
        }
        columns = [column for column, heading in enumerate(headings) if _BRIGHTSPACE.search(heading)]
        return Layout(headings, start + 1, identity, _without(columns, calculated), calculated)
    lowered = [heading.casefold() for heading in headings]
    gradescope = [column for column, heading in enumerate(lowered) if f"{heading}{_GRADESCOPE_MAXIMUM}" in lowered]
    if gradescope:
        return Layout(headings, start + 1, identity, gradescope, {})
    if _GITHUB_POINTS in folded and "pointsavailable" in folded:
        return Layout(headings, start + 1, identity, [folded.index(_GITHUB_POINTS)], {})
    return Layout(headings, start + 1, identity, [column for column in range(len(headings)) if column not in known], {})


_MOODLE_NUMBER = frozenset(map(fold, ("Identifier", "ID", "Kennung", "Identifiant", "Identificador")))
"""The first column of a Moodle worksheet. Its number is of the assignment, not of the user."""

_PARTICIPANT = re.compile(r"[^0-9]+\s[0-9]+")
"""What a Moodle worksheet has in its first column: ``Participant 100101``, translated."""


def _moodle(
    file: CsvFile,
    headings: Sequence[str],
    folded: Sequence[str],
    start: int,
    identity: Mapping[int, tuple[Kind, ...]],
) -> Layout | None:
    """Return the layout of the grading worksheet of a Moodle assignment, or None for another file."""
    grade, maximum = _first(folded, MOODLE_GRADE), _first(folded, MOODLE_MAXIMUM)
    if grade < 0 or maximum < 0:
        maximum = _column_of_maximum(file, start)
        grade = maximum - 1
    if maximum < 1:
        return None
    columns = {column: kinds for column, kinds in identity.items() if folded[column] not in _MOODLE_NUMBER}
    if not columns:
        raise BadInputError(
            ["the worksheet has no ID number and no e-mail address (blind marking), so no row can be matched"]
        )
    lock = _first(folded, MOODLE_LOCK)
    return Layout(headings, start + 1, columns, [grade], {}, maximum + 1 if lock < 0 else lock, maximum)


def _column_of_maximum(file: CsvFile, start: int) -> int:
    """Return the column with the maximum grade of a worksheet in a language that is not known, or -1.

    It has the same number with decimals in each row. The grade is in the column before it, and whether the grade can be
    changed is in the column after it.
    """
    rows = [row for row in file.rows[start + 1 :] if not row.is_empty]
    if not rows or not all(_PARTICIPANT.fullmatch(row.text(0)) for row in rows):
        return -1
    for column in range(2, len(file.rows[start].cells) - 1):
        texts = {row.text(column) for row in rows}
        if len(texts) == 1 and _DECIMALS.fullmatch(texts.pop()):
            return column
    return -1


def _canvas(
    file: CsvFile,
    headings: Sequence[str],
    folded: Sequence[str],
    start: int,
    identity: Mapping[int, tuple[Kind, ...]],
) -> Layout:
    """Return the layout of a Canvas gradebook."""
    section = folded.index("section")
    points_row = -1
    for index in range(start + 1, min(start + 6, len(file.rows))):
        row = file.rows[index]
        if any(identity_value(row.text(column)) for column in identity if column < section):
            break
        if fold(row.text(0)) == "pointspossible" or any(
            _READ_ONLY.fullmatch(row.text(column)) for column in range(section + 1, len(headings))
        ):
            points_row = index
    read_only: dict[int, str] = {}
    for column in range(section + 1, len(headings)):
        below = file.rows[points_row].text(column) if points_row >= 0 else ""
        if _READ_ONLY.fullmatch(below) or DROPPED_BY_CANVAS.search(headings[column]):
            read_only[column] = "it is read-only in Canvas"
    assignments = [column for column in range(section + 1, len(headings)) if column not in read_only]
    with_id = [column for column in assignments if _CANVAS_ID.search(headings[column])]
    columns = {column: kinds for column, kinds in identity.items() if column <= section}
    return Layout(headings, start + 1, columns, with_id or assignments, read_only, points_row=points_row)


def _heading_row(file: CsvFile) -> int:
    """Return the index of the first row with a heading that identifies students."""
    for index, row in enumerate(file.rows[:_HEADING_ROWS]):
        if any(kind in IDENTITY for cell in row.cells for kind in kinds_of(cell.text)):
            return index
    raise BadInputError(
        ["the file has no column with a student id, a login or an e-mail address, so no row can be matched"]
    )


def _first(folded: Sequence[str], wanted: frozenset[str]) -> int:
    return next((column for column, heading in enumerate(folded) if heading in wanted), -1)


def _without(columns: Sequence[int], left_out: Mapping[int, str]) -> list[int]:
    return [column for column in columns if column not in left_out]


def bare_title(heading: str) -> str:
    """Return the title of an assignment: a heading without what the platform adds to it."""
    for added in (_CANVAS_ID, _BLACKBOARD, _BRIGHTSPACE):
        heading = added.sub("", heading)
    return heading.strip()


def column_maximum(file: CsvFile, layout: Layout, column: int) -> float | None:
    """Return the points of a grade column, or None if the file does not say them."""
    if layout.points_row >= 0:
        return number_of(file.rows[layout.points_row].text(column))
    heading = layout.headings[column]
    found = _BLACKBOARD.search(heading) or _BRIGHTSPACE.search(heading)
    if found:
        number = _NUMBER.search(found["points"] or "")
        return number_of(number[0]) if number else None
    lowered = [other.casefold() for other in layout.headings]
    of_assignment = f"{heading.casefold()}{_GRADESCOPE_MAXIMUM}"
    in_rows = lowered.index(of_assignment) if of_assignment in lowered else layout.maximum
    texts = [row.text(in_rows) for _, row in layout.students(file)] if in_rows >= 0 else []
    return number_of(texts[0]) if texts else None
