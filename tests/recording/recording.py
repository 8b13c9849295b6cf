"""A lab of plain functions that read a snapshot, so that a test says what is asked and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import pytest

from benchmarks.stub_aws import Clock, StubAws
from labgrader.errors import NotGradedError
from labgrader.evidence.question import MissingEvidenceError, Question
from labgrader.evidence.snapshot import Snapshot
from labgrader.recording.account_cache import AccountCache
from labgrader.recording.rate_limiter import RateLimiter
from labgrader.recording.recorder import Recorder
from labgrader.recording.sessions import Accounts
from labgrader.rosters import Student

F = "user1-f"
"""The function of the fixture ``aws``."""

Reading = Callable[[Snapshot], object]


class Readings:
    """A lab with readings as checks, the same for every student."""

    advice: tuple[Reading, ...] = ()

    def __init__(self, *checks: Reading) -> None:
        self.checks = checks

    def for_student(self, username: str, account_id: str, region: str) -> Readings:
        return self


def next_question(item: Reading, snapshot: Snapshot) -> Question | None:
    try:
        item(snapshot)
    except MissingEvidenceError as unasked:
        return unasked.question
    except NotGradedError:
        return None
    return None


def recorder(
    aws: StubAws,
    *,
    clock: Clock | None = None,
    facts: AccountCache | None = None,
    accounts: Accounts | None = None,
    workers: int = 4,
) -> Recorder:
    """A recorder of a stub AWS, in simulated time."""
    clock = clock or Clock()
    return Recorder(
        accounts or Accounts("run-1", new_session=aws.session),
        rate_limiter=RateLimiter(clock=clock, sleep=clock.sleep),
        facts=facts,
        workers=workers,
        now=lambda: datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC),
    )


def record(aws: StubAws, *readings: Reading, username: str = "user1", clock: Clock | None = None) -> Snapshot:
    """Record one student for some readings."""
    return record_all(recorder(aws, clock=clock), readings, [Student(username)])[username]


def record_all(recorder: Recorder, readings: Iterable[Reading], students: Iterable[Student]) -> dict[str, Snapshot]:
    """Record students for some readings; return the snapshots by username."""
    snapshots = recorder.record_class(Readings(*readings), students, next_question=next_question)
    return {snapshot.username: snapshot for snapshot in snapshots}


def refusal(ask: Callable[[], object]) -> str:
    """The action that was refused, and the reason."""
    with pytest.raises(NotGradedError) as refused:
        ask()
    return f"{refused.value.action}: {refused.value.reason}"
