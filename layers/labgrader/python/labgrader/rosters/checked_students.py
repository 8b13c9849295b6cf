"""From rows to students: every value is checked, and no two students share a username or a student_id."""

from __future__ import annotations

import re
from collections.abc import Sequence

from labgrader.errors import Problem
from labgrader.messages import quote
from labgrader.rosters.characters import code_points
from labgrader.rosters.entries import Entries, Entry, examples
from labgrader.rosters.problems import Place
from labgrader.rosters.spreadsheet_damage import damage, lost_zeros
from labgrader.rosters.student import COLUMNS, MAX_STUDENTS, MAX_USERNAME, Student

_PATTERNS = {
    "username": (
        re.compile(rf"[a-z0-9](?:[a-z0-9_-]{{0,{MAX_USERNAME - 2}}}[a-z0-9])?"),
        "letters, digits, hyphens and underscores, beginning and ending with a letter or digit, "
        f"at most {MAX_USERNAME} characters",
    ),
    "student_id": (re.compile(r"[^\x00-\x1f/\\]{1,128}"), "1 to 128 characters without slashes"),
    "account_id": (re.compile(r"[0-9]{12}"), "12 digits"),
    "region": (re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]"), "a Region such as us-east-1"),
    "role_arn": (
        re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]{1,512}", re.ASCII),
        "arn:aws:iam::ACCOUNT:role/NAME",
    ),
    "external_id": (re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII), "2 to 1,224 of the characters that STS allows"),
}

_IDS = ("username", "student_id", "account_id")
"""The columns that a spreadsheet damages."""


def checked_students(entries: Entries, *, require_username: bool = True) -> list[Student]:
    """Return the students of a class list. Problems and notices are added to it.

    Args:
        entries: the class list.
        require_username: whether a row without a username is a problem, and not the whole column.
    """
    students: list[Student] = []
    taken: dict[tuple[str, str], tuple[int, str]] = {}
    for entry in entries.rows:
        student = _student(entries, entry, require_username=require_username)
        for column in ("username", "student_id"):
            value = getattr(student, column)
            first_row, first = taken.setdefault((column, value.casefold()), (entry.row, value))
            if value and first_row != entry.row and not damage(value, workbook=entries.workbook):
                written = entry.value(column) or value
                as_written = f", as {quote(first)}" if column == "student_id" and first != value else ""
                said = f"{quote(written)} is already {entries.place.row(first_row)}{as_written}"
                if column == "student_id" and not entry.value(column):
                    if _taken_twice(entries.problems, entry, entries.place):
                        continue
                    said += "; a student without a student_id has the username in its place"
                entries.problems.append(entries.place.problem(said, entry.row, column))
        students.append(student)
    if entries.restored:
        entries.notices.append(
            f"account_id has its leading zero again, as role_arn proves: row {examples(entries.restored)}"
        )
    if not entries.rows and not entries.problems:
        entries.problems.append(
            entries.place.problem("has no students" if entries.place.field else "the roster has no students")
        )
    if len(entries.rows) > MAX_STUDENTS:
        said = f"{len(entries.rows):,} students; a run can have at most {MAX_STUDENTS:,}"
        entries.problems.append(entries.place.problem(said))
    return students


def _taken_twice(problems: Sequence[Problem], entry: Entry, place: Place) -> bool:
    """Return whether the last problem is the username of this row, which is its student_id, too."""
    at = place.problem("", entry.row, "username")
    return bool(problems) and (problems[-1].line, problems[-1].field) == (at.line, at.field)


def _student(entries: Entries, entry: Entry, *, require_username: bool) -> Student:
    """Return a row as a student. Report everything that is wrong with it."""
    written = {column: entry.value(column) for column in COLUMNS}
    values = {**written, "username": written["username"].lower()}

    def report(message: str, column: str) -> None:
        place, row = entry.moved.get(column, (entries.place, entry.row))
        entries.problems.append(place.problem(message, row, column))

    if not values["username"] and require_username:
        missing = entries.place.by_index and "username" not in entry.cells
        report("is missing" if missing else "is empty", "username")
    if "labgrader" in values["username"]:  # the grader's functions begin so, and the objects that its probes put
        said = f"{quote(written['username'], 90)} contains labgrader, which is reserved for the grader's own resources"
        report(said, "username")
    role_account = values["role_arn"].split(":")[4] if values["role_arn"].count(":") >= 5 else ""
    _take_back_zeros(entries, entry, values, role_account)
    for column, (pattern, wanted) in _PATTERNS.items():
        said = damage(written[column], workbook=entries.workbook) if column in _IDS else ""
        if said:
            report(f"{quote(written[column], 90)} {said}", column)
            if column == "account_id":
                role_account = ""  # one problem of the cell is enough
        elif values[column] and not pattern.fullmatch(values[column]):
            report(f"{quote(written[column], 90)} is not {wanted}{_hint(column, values[column])}", column)
    if role_account and values["account_id"] and role_account != values["account_id"]:
        report(f"account {values['account_id']} is not the account of role_arn", "account_id")
    values["account_id"] = values["account_id"] or role_account
    values["student_id"] = values["student_id"] or values["username"]
    return Student(**values)


def _take_back_zeros(entries: Entries, entry: Entry, values: dict[str, str], role_account: str) -> None:
    """Give an account ID its leading zeros back if the role proves them."""
    full = lost_zeros(values["account_id"])
    if full and full == role_account:
        entries.restored.append(f"{entry.row} ({values['account_id']} → {full})")
        values["account_id"] = full


def _hint(column: str, value: str) -> str:
    """Return what may have happened to a value that does not fit."""
    if column == "account_id" and lost_zeros(value):
        return f": a spreadsheet or a JSON number drops leading zeros; write {lost_zeros(value)} as text if it is that"
    strange = code_points("".join(filter(str.isascii, value)) if column == "student_id" else value)
    return f" (it has {strange})" if strange else ""
