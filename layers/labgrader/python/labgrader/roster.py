"""The class list: CSV or JSON in, students out, or every problem at once."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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


_SEPARATOR = re.compile("[-_]")
"""What may follow a username at the beginning of a longer one."""


@dataclass(frozen=True)
class Student:
    """One row of a roster.

    Args:
        username: the prefix of the student's resources, in lower case.
        student_id: the school's own id; the username where the roster has none.
        account_id, region, role_arn, external_id: where the resources are and how to read them; empty for the grader's
            own account and Region.
        longer_usernames: the usernames of the class that begin with this one and a separator, shortest first. Names
            that carry one of them belong to that student.
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
    longer_usernames: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the row as JSON; ``longer_usernames`` only if there are some."""
        row = {column: getattr(self, column) for column in COLUMNS}
        return {**row, "longer_usernames": list(self.longer_usernames)} if self.longer_usernames else row

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Student:
        """Read what ``to_dict`` wrote."""
        return cls(**{**document, "longer_usernames": tuple(document.get("longer_usernames", ()))})


@dataclass(frozen=True)
class GraderAccount:
    """The account and the Region that labgrader itself runs in: where students without a role have their resources."""

    account_id: str
    region: str

    @classmethod
    def from_arn(cls, arn: str) -> GraderAccount:
        """Read them from the ARN of any of our resources."""
        parts = arn.split(":")
        return cls(account_id=parts[4], region=parts[3])


@dataclass(frozen=True)
class _Place:
    """Where problems of a roster are.

    Args:
        source: its file, or empty.
        field: the value of a request that it is, or empty.
        by_index: whether rows are the entries of a JSON list, counted from 0 as in ``roster[1]``, and not lines.
    """

    source: str
    field: str
    by_index: bool

    def row(self, number: int) -> str:
        """A row, as another one's problem names it."""
        return f"at {self.field}[{number}]" if self.by_index else f"on row {number}"

    def problem(self, message: str, row: int | None = None, column: str = "") -> Problem:
        """A problem of the roster, of one of its rows, or of a cell."""
        if self.by_index:
            at = self.field if row is None else f"{self.field}[{row}]"
            return Problem(message, self.source, field=".".join(part for part in (at, column) if part))
        if not self.field:
            return Problem(message, self.source, row, column)
        line = "" if row is None else f"line {row}"
        return Problem(message, self.source, field=": ".join(part for part in (self.field, line, column) if part))


def read_roster(content: bytes, source: str, field: str = "") -> list[Student]:
    """Read a class list.

    Args:
        content: CSV (UTF-8, BOM allowed, comma or semicolon) with a header row, or JSON: a list of objects, or
            ``{"students": […]}``.
        source: the file's name, for messages. ``.json``, or content that begins with a bracket, is read as JSON.
        field: where it came with a request, what it is called there; messages name that and no file then
            (``roster[1].username``, ``roster: line 3: username``).

    Returns:
        The students, in the roster's order. Usernames are trimmed and in lower case: people type them in many ways.

    Raises:
        BadInputError: every problem, with its row and column.
    """
    named = "" if field else source
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInputError([Problem(f"not UTF-8 text (byte {error.start})", named, field=field)]) from None
    place = _Place(named, field, source.lower().endswith(".json") or text.lstrip()[:1] in ("[", "{"))
    rows, problems = _json_rows(text, place) if place.by_index else _csv_rows(text, place)
    students: list[Student] = []
    taken: dict[tuple[str, str], int] = {}
    for number, row in rows:
        student, wrong = _student(row, number, place)
        problems += wrong
        for column in ("username", "student_id"):
            written = row.get(column, "").strip()
            value = getattr(student, column) if written else ""  # not an id that we made up
            first = taken.setdefault((column, value), number) if value else number
            if first != number:
                problems.append(place.problem(f"{quote(written)} is already {place.row(first)}", number, column))
        students.append(student)
    if not rows and not problems:
        problems.append(place.problem("has no students" if field else "the roster has no students"))
    if len(rows) > MAX_STUDENTS:
        problems.append(place.problem(f"{len(rows):,} students; one run takes at most {MAX_STUDENTS:,}"))
    apart = tell_apart(students)
    for (number, _), student in zip(rows, apart, strict=True):
        if shared := _reached_by_role(student, apart):
            said = f"the role of {quote(student.username)} also reaches the resources of {quote(shared)}"
            right = "give both the same role, or each an account"
            problems.append(place.problem(f"{said}: {right}", number, "role_arn"))
    if problems:
        raise BadInputError(problems)
    return apart


def tell_apart(students: Sequence[Student], everybody: Sequence[Student] = ()) -> list[Student]:
    """Return the students, each with the longer usernames of the class: ``ann`` with ``ann-marie``.

    Students in different accounts cannot be confused. What a student has already stays.

    Args:
        students: the students of one list.
        everybody: the students of all lists of the class, if there are several.
    """
    by_username: dict[str, Student] = {student.username: student for student in students}
    longer: dict[str, set[str]] = {student.username: set(student.longer_usernames) for student in students}
    for other in {student.username: student for student in (*students, *everybody)}.values():
        for separator in _SEPARATOR.finditer(other.username):
            shorter = by_username.get(other.username[: separator.start()])
            if shorter is not None and _may_share_account(shorter, other):
                longer[shorter.username].add(other.username)
    return [
        replace(student, longer_usernames=tuple(sorted(longer[student.username], key=lambda name: (len(name), name))))
        for student in students
    ]


def _reached_by_role(student: Student, everybody: Sequence[Student]) -> str:
    """Return a longer username with a role of its own in the same account, or an empty text.

    A role from ``infra/student_account.yaml`` reaches ``USERNAME-*``, and IAM cannot exclude ``USERNAME-X-*``.
    """
    if not student.role_arn or not student.longer_usernames:
        return ""
    roles = {other.username: other.role_arn for other in everybody}
    account = _account_of(student.role_arn)
    apart = (
        username
        for username in student.longer_usernames
        if (role := roles.get(username)) and role != student.role_arn and _account_of(role) == account
    )
    return next(apart, "")


def _account_of(role_arn: str) -> str:
    """Return the account of a role; empty if the text is no ARN of a role, which is another problem."""
    return role_arn.split(":")[4] if role_arn.count(":") >= 5 else ""


def _may_share_account(one: Student, other: Student) -> bool:
    return not one.account_id or not other.account_id or one.account_id == other.account_id


def select(students: Sequence[Student], usernames: Sequence[str]) -> list[Student]:
    """Keep the named students; all of them where no name is given.

    Raises:
        BadInputError: a name is not on the roster.
    """
    wanted = {name.strip().lower(): name.strip() for name in usernames}
    missing = wanted.keys() - {student.username for student in students}
    if missing:
        raise BadInputError([f"{quote(wanted[name])} is not on the roster" for name in sorted(missing)])
    return [student for student in students if not wanted or student.username in wanted]


def assign_accounts(students: Sequence[Student], home: GraderAccount) -> list[Student]:
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


def _student(row: Mapping[str, str], number: int, place: _Place) -> tuple[Student, list[Problem]]:
    written = {column: row.get(column, "").strip() for column in COLUMNS}
    values = {**written, "username": written["username"].lower()}
    problems = []
    if not values["username"]:
        missing = place.by_index and "username" not in row
        problems.append(place.problem("is missing" if missing else "is empty", number, "username"))
    if "labgrader" in values["username"]:  # the grader's functions begin so, and the objects that its probes put
        said = f"{quote(written['username'], 90)} is too like the grader's own names: without labgrader in it, please"
        problems.append(place.problem(said, number, "username"))
    for column, (pattern, wanted) in _PATTERNS.items():
        if values[column] and not pattern.fullmatch(values[column]):
            problems.append(place.problem(f"{quote(written[column], 90)} is not {wanted}", number, column))
    role_account = _account_of(values["role_arn"])
    if role_account and values["account_id"] and role_account != values["account_id"]:
        said = f"account {values['account_id']} is not that of the role"
        problems.append(place.problem(said, number, "account_id"))
    values["account_id"] = values["account_id"] or role_account
    values["student_id"] = values["student_id"] or values["username"]
    return Student.from_dict(values), problems


def _csv_rows(text: str, place: _Place) -> tuple[list[tuple[int, Mapping[str, str]]], list[Problem]]:
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
                problems += _column_problems(header, place, reader.line_num)
                continue
            if len(cells) > len(header):
                said = f"{len(cells)} cells where the header has {len(header)}"
                problems.append(place.problem(said, reader.line_num))
            rows.append((reader.line_num, dict(zip(header, cells, strict=False))))
    except csv.Error as error:
        problems.append(place.problem(f"not CSV: {error}", reader.line_num))
    if header is None and not problems:
        problems.append(place.problem("the roster is empty; its first row names the columns"))
    return rows, problems


def _json_rows(text: str, place: _Place) -> tuple[list[tuple[int, Mapping[str, str]]], list[Problem]]:
    """The rows of a JSON roster, counted from 0, and what is wrong with it."""
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        return [], [place.problem(f"not JSON: {error}")]
    if isinstance(document, dict):
        document = document.get("students")
    if not isinstance(document, list):
        return [], [place.problem('a JSON roster is a list of students, or {"students": [...]}')]
    problems: list[Problem] = []
    rows: list[tuple[int, Mapping[str, str]]] = []
    for number, entry in enumerate(document):
        if not isinstance(entry, dict):
            problems.append(place.problem("is not an object", number))
            continue
        unknown = sorted(set(entry) - set(COLUMNS))
        problems += [place.problem(_unknown(name), number, quote(name)) for name in unknown]
        cells = {name: _cell(entry[name]) for name in COLUMNS if name in entry}
        problems += [place.problem("is not text", number, name) for name in cells if cells[name] is None]
        if cells.get("username", "") is not None:  # said already, and not missing
            rows.append((number, {name: cell or "" for name, cell in cells.items()}))
    return rows, problems


def _cell(value: Any) -> str | None:
    """A value of a JSON roster as text; ``None`` where it cannot be any: what is kept has to be UTF-8."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    try:
        return str(value).encode().decode()
    except UnicodeEncodeError:  # half of a character
        return None


def _column_problems(header: list[str], place: _Place, line: int) -> list[Problem]:
    problems = [place.problem(_unknown(name), line, quote(name)) for name in header if name not in COLUMNS]
    twice = sorted({name for name in header if header.count(name) > 1})
    problems += [place.problem("is given twice", line, name) for name in twice]
    if "username" not in header:
        problems.append(place.problem("the column is missing", line, "username"))
    return problems


def _unknown(name: str) -> str:
    what = "unknown column" if name else "a column without a name"
    return f"{what}; a roster has: {', '.join(COLUMNS)}"
