"""The digest of an audit of a course (``schemas/digest.schema.json``)."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from labgrader.documents.audit import AuditedStudent, CarriedOver, NotGraded


class DigestCounts(TypedDict):
    """Numbers of labs (``labs``, ``failed``) and of students."""

    labs: int
    failed: int
    drifted: int
    mended: int
    gone: int
    running: int
    incomplete: int


class DigestRun(TypedDict):
    """The audit of one lab of the course. ``error`` says why its run failed; it is empty otherwise."""

    run_id: str
    lab: str
    title: str
    due: str
    roster: NotRequired[str]
    status: Literal["complete", "incomplete", "failed"]
    error: str
    students: int
    first: NotRequired[int]
    drifted: int
    mended: int
    gone: int
    running: int
    incomplete: int
    usd_per_day: float
    found: list[AuditedStudent]
    more_students: int
    carried_over: NotRequired[CarriedOver | None]
    not_graded: NotRequired[list[NotGraded]]


class Digest(TypedDict):
    """The digest of an audit of a course. ``night`` is the name of the audit."""

    schema: str
    course: str
    title: str
    time_zone: str
    night: str
    started_at: str
    finished_at: str
    status: Literal["complete", "failed"]
    counts: DigestCounts
    usd_per_day: float
    runs: list[DigestRun]
