"""Which row of a file is which student: by id, then login, then e-mail address, never by name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from labgrader.messages import listed
from labgrader.reporting.fill.cells import Row
from labgrader.reporting.fill.headings import Kind
from labgrader.reporting.fill.layout import Layout, identity_value
from labgrader.reporting.gradebook import StudentRow
from labgrader.rosters.headings import fold
from labgrader.rosters.usernames import make_username


class Strength(IntEnum):
    """What identifies a student, the strongest first."""

    ID = 0
    LOGIN = 1
    EMAIL = 2
    MADE_FROM_LOGIN = 3
    """The username is the one that `labgrader roster --username-from login` makes of the login."""


@dataclass(frozen=True)
class Matches:
    """The rows of a file and the students of a run.

    Args:
        students: the student of each matched row, by the index of the row.
        left: why the other rows are not matched, by the index of the row.
    """

    students: Mapping[int, StudentRow]
    left: Mapping[int, str]


class _Index:
    """The students of a run by each value that identifies them."""

    def __init__(self, students: Sequence[StudentRow]) -> None:
        self.found: dict[Strength, dict[str, list[StudentRow]]] = {strength: defaultdict(list) for strength in Strength}
        for student in students:
            self.found[Strength.ID][identity_value(student["student_id"])].append(student)
            self.found[Strength.LOGIN][student["username"].casefold()].append(student)
            self.found[Strength.MADE_FROM_LOGIN][student["username"]].append(student)
            if student["email"].strip():
                self.found[Strength.EMAIL][identity_value(student["email"])].append(student)

    def look_up(self, strength: Strength, value: str) -> list[StudentRow]:
        """Return the students with a value: none, one, or several whom it does not tell apart."""
        return self.found[strength].get(value, [])


def match_rows(rows: Iterable[tuple[int, Row]], layout: Layout, students: Sequence[StudentRow]) -> Matches:
    """Match the rows of a file with students.

    A row with values of two students is left. A login may have changed hands: a row with a student's login or e-mail
    address is left if its name is another one, and its id is another one in a column with the ids of other students. If
    several rows are of one student, the row with the strongest value is taken.

    Args:
        rows: the rows of students with their indexes.
        layout: the layout of the file.
        students: the students of the run.
    """
    index = _Index(students)
    rows = list(rows)
    id_columns = {
        column
        for _, row in rows
        for column, kind, value in layout.identities(row)
        if kind is Kind.ID and index.look_up(Strength.ID, value)
    }
    left: dict[int, str] = {}
    found: dict[str, list[tuple[Strength, int, StudentRow]]] = defaultdict(list)
    for number, row in rows:
        result = _match(row, layout, index, id_columns)
        if isinstance(result, str):
            left[number] = result
        else:
            found[result[1]["username"]].append((result[0], number, result[1]))
    matched: dict[int, StudentRow] = {}
    numbers = {number: row.number for number, row in rows}
    for username, candidates in found.items():
        strongest = min(strength for strength, _, _ in candidates)
        best = [number for strength, number, _ in candidates if strength == strongest]
        for _, number, student in candidates:
            if best == [number]:
                matched[number] = student
            elif len(best) == 1:
                left[number] = f"row {numbers[best[0]]} matches {username} better"
            else:
                left[number] = f"rows {listed(numbers[row] for row in best)} match {username}"
    return Matches(matched, left)


def _match(row: Row, layout: Layout, index: _Index, id_columns: set[int]) -> tuple[Strength, StudentRow] | str:
    """Return the student of a row with the strongest value, or why no student matches."""
    found: dict[str, tuple[Strength, StudentRow]] = {}
    unclear: list[tuple[str, list[StudentRow]]] = []
    values = list(layout.identities(row))
    if not values:
        return "the row has no id, no login and no e-mail address"
    for strength, value in _strong(values):
        students = index.look_up(strength, value)
        if len(students) == 1:
            found.setdefault(students[0]["username"], (strength, students[0]))
        elif students:
            unclear.append((value, students))
    if not found and not unclear:
        for _, kind, value in values:
            if (
                kind is Kind.LOGIN
                and len(students := index.look_up(Strength.MADE_FROM_LOGIN, make_username(value))) == 1
            ):
                found.setdefault(students[0]["username"], (Strength.MADE_FROM_LOGIN, students[0]))
    if len(found) > 1:
        return f"the row matches several students: {listed(found)}"
    if not found and unclear:
        value, students = unclear[0]
        return f"several students have “{value}”: {listed(student['username'] for student in students)}"
    if not found:
        return f"no student of the run has any of these: {listed(dict.fromkeys(value for _, _, value in values))}"
    strength, student = next(iter(found.values()))
    has_other_id = any(kind is Kind.ID and column in id_columns for column, kind, _ in values)
    if strength is not Strength.ID and has_other_id and _is_other_person(layout.name(row), student):
        return f"the login or e-mail address is that of {student['username']}, but the id and the name are not"
    return strength, student


def _is_other_person(name: str, student: StudentRow) -> bool:
    """Return whether a row without the id of a student has another name: no word of the two is the same."""
    has_own_id = identity_value(student["student_id"]) != student["username"].casefold()
    words, own_words = _words(name), _words(student["name"])
    return bool(has_own_id and words and own_words and not words & own_words)


def _words(name: str) -> set[str]:
    """Return the words of a name, without case and accents."""
    return {word for word in map(fold, re.split(r"[\s,.;()\-]+", name)) if word}


def _strong(values: Sequence[tuple[int, Kind, str]]) -> list[tuple[Strength, str]]:
    """Return the values with what they may be. A login may be an e-mail address."""
    strengths = {Kind.ID: Strength.ID, Kind.LOGIN: Strength.LOGIN, Kind.EMAIL: Strength.EMAIL}
    found = [(strengths[kind], value) for _, kind, value in values]
    found += [(Strength.EMAIL, value) for _, kind, value in values if kind is Kind.LOGIN and "@" in value]
    return sorted(found, key=lambda pair: pair[0])
