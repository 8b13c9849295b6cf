"""A student's own check of a lab: one at a time, and only so many, counted and locked in one write."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from labgrader.errors import BadInputError, LabgraderError, ServiceFaultError
from labgrader.labs.lab import Lab
from labgrader.messages import quote
from labgrader.moments import isoformat_utc
from labgrader.roster import GraderAccount, assign_accounts
from labgrader.runs.execution import execution_arn, start_execution, status_of
from labgrader.runs.request import Request, new_run_id
from labgrader.runs.roster_lookup import find_enrolment
from labgrader.runs.self_check_quota import Allowance, allowance, retry_after_s, within_a_day
from labgrader.store import RunRecord, Store, StudentCounts, roster_key
from labgrader.store.self_checks import Ledger, Taken

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

LONGEST_S = 4 * 60 * 60 + 15 * 60
"""Seconds after which a self-check cannot run any more: its machine's timeout, and the time to record the end."""

START_S = 60
"""Seconds that it may take from the lock to the execution: until then nobody calls a self-check lost."""

WRITES = 20
"""How often a ledger is tried to be written, while others write it."""

PAUSE_S = 0.05
"""Seconds to wait at most before it is tried again."""

LOST = "the self-check stopped without a result, and does not count against the allowance"
"""What the record of a self-check says whose execution ended and left nothing."""

ALL_HIDDEN = "every check of this lab is for the instructor alone: there is nothing that you could check yourself"


@dataclass(frozen=True)
class SelfCheck:
    """A self-check that was started.

    Args:
        run_id: its id.
        allowance: what is left after it.
        listed: whether a class list says where the student's resources are.
    """

    run_id: str
    allowance: Allowance
    listed: bool = True


class AlreadyRunningError(LabgraderError):
    """The student has a self-check of this lab running.

    Args:
        run_id: the one that runs.
        allowance: what is left.
    """

    def __init__(self, run_id: str, allowance: Allowance) -> None:
        self.run_id = run_id
        self.allowance = allowance
        super().__init__(f"a self-check of this lab is running already: {run_id}")


class AllowanceSpentError(LabgraderError):
    """The student has no self-check of this lab left for now.

    Args:
        allowance: what is left: nothing.
        retry_after_s: in how many seconds there is one again.
    """

    def __init__(self, allowance: Allowance, retry_after_s: int) -> None:
        self.allowance = allowance
        self.retry_after_s = retry_after_s
        super().__init__(
            f"you have used your self-checks of this lab for now ({allowance.per_hour} in an hour, "
            f"{allowance.per_day} in a day); the next one is free at {allowance.refills_at}"
        )


def start_self_check(
    store: Store, states: SFNClient, machine_arn: str, username: str, lab: Lab, now: datetime
) -> SelfCheck:
    """Start a student's self-check.

    Lock and allowance change in one conditional write, so that of any number of requests at once one is a run.

    Args:
        store: the stack's store.
        states: a client of Step Functions.
        machine_arn: the machine ``grade_student``.
        username: the student.
        lab: the lab, whole.
        now: when it was asked for.

    Raises:
        AlreadyRunningError: one is running.
        AllowanceSpentError: none is left for now.
        BadInputError: nothing of the lab is visible to students.
        ThrottledError, ServiceFaultError: worth another try; nothing is counted.
        RefusedError: AWS refused; nothing is counted.
    """
    if not lab.for_self_check().checks:
        raise BadInputError([ALL_HIDDEN])
    run_id = new_run_id(lab.id, now, asked=f"{username} {secrets.token_hex(8)}")  # a whole class may ask at once
    left = _take(store, states, username, lab, run_id, now)
    execution = execution_arn(machine_arn, run_id)
    record: RunRecord | None = None
    try:
        enrolment = find_enrolment(store, username, lab.id)
        roster = roster_key(run_id, ".json")
        store.put_rows(roster, [enrolment.student])
        store.put_students_once(run_id, assign_accounts([enrolment.student], GraderAccount.from_arn(machine_arn)))
        request = Request(lab.id, roster, "self-check", (username,), enrolment.course, f"student {username}")
        record = RunRecord(
            run_id=run_id,
            lab=lab.id,
            mode=request.mode,
            status="running",
            started_at=isoformat_utc(now),
            counts=StudentCounts(1),
            requested_by=request.requested_by,
            course=request.course,
            student=username,
            execution=execution,
        )
        store.record_run(record)
        start_execution(states, machine_arn, run_id, request)
    except LabgraderError as error:
        finish_self_check(store, run_id, username, lab.id, give_back=True)
        if record is not None:
            store.record_end(record.failed(f"it could not be started: {error}", isoformat_utc(now)))
        raise
    return SelfCheck(run_id, left, enrolment.listed)


def allowance_of(store: Store, username: str, lab: Lab, now: datetime) -> Allowance:
    """Return what a student has left of a lab's self-checks."""
    return allowance(lab.self_checks, store.ledger(username, lab.id).taken, now.timestamp())


def pending_self_check(store: Store, run_id: str, username: str, lab: Lab, now: datetime) -> RunRecord | None:
    """Return what there is to say of a self-check that holds its lock and is not recorded yet, or ``None``.

    Who asks a second time in that moment is told its id already.

    Args:
        store: the stack's store.
        run_id: the self-check.
        username, lab: whose, and of what.
        now: when it is asked.
    """
    ledger = store.ledger(username, lab.id)
    at = next((one.at for one in ledger.taken if one.run_id == run_id), 0.0)
    if ledger.running != run_id or now.timestamp() >= at + START_S:
        return None
    started = isoformat_utc(datetime.fromtimestamp(at, UTC))
    return RunRecord(
        run_id=run_id, lab=lab.id, mode="self-check", status="running", started_at=started, student=username
    )


def state_of_self_check(store: Store, states: SFNClient, run_id: str, now: datetime | None = None) -> RunRecord | None:
    """Return a self-check's record, or ``None`` where there is none of that id.

    Where the record says that it runs, Step Functions is asked: one that was stopped, or lost, is recorded as failed,
    and given back.

    Args:
        store: the stack's store.
        states: a client of Step Functions.
        run_id: the self-check.
        now: when it is asked.

    Raises:
        ThrottledError, ServiceFaultError: worth another try.
        RefusedError: AWS refused.
    """
    record = store.run(run_id)
    if record is None or record.mode != "self-check":
        return None
    if record.status != "running" or record.execution is None:  # without one, it was started by hand
        return record
    now = now or datetime.now(UTC)
    status = status_of(states, record.execution)
    age = now - datetime.fromisoformat(record.started_at)
    if status == "RUNNING" or (not status and age.total_seconds() < START_S):
        return record
    latest = store.run(run_id) or record  # its last state recorded the end before the execution had one
    if latest.status != "running":
        return latest
    ended = latest.failed(LOST, isoformat_utc(now))
    if not store.record_end(ended):  # its last state recorded the end in this very moment: that is the result
        return store.run(run_id) or ended
    if record.student is not None:
        finish_self_check(store, run_id, record.student, record.lab, give_back=True)
    return ended


def finish_self_check(store: Store, run_id: str, username: str, lab_id: str, *, give_back: bool) -> None:
    """Let the student start another one; a self-check that is finished already stays so.

    Args:
        store: the stack's store.
        run_id: the self-check.
        username, lab_id: whose, and of what.
        give_back: whether it does not count, for what it did not tell is our fault.

    Raises:
        ServiceFaultError: others wrote the student's ledger in the same moment, again and again.
    """

    def finished(ledger: Ledger) -> bool:
        taken = tuple(one for one in ledger.taken if not (give_back and one.run_id == run_id))
        if ledger.running != run_id:
            return taken == ledger.taken or store.put_ledger_if_unchanged(
                username, lab_id, ledger, taken, ledger.running, ledger.ends_at
            )
        return store.put_ledger_if_unchanged(username, lab_id, ledger, taken)

    _update_with_retry(store, username, lab_id, finished)


def _take(store: Store, states: SFNClient, username: str, lab: Lab, run_id: str, now: datetime) -> Allowance:
    """Lock the student's self-checks of the lab for a run and count it; return what is left after it."""
    seconds = now.timestamp()
    left = allowance(lab.self_checks, (), seconds)
    settled = ""

    def taken(ledger: Ledger) -> bool:
        nonlocal left, settled
        before = within_a_day(ledger.taken, seconds)
        if ledger.running == run_id:  # written before, and the answer was lost
            left = allowance(lab.self_checks, before, seconds)
            return True
        if ledger.running and ledger.ends_at > seconds:
            if ledger.running == settled or _runs(store, states, username, lab, ledger, now):
                raise AlreadyRunningError(ledger.running, allowance(lab.self_checks, before, seconds))
            settled = ledger.running
            return False
        wait = retry_after_s(lab.self_checks, before, seconds)
        if wait:
            raise AllowanceSpentError(allowance(lab.self_checks, before, seconds), wait)
        after = (*before, Taken(run_id, seconds))
        left = allowance(lab.self_checks, after, seconds)
        return store.put_ledger_if_unchanged(username, lab.id, ledger, after, run_id, seconds + LONGEST_S)

    _update_with_retry(store, username, lab.id, taken)
    return left


def _runs(store: Store, states: SFNClient, username: str, lab: Lab, ledger: Ledger, now: datetime) -> bool:
    """Say whether the self-check that holds the lock does run; unlock what it left locked."""
    started = next((one.at for one in ledger.taken if one.run_id == ledger.running), 0.0)
    if now.timestamp() < started + START_S:
        return True
    state = state_of_self_check(store, states, ledger.running, now)
    if state is not None and state.status == "running":
        return True
    give_back = state is None or state.status == "failed"
    finish_self_check(store, ledger.running, username, lab.id, give_back=give_back)
    return False


def _update_with_retry(store: Store, username: str, lab_id: str, write: Callable[[Ledger], bool]) -> None:
    """Read a ledger and write it, again while somebody else writes it in between."""
    for _ in range(WRITES):
        if write(store.ledger(username, lab_id)):
            return
        time.sleep(random.uniform(0, PAUSE_S))  # not all at once again
    raise ServiceFaultError(f"the self-checks of {quote(username)} were changed by others {WRITES} times in a row")
