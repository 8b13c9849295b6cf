"""The gradebook of a course, read from the store: its class lists, and the results of all of its graded runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from labgrader.errors import BadInputError, MissingError
from labgrader.messages import quote
from labgrader.reporting.course_gradebook import (
    CourseGradebook,
    CourseStudent,
    LabColumn,
    LabResult,
    Policy,
    choose_result,
)
from labgrader.reporting.gradebook import GradebookDocument, StudentRow
from labgrader.rosters import Student
from labgrader.runs.stored_gradebook import load_gradebook
from labgrader.store import CourseKeys, RunRecord, Store

WORKERS = 8
"""How many gradebooks are read at the same time."""


def load_course_gradebook(store: Store, course_id: str, policy: Policy, lab: str = "") -> CourseGradebook:
    """Return the gradebook of a course. Audits and self-checks never count; private runs do.

    Args:
        store: the stack's store.
        course_id: the course.
        policy: which of several results of a student in a lab counts.
        lab: the only lab, or empty for all labs of the course.

    Raises:
        MissingError: there is no such course.
        BadInputError: the course does not have the lab.
    """
    course = store.course(course_id)
    if course is None:
        raise MissingError(f"there is no course {quote(course_id)}")
    entries = _labs(course, lab)
    due = {entry["lab"]: _moment(entry["due"], course["time_zone"]) for entry in entries}
    class_list = _Students(_class_lists(store, course_id, entries))
    newest: dict[str, GradebookDocument] = {}
    private = store.private_runs()
    for run, gradebook in _gradebooks(store, [run for run in _graded_runs(store, due) if run.course == course_id]):
        if gradebook["students"]:
            newest.setdefault(run.lab, gradebook)
        for row in gradebook["students"]:
            class_list.add(run.lab, LabResult(run.run_id, run.finished_at, run.run_id in private, row))
    columns = [LabColumn(lab_id, moment, newest.get(lab_id)) for lab_id, moment in due.items()]
    return CourseGradebook(course_id, policy, columns, class_list.chosen(policy, due))


def runs_without_course(store: Store, labs: Iterable[str]) -> list[str]:
    """Return the ids of the graded runs of these labs that belong to no course, newest first: they do not count."""
    return [run.run_id for run in _graded_runs(store, set(labs)) if not run.course]


class _Entry:
    """A student with all results."""

    def __init__(self, student: Student | StudentRow, *, enrolled: bool) -> None:
        found: Mapping[str, Any] = student.to_dict() if isinstance(student, Student) else student
        self.fields = {name: found[name] for name in ("student_id", "username", "name", "email", "section")}
        self.enrolled = enrolled
        self.results: dict[str, list[LabResult]] = defaultdict(list)

    @property
    def has_own_id(self) -> bool:
        """Whether the class list has an id for the student. Without one, the id is the username."""
        return bool(self.fields["student_id"] != self.fields["username"])


class _Students:
    """The students of the class lists, and those who have results and are on no class list anymore."""

    def __init__(self, listed: Iterable[Student]) -> None:
        self.entries: list[_Entry] = []
        self.by_id: dict[str, _Entry] = {}
        self.by_username: dict[str, _Entry] = {}
        for student in listed:
            if student.student_id.casefold() not in self.by_id:
                self._keep(_Entry(student, enrolled=True))

    def add(self, lab: str, result: LabResult) -> None:
        """Add a result to its student.

        The student id decides. The username decides only if one side has no id: a username may change hands.
        """
        row = result.row
        entry = self.by_id.get(row["student_id"].casefold())
        if entry is None:
            same_name = self.by_username.get(row["username"])
            if same_name and not (same_name.has_own_id and row["student_id"] != row["username"]):
                entry = same_name
        if entry is None:
            entry = self._keep(_Entry(row, enrolled=False))
        entry.results[lab].append(result)

    def chosen(self, policy: Policy, due: Mapping[str, datetime | None]) -> list[CourseStudent]:
        """Return all students, each with the result of each lab that counts. Students on no class list come last."""
        students = []
        for entry in self.entries:
            results = {lab: choose_result(found, policy, due[lab]) for lab, found in entry.results.items()}
            counted = {lab: result for lab, result in results.items() if result is not None}
            if entry.enrolled or counted:
                students.append(CourseStudent(**entry.fields, enrolled=entry.enrolled, results=counted))
        return sorted(
            students, key=lambda student: (not student.enrolled, "" if student.enrolled else student.username)
        )

    def _keep(self, entry: _Entry) -> _Entry:
        self.entries.append(entry)
        self.by_id[entry.fields["student_id"].casefold()] = entry
        self.by_username.setdefault(entry.fields["username"], entry)
        return entry


def _labs(course: Mapping[str, Any], lab: str) -> list[Mapping[str, Any]]:
    """Return the labs of a course, or the only one that is wanted."""
    entries = [entry for entry in course["labs"] if lab in ("", entry["lab"])]
    if not entries:
        labs = ", ".join(entry["lab"] for entry in course["labs"])
        raise BadInputError([f"the course {course['course']} has no lab {quote(lab)}; its labs are: {labs}"])
    return entries


def _class_lists(store: Store, course_id: str, entries: Iterable[Mapping[str, Any]]) -> list[Student]:
    """Return the students of the class lists of these labs, in their order. A student may be there twice."""
    names = dict.fromkeys(entry["roster"] for entry in entries)
    return [student for name in names for student in store.rows(CourseKeys(course_id).roster_rows(name))]


def _graded_runs(store: Store, labs: Iterable[str]) -> list[RunRecord]:
    """Return the class runs of these labs that graded students, newest first."""
    wanted = set(labs)
    return [run for run in store.runs() if run.lab in wanted and run.mode == "grade" and run.has_results]


def _gradebooks(store: Store, runs: list[RunRecord]) -> list[tuple[RunRecord, GradebookDocument]]:
    """Return the runs with their gradebooks. A run that is being deleted has none."""
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        gradebooks = pool.map(lambda run: load_gradebook(store, run.run_id), runs)
        return [(run, gradebook) for run, gradebook in zip(runs, gradebooks, strict=True) if gradebook is not None]


def _moment(due: str, time_zone: str) -> datetime | None:
    """Return a due date in the course's time zone, or None if the lab has none."""
    return datetime.fromisoformat(due).replace(tzinfo=ZoneInfo(time_zone)) if due else None
