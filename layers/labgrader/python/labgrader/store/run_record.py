"""The record of a run or a self-check: one item of the table, written when it starts, goes on and ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal

from labgrader.messages import quote

RunStatus = Literal["running", "complete", "incomplete", "failed"]

MAX_ERROR = 1000
"""Characters that a record keeps of why its run failed."""


@dataclass(frozen=True)
class StudentCounts:
    """How many students a run has.

    Args:
        students: all of them.
        complete: those who are graded in full.
        incomplete: those with a check that is not graded.
    """

    students: int = 0
    complete: int = 0
    incomplete: int = 0

    def to_dict(self) -> dict[str, int]:
        """Return the counts as JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, document: Mapping[str, int]) -> StudentCounts:
        """Read what ``to_dict`` wrote."""
        return cls(document.get("students", 0), document.get("complete", 0), document.get("incomplete", 0))


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """The record of a run or a self-check. A field that is ``None`` is not stored.

    Args:
        run_id: the run.
        lab: the lab's id; empty where a run failed before the lab was known.
        mode: ``grade``, ``audit`` or ``self-check``.
        status: how it stands; ``incomplete`` where a student has a check that is not graded.
        started_at: when it started, ISO 8601.
        finished_at: when it ended, ISO 8601; empty while it runs.
        counts: its students.
        requested_by: who asked for it, as ``Request`` has it.
        course: the course that it is a run of, or empty.
        student: the student who checks alone.
        execution: the ARN of its execution; ``None`` where somebody started the execution by hand.
        error: why it failed.
        announced: whether ``Run Started`` was published.
        told: whether ``Run Failed`` was published.
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
        """Whether the run was summarized: each of its students has a report."""
        return self.status in ("complete", "incomplete")

    @property
    def duration_s(self) -> float:
        """The seconds from start to end; 0 where the times do not tell."""
        try:
            took = datetime.fromisoformat(self.finished_at) - datetime.fromisoformat(self.started_at)
        except (TypeError, ValueError):
            return 0.0
        return max(0.0, took.total_seconds())

    def failed(self, error: str, finished_at: str) -> RunRecord:
        """Return the record of the same run, failed.

        Args:
            error: why; control characters are replaced, and what is beyond ``MAX_ERROR`` is cut.
            finished_at: when, ISO 8601.
        """
        return replace(self, status="failed", finished_at=finished_at, error=quote(error, MAX_ERROR))

    def to_dict(self) -> dict[str, Any]:
        """Return the record as it is stored."""
        fields = {**vars(self), "counts": self.counts.to_dict()}
        return {name: value for name, value in fields.items() if value is not None}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> RunRecord:
        """Read what ``to_dict`` wrote, an item of an older version, or ``run.json``; other fields are left out."""
        known = {name: document[name] for name in cls.__dataclass_fields__ if name in document}
        return cls(**{**known, "counts": StudentCounts.from_dict(document.get("counts", {}))})
