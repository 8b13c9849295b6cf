"""Parse the requests of the API and of events: both have the same fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from labgrader.errors import BadInputError, Problem
from labgrader.messages import quote
from labgrader.rosters import MAX_STUDENTS, GraderAccount, Student, UsernameSource, assign_accounts, select
from labgrader.rosters.accounts import AccountsFile
from labgrader.rosters.reader import read_class_list
from labgrader.runs.class_run import unknown_lab
from labgrader.runs.request import MAX_REQUESTED_BY, Request
from labgrader.runs.roster_lookup import load_roster
from labgrader.store import MissingError, Store, encoded, roster_key

FIELDS = ("lab", "roster", "mode", "students", "course", "username_from", "accounts", "private", "client_token")
"""The fields of a request. ``lab`` and ``roster`` are required."""

CLASS_MODES = ("grade", "audit")
"""The modes of a class run."""

COURSE_ID = r"[a-z0-9][a-z0-9-]{0,39}"
"""A course's id (``schemas/course.schema.json``)."""

CLIENT_NAME = r"[!-~]{1,200}"
"""A client token."""

_KEY = re.compile(r"[^\r\n,;\[{]+")
"""One line without a comma is a key: a class list has a line of columns, and one line for each student."""

_OF_COURSE = re.compile(r"courses/([^/]+)/rosters/")


@dataclass(frozen=True)
class ParsedRequest:
    """A valid request. Its class list is not stored yet.

    Args:
        request: the request. Its roster is empty if the class list came with the request.
        listed: the students of the class list.
        content, suffix: the class list that came with the request, and the end of its key; empty if the list is in the
            bucket.
        private: whether students must not see the results until the run is published.
    """

    request: Request
    listed: Sequence[Student]
    content: bytes = b""
    suffix: str = ""
    private: bool = False

    def with_stored_roster(self, store: Store, run_id: str) -> Request:
        """Store the class list of a run. Return the request with its key."""
        if not self.suffix:
            return self.request
        key = roster_key(run_id, self.suffix)
        store.put(key, self.content)
        return replace(self.request, roster=key)


def read_request(store: Store, document: Any, requested_by: str, home: GraderAccount) -> ParsedRequest:
    """Parse a request with its class list. Nothing is written.

    Args:
        store: the stack's store.
        document: ``lab``, ``roster`` (a key, CSV or JSON text, or a list of students), ``mode``, ``students``,
            ``course``, ``private``, ``client_token``, ``username_from``, ``accounts`` (as ``roster``).
        requested_by: who requested the run.
        home: the account and Region of labgrader.

    Raises:
        BadInputError: all problems: of the lab, the class list, the names in it, and the course.
    """
    if not isinstance(document, Mapping):
        raise BadInputError(["a request is an object with lab, roster, mode and students"])
    problems = [
        Problem(f"unknown field; a request has: {', '.join(FIELDS)}", field=quote(name))
        for name in document
        if name not in FIELDS
    ]
    problems += _wrong_lab(document)
    key, content, suffix = "", b"", ""
    students: list[Student] = []
    try:
        key, content, suffix, students = _class_list(store, document)
    except BadInputError as error:
        problems += error.problems
    problems += _wrong_mode(document)
    names = document.get("students", [])
    wrong = list(_wrong_names(names)) if "students" in document else []
    problems += wrong
    if students and not wrong:
        problems += _not_gradable(students, names, home)
    of_roster, course = course_of(document.get("roster")), document.get("course", "")
    if not isinstance(course, str):
        problems.append(Problem("is not text", field="course"))
    elif course:
        problems += validate_course(store, course, of_roster)
    private = document.get("private", False)
    if not isinstance(private, bool):
        problems.append(Problem("is neither true nor false", field="private"))
    problems += _wrong_token(document)
    problems += _wrong_source(document)
    if problems:
        raise BadInputError(problems)
    by = quote(requested_by, MAX_REQUESTED_BY)
    request = Request(document["lab"], key, document.get("mode", "grade"), tuple(names), course or of_roster, by)
    return ParsedRequest(request, students, content, suffix, private)


def course_of(roster: Any) -> str:
    """Return the course that the key of a class list belongs to; empty for none."""
    found = _OF_COURSE.match(roster) if isinstance(roster, str) else None
    return found[1] if found else ""


def validate_course(store: Store, course: str, of_roster: str = "") -> list[Problem]:
    """Return the problems of the course that a request names.

    Args:
        store: the stack's store.
        course: the id of the course.
        of_roster: the course that the class list's key belongs to, or empty.
    """
    if problems := validate_course_id(course):
        return problems
    if of_roster and of_roster != course:
        return [Problem(f"is {course}, but the roster belongs to the course {quote(of_roster)}", field="course")]
    if store.course(course) is None:
        return [Problem(f"there is no course {course}; list them with `labgrader course list`", field="course")]
    return []


def validate_course_id(course: str) -> list[Problem]:
    """Return the problems of the id of a course. The course need not exist."""
    if re.fullmatch(COURSE_ID, course):
        return []
    letters = "1 to 40 lower-case letters, digits and hyphens, beginning with a letter or digit"
    return [Problem(f"{quote(course) or 'nothing'} is not the id of a course: {letters}", field="course")]


def _class_list(store: Store, document: Mapping[str, Any]) -> tuple[str, bytes, str, list[Student]]:
    """Return the key of a list in the bucket, or the list that came with the request and its suffix; the students."""
    if "roster" not in document:
        raise BadInputError([Problem("is missing", field="roster")])
    roster = document["roster"]
    named = document.get("username_from", "")
    source = UsernameSource(named) if named in list(UsernameSource) else None
    accounts = _accounts(store, document)
    if isinstance(roster, str) and _KEY.fullmatch(roster) and roster.strip():
        Request.from_dict({"lab": "any", "roster": roster})  # raises if the key is invalid
        return roster, b"", "", load_roster(store, roster, "roster", username_from=source, accounts=accounts)
    content = _content(roster, "roster")
    class_list = read_class_list(content, "", "roster", username_from=source, accounts=accounts)
    students = class_list.checked()
    return "", *class_list.stored(content), students


def _content(value: Any, field: str) -> bytes:
    """Return a list that came with the request, as the bytes of a file."""
    if isinstance(value, str) and value.strip():
        return value.encode("utf-8", "replace")
    if isinstance(value, list | tuple):
        return encoded(list(value))
    said = "is neither a key below rosters/ or courses/COURSE/rosters/, nor CSV text, nor a list of students"
    raise BadInputError([Problem("is empty" if isinstance(value, str) else said, field=field)])


def _accounts(store: Store, document: Mapping[str, Any]) -> AccountsFile | None:
    """Return the accounts file of a request, from the bucket or from the request itself."""
    if "accounts" not in document:
        return None
    value = document["accounts"]
    if not (isinstance(value, str) and _KEY.fullmatch(value) and value.strip()):
        return AccountsFile(_content(value, "accounts"), "accounts")
    try:
        Request.from_dict({"lab": "any", "roster": value})
        return AccountsFile(store.get(value), value)
    except BadInputError as error:
        raise BadInputError([replace(problem, field="accounts") for problem in error.problems]) from None
    except MissingError:
        raise BadInputError([Problem(f"there is no file at {quote(value)}", field="accounts")]) from None


def _wrong_lab(document: Mapping[str, Any]) -> Iterator[Problem]:
    lab = document.get("lab")
    if "lab" not in document or not isinstance(lab, str):
        yield Problem("is not text" if "lab" in document else "is missing", field="lab")
    else:
        yield from unknown_lab(lab)


def _wrong_mode(document: Mapping[str, Any]) -> Iterator[Problem]:
    mode = document.get("mode", "grade")
    if mode not in CLASS_MODES:
        yield Problem(f"{quote(mode, 90)} is not one of: {', '.join(CLASS_MODES)}", field="mode")


def _wrong_names(names: Any) -> Iterator[Problem]:
    if not isinstance(names, list | tuple):
        yield Problem("is not a list of usernames", field="students")
    elif not names:
        yield Problem("is empty; omit it to grade the whole roster", field="students")
    elif len(names) > MAX_STUDENTS:
        yield Problem(f"has more than {MAX_STUDENTS:,} entries", field="students")
    else:
        for number, name in enumerate(names):
            if not isinstance(name, str) or not name.strip():
                yield Problem("is empty" if isinstance(name, str) else "is not text", field=f"students[{number}]")


def _not_gradable(students: list[Student], names: Sequence[str], home: GraderAccount) -> list[Problem]:
    """Return problems of students who are not on the class list, or are in an account that labgrader cannot read."""
    try:
        chosen = select(students, list(names))
    except BadInputError as error:
        return [replace(problem, field="students") for problem in error.problems]
    try:
        assign_accounts(chosen, home)
    except BadInputError as error:
        return [replace(problem, field="roster") for problem in error.problems]
    return []


def _wrong_source(document: Mapping[str, Any]) -> Iterator[Problem]:
    source = document.get("username_from", UsernameSource.LOGIN)
    if source not in list(UsernameSource):
        yield Problem(f"{quote(source, 90)} is not one of: {', '.join(UsernameSource)}", field="username_from")


def _wrong_token(document: Mapping[str, Any]) -> Iterator[Problem]:
    token = document.get("client_token", "none")
    if not isinstance(token, str):
        yield Problem("is not text", field="client_token")
    elif not token:
        yield Problem("is empty; omit it if you have none", field="client_token")
    elif not re.fullmatch(CLIENT_NAME, token):
        yield Problem("is not 1 to 200 printable ASCII characters without spaces", field="client_token")
