"""Take snapshot: record what AWS says about every student, as far as the time of one function reaches."""

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
    """A whole function's time went by and nobody was recorded: calling again would not end."""


@dataclass(frozen=True)
class SnapshotProgress:
    """How far the recording is.

    Args:
        recorded: students who have a snapshot.
        done: whether that is everybody.
        calls: requests sent by this invocation, by ``service:Operation``.
        throttles: how many of them AWS refused as too many.
    """

    recorded: int
    done: bool
    calls: Counter[str]
    throttles: int


def take_snapshot(store: Store, run_id: str, accounts: Accounts, deadline_s: float) -> SnapshotProgress:
    """Record the students who have no snapshot yet.

    Called again, it goes on where it stopped; what is common to the class is not asked twice.

    Args:
        store: the stack's store.
        run_id: the run.
        accounts: opens the students' accounts.
        deadline_s: seconds after which no further student is begun; ``FINISH_S`` later nothing is asked any more.

    Raises:
        NoProgressError: nobody could be recorded in that time.
    """
    keys = Keys(run_id)
    students = store.students(run_id)
    there = set(store.keys(keys.snapshots))
    missing = [student for student in students if keys.snapshot(student.username) not in there]
    try:
        facts = AccountCache.from_dict(store.get_json(keys.facts))
    except MissingError:
        facts = AccountCache()
    lab = lab_of(store, run_id)
    recorder = Recorder(accounts, facts=facts, other_regions=lab.regions)
    recorded = 0
    for snapshot in recorder.record_class(lab, missing, next_question=next_question, deadline_s=deadline_s):
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
