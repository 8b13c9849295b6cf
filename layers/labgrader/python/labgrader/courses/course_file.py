"""Read a course file and the class lists beside it. Report all problems of all files at once."""

from __future__ import annotations

import difflib
import zoneinfo
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from labgrader.courses.course import Course, trimmed
from labgrader.errors import BadInputError, Problem
from labgrader.labs.lab import lab_ids
from labgrader.labs.suggestions import lab_not_found
from labgrader.labs.yaml_file import dotted, parse_yaml
from labgrader.messages import quote
from labgrader.rosters import MoreProblems, Student, UsernameSource, tell_apart
from labgrader.rosters.accounts import AccountsFile
from labgrader.rosters.reader import read_class_list
from labgrader.schemas import read_schema

_NO_PLACES = frozenset({"localtime", "Factory", "posixrules"})
"""Names in the time zone database that are not places: their meaning depends on the machine."""

ProblemAt = Callable[..., Problem]


@dataclass(frozen=True)
class CourseFiles:
    """A course file and its class lists, without problems.

    Args:
        course: the course.
        content: the text of the course file.
        students: the students of each class list, by its name.
        notices: what was passed over and changed in the class lists.
    """

    course: Course
    content: bytes
    students: Mapping[str, Sequence[Student]]
    notices: Sequence[str] = ()

    @property
    def rows(self) -> dict[str, dict[str, Student]]:
        """The row of each student for each lab of the course, by username and lab."""
        rows: dict[str, dict[str, Student]] = {}
        for lab in self.course.labs:
            for student in self.students[lab.roster]:
                rows.setdefault(student.username, {})[lab.lab] = student
        return rows


def read_course(
    file: Path,
    labs: Callable[[], Collection[str]] = lab_ids,
    *,
    username_from: UsernameSource | None = None,
    accounts: AccountsFile | None = None,
) -> CourseFiles:
    """Read a course file and the class lists that it names.

    Args:
        file: a YAML file. The class lists are beside it.
        labs: returns the ids of the labs that a course may have. It is called only if the file names a lab.
        username_from, accounts: as ``read_class_list`` takes them, for all class lists.

    Raises:
        BadInputError: all problems of the file, with line and field, and of the rows of its class lists.
        OSError: the course file cannot be read.
    """
    content = file.read_bytes()
    document, problems, lines = parse_yaml(content, str(file), as_text=True)

    def problem(message: str, *path: str | int) -> Problem:
        return Problem(message, str(file), lines.of(path), dotted(path))

    if document is None and not problems:
        fields = "id, title, time_zone, audit_time, results, labs"
        problems = [Problem(f"the file is empty; a course has: {fields}", str(file))]
    students: dict[str, Sequence[Student]] = {}
    notices: list[str] = []
    if document is not None:
        document = trimmed(document)
        problems += _shape_problems(document, problem)
        problems += _value_problems(document, problem, labs)
        for name, path in _roster_names(document):
            try:
                source = str(file.parent / name)
                read = read_class_list(
                    (file.parent / name).read_bytes(), source, username_from=username_from, accounts=accounts
                )
                notices += [f"{source}: {notice}" for notice in read.notices]
                students[name] = read.checked()
            except OSError as error:
                problems.append(problem(f"{name}: {error.strerror or error}", *path))
            except BadInputError as error:
                problems += error.problems
    everybody = [student for listed in students.values() for student in listed]
    students = {name: tell_apart(listed, everybody) for name, listed in students.items()}
    if problems:  # problems of the course file first: users fix it first
        problems.sort(
            key=lambda problem: (
                problem.source != str(file),
                problem.source,
                isinstance(problem, MoreProblems),
                problem.line or 0,
            )
        )
        raise BadInputError(problems, notices)
    return CourseFiles(Course.from_dict(document), content, students, notices)


def _shape_problems(document: Any, problem: ProblemAt) -> Iterator[Problem]:
    """Yield the problems that ``course.schema.json`` finds, in words."""
    from labgrader.labs.schema_faults import (
        schema_faults,
    )  # jsonschema: 60 ms, and only readers of course files need it

    for fault in schema_faults(_validator().iter_errors(document)):
        if fault.keyword == "minItems":
            yield problem("is empty; a course has at least one lab", *fault.path)
        elif fault.keyword == "pattern" and fault.path[-1] == "due":
            yield problem(_wrong_due(fault.value), *fault.path)
        else:
            yield problem(fault.message, *fault.path)


def _value_problems(document: Any, problem: ProblemAt, labs: Callable[[], Collection[str]]) -> Iterator[Problem]:
    """Yield the problems that no schema finds: unknown labs and time zones, impossible dates, a lab listed twice."""
    if not isinstance(document, Mapping):
        return
    zone, zones = _valid(document, "time_zone"), zoneinfo.available_timezones() - _NO_PLACES
    if zone and zone not in zones:
        near = difflib.get_close_matches(zone, zones, n=1, cutoff=0.8)
        meant = f"; did you mean {near[0]}?" if near else "; write a name such as Europe/Berlin"
        yield problem(f"there is no time zone {quote(zone)}{meant}", "time_zone")
    seen: dict[str, int | None] = {}
    known = sorted(labs()) if any(_valid(entry, "lab") for _, entry in _labs(document)) else []
    for index, entry in _labs(document):
        lab, due = _valid(entry, "lab"), _valid(entry, "due")
        if lab:
            if lab not in known:
                yield problem(lab_not_found(lab, lab, known), "labs", index, "lab")
            elif lab in seen:
                yield problem(f"{lab} is already on line {seen[lab]}", "labs", index, "lab")
            seen.setdefault(lab, problem("", "labs", index, "lab").line)
        if due:
            try:
                datetime.fromisoformat(due)
            except ValueError:
                yield problem(f"{due} is not a valid date and time of day", "labs", index, "due")


def _roster_names(document: Any) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Yield each valid name of a class list once, with the path of its first place in the file."""
    seen: set[str] = set()
    for index, entry in _labs(document):
        name = _valid(entry, "roster")
        if name and name not in seen:
            seen.add(name)
            yield name, ("labs", index, "roster")


def _labs(document: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
    labs = document.get("labs") if isinstance(document, Mapping) else None
    for index, entry in enumerate(labs if isinstance(labs, list) else ()):
        if isinstance(entry, Mapping):
            yield index, entry


def _valid(document: Mapping[str, Any], name: str) -> str:
    """Return a field of a course or of one of its labs; empty if the schema refuses it. That problem is reported."""
    of_course = _validator().schema["properties"]
    schema = of_course.get(name) or of_course["labs"]["items"]["properties"][name]
    value = document.get(name)
    return value if isinstance(value, str) and _validator().evolve(schema=schema).is_valid(value) else ""


def _wrong_due(value: str) -> str:
    """Return what is wrong with a due date."""
    shown = quote(value, 60)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return f"{shown} is not a date and a time of day in the course's time zone, such as 2026-12-01 23:59"
    if moment.tzinfo is not None:
        return f"{shown} contains a time zone; write the time in the course's zone: {moment:%Y-%m-%d %H:%M}"
    return f"{shown} has no time of day; write {moment:%Y-%m-%d} 23:59 for the end of that day"


def _validator() -> Any:
    from labgrader.labs.schema_faults import strict_validator

    return strict_validator(read_schema("course"))
