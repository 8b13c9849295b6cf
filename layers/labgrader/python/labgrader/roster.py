"""The class list: CSV or JSON in, students out, or every problem at once."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from labgrader.errors import BadInputError, Problem
from labgrader.messages import quote

COLUMNS = ("student_id", "username", "name", "email", "section", "account_id", "region", "role_arn", "external_id")
"""The columns a roster may have; only ``username`` is required."""

MAX_STUDENTS = 10_000
"""Students in one run: the children a Distributed Map may start (Step Functions quotas)."""

MAX_USERNAME = 80
"""Characters of a username: an execution's name may have 80 (Step Functions API, StartExecution)."""

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
    "external_id": (re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII), "2 to 1,224 of the characters that STS takes"),
}


@dataclass(frozen=True)
class Student:
    """One row of a roster.

    Args:
        username: the prefix of the student's resources, in lower case.
        student_id: the school's own id; the username where the roster has none.
        account_id, region, role_arn, external_id: where the resources are and how to read them; empty for the grader's
            own account and Region.
    """

    username: str
    student_id: str = ""
    name: str = ""
    email: str = ""
    section: str = ""
    account_id: str = ""
    region: str = ""
    role_arn: str = ""
    external_id: str = ""

    def to_dict(self) -> dict[str, str]:
        """Return the row as JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, document: Mapping[str, str]) -> Student:
        """Read what ``to_dict`` wrote."""
        return cls(**document)


@dataclass(frozen=True)
class Home:
    """The account and the Region that labgrader itself runs in: where students without a role have their resources."""

    account_id: str
    region: str

    @classmethod
    def from_arn(cls, arn: str) -> Home:
        """Read them from the ARN of any of our resources."""
        parts = arn.split(":")
        return cls(account_id=parts[4], region=parts[3])


def read_roster(content: bytes, source: str) -> list[Student]:
    """Read a class list.

    Args:
        content: CSV (UTF-8, BOM allowed, comma or semicolon) with a header row, or JSON: a list of objects, or
            ``{"students": […]}``.
        source: the file's name, for messages. ``.json``, or content that begins with a bracket, is read as JSON.

    Returns:
        The students, in the roster's order. Usernames are trimmed and in lower case: people type them in many ways.

    Raises:
        BadInputError: every problem, with its row and column.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInputError([Problem(f"not UTF-8 text (byte {error.start})", source)]) from None
    if source.lower().endswith(".json") or text.lstrip()[:1] in ("[", "{"):
        rows, problems = _json_rows(text, source)
    else:
        rows, problems = _csv_rows(text, source)
    students: list[Student] = []
    taken: dict[tuple[str, str], int] = {}
    for line, row in rows:
        student, wrong = _student(row, line, source)
        problems += wrong
        for column in ("username", "student_id"):
            value = getattr(student, column) if row.get(column, "").strip() else ""  # not an id that we made up
            first = taken.setdefault((column, value), line) if value else line
            if first != line:
                problems.append(Problem(f"{quote(value)} is already on row {first}", source, line, column))
        students.append(student)
    if not rows and not problems:
        problems.append(Problem("the roster has no students", source))
    if len(rows) > MAX_STUDENTS:
        problems.append(Problem(f"{len(rows):,} students; one run takes at most {MAX_STUDENTS:,}", source))
    if problems:
        raise BadInputError(problems)
    return students


def select(students: list[Student], usernames: list[str]) -> list[Student]:
    """Keep the named students; all of them where no name is given.

    Raises:
        BadInputError: a name is not on the roster.
    """
    wanted = {name.strip().lower() for name in usernames}
    missing = wanted - {student.username for student in students}
    if missing:
        raise BadInputError([f"{quote(name)} is not on the roster" for name in sorted(missing)])
    return [student for student in students if not wanted or student.username in wanted]


def at_home(students: Sequence[Student], home: Home) -> list[Student]:
    """Fill in our own account and Region where the roster names none.

    Raises:
        BadInputError: a student has another account, and no role to read it with.
    """
    strangers = [
        student for student in students if not student.role_arn and student.account_id not in ("", home.account_id)
    ]
    if strangers:
        raise BadInputError(
            f"{student.username} has account {student.account_id} and no role_arn; labgrader runs in {home.account_id} "
            "and reads other accounts through a role (infra/student_account.yaml)"
            for student in strangers
        )
    return [
        replace(student, account_id=student.account_id or home.account_id, region=student.region or home.region)
        for student in students
    ]


def _student(row: Mapping[str, str], line: int, source: str) -> tuple[Student, list[Problem]]:
    values = {column: row.get(column, "").strip() for column in COLUMNS}
    values["username"] = values["username"].lower()
    problems = []
    if not values["username"]:
        problems.append(Problem("is empty", source, line, "username"))
    if "labgrader" in values["username"]:  # the grader's functions begin so, and the objects that its probes put
        said = f"{quote(values['username'], 90)} is too like the grader's own names: without labgrader in it, please"
        problems.append(Problem(said, source, line, "username"))
    for column, (pattern, wanted) in _PATTERNS.items():
        if values[column] and not pattern.fullmatch(values[column]):
            problems.append(Problem(f"{quote(values[column], 90)} is not {wanted}", source, line, column))
    role_account = values["role_arn"].split(":")[4] if values["role_arn"].count(":") >= 5 else ""
    if role_account and values["account_id"] and role_account != values["account_id"]:
        problems.append(Problem(f"account {values['account_id']} is not that of the role", source, line, "account_id"))
    values["account_id"] = values["account_id"] or role_account
    values["student_id"] = values["student_id"] or values["username"]
    return Student(**values), problems


def _csv_rows(text: str, source: str) -> tuple[list[tuple[int, Mapping[str, str]]], list[Problem]]:
    """The rows of a CSV roster with their line numbers, and what is wrong with it; blank rows are passed over."""
    header_line = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = ";" if header_line.count(";") > header_line.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, Mapping[str, str]]] = []
    header: list[str] | None = None
    problems: list[Problem] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if header is None:
                header = [cell.strip().lower().replace(" ", "_") for cell in cells]
                problems += _column_problems(header, source, reader.line_num)
                continue
            if len(cells) > len(header):
                problems.append(
                    Problem(f"{len(cells)} cells where the header has {len(header)}", source, reader.line_num)
                )
            rows.append((reader.line_num, dict(zip(header, cells, strict=False))))
    except csv.Error as error:
        problems.append(Problem(f"not CSV: {error}", source, reader.line_num))
    if header is None and not problems:
        problems.append(Problem("the roster is empty; its first row names the columns", source))
    return rows, problems


def _json_rows(text: str, source: str) -> tuple[list[tuple[int, Mapping[str, str]]], list[Problem]]:
    """The rows of a JSON roster, counted from 1, and what is wrong with it."""
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        return [], [Problem(f"not JSON: {error}", source)]
    if isinstance(document, dict):
        document = document.get("students")
    if not isinstance(document, list):
        return [], [Problem('a JSON roster is a list of students, or {"students": [...]}', source)]
    problems: list[Problem] = []
    rows: list[tuple[int, Mapping[str, str]]] = []
    for number, entry in enumerate(document, start=1):
        if not isinstance(entry, dict):
            problems.append(Problem("is not an object", source, number))
            continue
        unknown = sorted(set(entry) - set(COLUMNS))
        problems += [Problem(_unknown(name), source, number, quote(name)) for name in unknown]
        for column in sorted(set(entry) & set(COLUMNS)):
            if entry[column] is not None and not isinstance(entry[column], str | int):
                problems.append(Problem("is not text", source, number, column))
        rows.append((number, {name: "" if value is None else str(value) for name, value in entry.items()}))
    return rows, problems


def _column_problems(header: list[str], source: str, line: int) -> list[Problem]:
    problems = [Problem(_unknown(name), source, line, quote(name)) for name in header if name not in COLUMNS]
    twice = sorted({name for name in header if header.count(name) > 1})
    problems += [Problem("is given twice", source, line, name) for name in twice]
    if "username" not in header:
        problems.append(Problem("the column is missing", source, line, "username"))
    return problems


def _unknown(name: str) -> str:
    what = "unknown column" if name else "a column without a name"
    return f"{what}; a roster has: {', '.join(COLUMNS)}"
