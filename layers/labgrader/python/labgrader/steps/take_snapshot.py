"""Take snapshot: record the resources of the students, as many as one invocation has time for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from labgrader.errors import LabgraderError
from labgrader.judging.judge import next_question
from labgrader.recording.account_cache import AccountCache
from labgrader.recording.recorder import Recorder
from labgrader.recording.sessions import Accounts
from labgrader.steps.run_documents import lab_of
from labgrader.store import Keys, MissingError, Store


class NoProgressError(LabgraderError):
    """No student was recorded in the whole time of an invocation. A retry would not end."""


@dataclass(frozen=True)
class SnapshotProgress:
    """The progress of the recording.

    Args:
        recorded: the number of students who have a snapshot.
        done: whether all students have a snapshot.
        calls: the number of API calls of this invocation, by ``service:Operation``.
        throttles: the number of API calls that AWS throttled.
    """

    recorded: int
    done: bool
    calls: Counter[str]
    throttles: int


def take_snapshot(store: Store, run_id: str, accounts: Accounts, deadline_s: float) -> SnapshotProgress:
    """Record the students who have no snapshot yet.

    A second call continues with the remaining students. Facts about the whole class are not requested again.

    Args:
        store: the stack's store.
        run_id: the run.
        accounts: opens the students' accounts.
        deadline_s: seconds after which no further student is started. All requests end ``FINISH_S`` later.

    Raises:
        NoProgressError: no student was recorded in that time.
    """
    keys = Keys(run_id)
    students = store.students(run_id)
    stored = set(store.keys(keys.snapshots))
    missing = [student for student in students if keys.snapshot(student.username) not in stored]
    try:
        facts = AccountCache.from_dict(store.get_json(keys.facts))
    except MissingError:
        facts = AccountCache()
    recorder = Recorder(accounts, facts=facts)
    recorded = 0
    for snapshot in recorder.record_class(
        lab_of(store, run_id), missing, next_question=next_question, deadline_s=deadline_s
    ):
        store.put_json_once(keys.snapshot(snapshot.username), snapshot.to_dict())
        recorded += 1
    if missing and not recorded:
        raise NoProgressError(f"no student was recorded in {deadline_s:.0f} s")
    done = recorded == len(missing)
    if not done:
        store.put_json(keys.facts, facts.to_dict())
    return SnapshotProgress(
        recorded=len(students) - len(missing) + recorded,
        done=done,
        calls=recorder.calls,
        throttles=recorder.throttles,
    )
