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
from labgrader.labs.lab_file import dotted, parse_yaml
from labgrader.messages import quote
from labgrader.roster import Student, read_roster, tell_apart
from labgrader.schemas import read_schema

_NO_PLACES = frozenset({"localtime", "Factory", "posixrules"})
"""Files of the time zone database that are no time zones: their meaning depends on the machine."""

_KINDS = {"object": "is not a set of fields", "array": "is not a list", "string": "is not text"}

ProblemAt = Callable[..., Problem]


@dataclass(frozen=True)
class CourseFiles:
    """A course file and its class lists, without problems.

    Args:
        course: the course.
        content: the text of the course file.
        students: the students of each class list, by its name.
    """

    course: Course
    content: bytes
    students: Mapping[str, Sequence[Student]]

    @property
    def rows(self) -> dict[str, dict[str, Student]]:
        """The row of each student for each lab of the course, by username and lab."""
        rows: dict[str, dict[str, Student]] = {}
        for lab in self.course.labs:
            for student in self.students[lab.roster]:
                rows.setdefault(student.username, {})[lab.lab] = student
        return rows


def read_course(file: Path, labs: Callable[[], Collection[str]] = lab_ids) -> CourseFiles:
    """Read a course file and the class lists that it names.

    Args:
        file: YAML. The class lists lie beside it.
        labs: returns the ids of the labs that a course may have. It is called only if the file names a lab.

    Raises:
        BadInputError: all problems of the file, with line and field, and of the rows of its class lists.
        OSError: the course file cannot be read.
    """
    content = file.read_bytes()
    document, problems, lines = parse_yaml(content, str(file), as_text=True)

    def problem(message: str, *path: str | int) -> Problem:
        return Problem(message, str(file), lines.of(path), dotted(path))

    if document is None and not problems:
        problems = [Problem("the file is empty; a course has: id, title, time_zone, audit_time, labs", str(file))]
    students: dict[str, Sequence[Student]] = {}
    if document is not None:
        document = trimmed(document)
        problems += _shape_problems(document, problem)
        problems += _value_problems(document, problem, labs)
        for name, path in _roster_names(document):
            try:
                students[name] = read_roster((file.parent / name).read_bytes(), str(file.parent / name))
            except OSError as error:
                problems.append(problem(f"{name}: {error.strerror or error}", *path))
            except BadInputError as error:
                problems += error.problems
    everybody = [student for listed in students.values() for student in listed]
    students = {name: tell_apart(listed, everybody) for name, listed in students.items()}
    if problems:  # those of the course file first: it is fixed first
        problems.sort(key=lambda problem: (problem.source != str(file), problem.source, problem.line or 0))
        raise BadInputError(problems)
    return CourseFiles(Course.from_dict(document), content, students)


def _shape_problems(document: Any, problem: ProblemAt) -> Iterator[Problem]:
    """Yield the problems that ``course.schema.json`` finds, in words."""
    for error in sorted(_validator().iter_errors(document), key=lambda error: [str(part) for part in error.path]):
        path = list(error.absolute_path)
        if error.validator == "additionalProperties":
            known = ", ".join(error.schema["properties"])
            for name in sorted(set(error.instance) - set(error.schema["properties"])):
                what = "a course" if not path else "a lab of a course"
                yield problem(f"unknown field; {what} has: {known}", *path, quote(name, 60))
        elif error.validator == "required":
            for name in error.schema["required"]:
                if name not in error.instance:
                    yield problem("is missing", *path, name)
        elif error.validator == "type":
            yield problem(_KINDS[error.validator_value], *path)
        elif error.validator == "minItems":
            yield problem("is empty; a course has at least one lab", *path)
        elif path[-1] == "due":
            yield problem(_wrong_due(error.instance), *path)
        elif error.instance == "":
            yield problem(f"is empty; it is {error.schema['description']}", *path)
        else:
            yield problem(f"{quote(error.instance, 90)} is not {error.schema['description']}", *path)


def _value_problems(document: Any, problem: ProblemAt, labs: Callable[[], Collection[str]]) -> Iterator[Problem]:
    """Yield the problems that no schema finds: unknown labs and time zones, impossible dates, a lab listed twice."""
    if not isinstance(document, Mapping):
        return
    zone, zones = _valid(document, "time_zone"), zoneinfo.available_timezones() - _NO_PLACES
    if zone and zone not in zones:
        near = difflib.get_close_matches(zone, zones, n=1, cutoff=0.8)
        meant = f"; did you mean {near[0]}?" if near else "; they are named as in Europe/Berlin"
        yield problem(f"there is no time zone {quote(zone)}{meant}", "time_zone")
    seen: dict[str, int | None] = {}
    known = sorted(labs()) if any(_valid(entry, "lab") for _, entry in _labs(document)) else []
    for index, entry in _labs(document):
        lab, due = _valid(entry, "lab"), _valid(entry, "due")
        if lab:
            if lab not in known:
                yield problem(f"there is no lab {lab}; the labs are: {', '.join(known)}", "labs", index, "lab")
            elif lab in seen:
                yield problem(f"{lab} is already on line {seen[lab]}", "labs", index, "lab")
            seen.setdefault(lab, problem("", "labs", index, "lab").line)
        if due:
            try:
                datetime.fromisoformat(due)
            except ValueError:
                yield problem(f"{due} is a date or a time of day that there is not", "labs", index, "due")


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
    """Return a field of a course, or of one of its labs; empty if the schema refuses it: that problem is reported."""
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
        return f"{shown} names a time zone of its own; it is in the course's: {moment:%Y-%m-%d %H:%M}"
    return f"{shown} has no time of day; write {moment:%Y-%m-%d} 23:59 for the end of that day"


def _validator() -> Any:
    from jsonschema import (
        Draft202012Validator,
    )  # imported here: it takes 60 ms, and only readers of course files need it

    schema = read_schema("course")
    return Draft202012Validator(schema)
