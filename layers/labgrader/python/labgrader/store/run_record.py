"""The record of a run or a self-check: one item of the table, written at its start, while it runs, and at its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal

from labgrader.fields import known_fields
from labgrader.messages import quote

RunStatus = Literal["running", "complete", "incomplete", "failed"]

MAX_ERROR = 1000
"""The most characters of ``error``."""


@dataclass(frozen=True)
class StudentCounts:
    """The number of students of a run.

    Args:
        students: all students.
        complete: students who are graded in full.
        incomplete: students with a check that is not graded.
    """

    students: int = 0
    complete: int = 0
    incomplete: int = 0

    def to_dict(self) -> dict[str, int]:
        """Return the counts as JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, document: Mapping[str, int]) -> StudentCounts:
        """Read the counts from ``to_dict``."""
        return cls(**known_fields(cls, document))


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """The record of a run or a self-check. A field that is ``None`` is not stored.

    Args:
        run_id: the run.
        lab: the lab's id; empty if the run failed before the lab was known.
        mode: ``grade``, ``audit`` or ``self-check``.
        status: ``incomplete`` if a student has a check that is not graded.
        started_at: the start, ISO 8601.
        finished_at: the end, ISO 8601; empty while the run goes on.
        counts: the number of students.
        requested_by: who requested the run, as in ``Request``.
        course: the course of the run, or empty.
        student: the student of a self-check.
        execution: the ARN of the execution; ``None`` if the execution was started by hand.
        error: why the run failed.
        announced, ``told``: whether ``Run Started`` and ``Run Failed`` were published.
    """

    run_id: str
    lab: str
    mode: str
    status: RunStatus
    started_at: str
    finished_at: str = ""
    counts: StudentCounts = StudentCounts()
    requested_by: str | None = None
    course: str | None = None
    student: str | None = None
    execution: str | None = None
    error: str | None = None
    announced: bool | None = None
    told: bool | None = None

    @property
    def has_results(self) -> bool:
        """Whether the run was summarized. Each of its students has a report then."""
        return self.status in ("complete", "incomplete")

    @property
    def duration_s(self) -> float:
        """The seconds from start to end; 0 if a time is missing."""
        try:
            took = datetime.fromisoformat(self.finished_at) - datetime.fromisoformat(self.started_at)
        except (TypeError, ValueError):
            return 0.0
        return max(0.0, took.total_seconds())

    def failed(self, error: str, finished_at: str) -> RunRecord:
        """Return the record of the run as failed.

        Args:
            error: why it failed. Control characters are replaced, and it is cut after ``MAX_ERROR`` characters.
            finished_at: the end, ISO 8601.
        """
        return replace(self, status="failed", finished_at=finished_at, error=quote(error, MAX_ERROR))

    def to_dict(self) -> dict[str, Any]:
        """Return the record as it is stored."""
        fields = {**vars(self), "counts": self.counts.to_dict()}
        return {name: value for name, value in fields.items() if value is not None}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> RunRecord:
        """Read a record from ``to_dict``, an item of an earlier version, or ``run.json``. Ignore other fields."""
        return cls(**{**known_fields(cls, document), "counts": StudentCounts.from_dict(document.get("counts", {}))})
