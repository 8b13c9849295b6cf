"""The findings of an audit of a class: ``audit.json`` (``schemas/audit.schema.json``)."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from labgrader.documents.report import Completeness, Difference, RunningResource


class AuditedStudent(TypedDict):
    """The findings of an audit for one student. ``not_shown`` is the number of entries left out of the four lists."""

    username: str
    student_id: str
    status: Completeness
    drifted: list[Difference]
    mended: list[Difference]
    gone: list[str]
    running: list[RunningResource]
    not_shown: int
    usd_per_day: float


class AuditCounts(TypedDict):
    """Numbers of students. ``first`` counts students without a previous run to compare with."""

    students: int
    drifted: int
    mended: int
    gone: int
    running: int
    not_graded: int
    first: NotRequired[int]


class CarriedOver(TypedDict):
    """The results that an audit takes from graded runs. ``first`` and ``last`` are the times of those runs."""

    results: int
    students: int
    runs: int
    first: str
    last: str


class NotGraded(TypedDict):
    """Students who are not graded in full for one reason. ``code`` is the reason as a code."""

    reason: str
    code: NotRequired[str]
    needs_graded_run: bool
    students: list[str]
    more_students: int


class Audit(TypedDict):
    """The findings of an audit of a class. ``students`` are only those with an entry in one of the four lists."""

    schema: str
    run_id: str
    lab: str
    lab_title: str
    course: str
    finished_at: str
    students: list[AuditedStudent]
    more_students: int
    counts: AuditCounts
    carried_over: NotRequired[CarriedOver | None]
    not_graded: NotRequired[list[NotGraded]]
    usd_per_day: float
