"""Self-checks of students: one at a time, and a limited number. Lock and count change in one write."""

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
from labgrader.rosters import GraderAccount, assign_accounts
from labgrader.runs.execution import execution_arn, start_execution, status_of
from labgrader.runs.request import Request, new_run_id
from labgrader.runs.roster_lookup import find_enrolment
from labgrader.runs.self_check_quota import Allowance, allowance, retry_after_s, within_a_day
from labgrader.store import RunRecord, Store, StudentCounts, roster_key
from labgrader.store.self_checks import Ledger, Taken

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

LONGEST_S = 4 * 60 * 60 + 15 * 60
"""The longest time of a self-check, in seconds: the timeout of its machine, and the time to record the end."""

START_S = 60
"""The longest time from the lock to the execution, in seconds. Until then a self-check does not count as lost."""

WRITES = 20
"""Maximum tries on a write conflict."""

PAUSE_S = 0.05
"""The longest pause between two tries, in seconds."""

LOST = "the self-check stopped without a result; it does not count against your allowance"
"""The error of a self-check that ended without a result."""

ALL_HIDDEN = "this lab has no self-check, because students do not see any of its checks"


@dataclass(frozen=True)
class SelfCheck:
    """A self-check that was started.

    Args:
        run_id: the id of the self-check.
        allowance: what is left after it.
        listed: whether the student's row is from a class list.
    """

    run_id: str
    allowance: Allowance
    listed: bool = True


class AlreadyRunningError(LabgraderError):
    """The student has a self-check of this lab running.

    Args:
        run_id: the running self-check.
        allowance: what is left.
    """

    def __init__(self, run_id: str, allowance: Allowance) -> None:
        self.run_id = run_id
        self.allowance = allowance
        super().__init__(f"a self-check of this lab is running already: {run_id}")


class AllowanceSpentError(LabgraderError):
    """The student has no self-check of this lab left for now.

    Args:
        allowance: the allowance, with nothing left.
        retry_after_s: the seconds until one is left again.
    """

    def __init__(self, allowance: Allowance, retry_after_s: int) -> None:
        self.allowance = allowance
        self.retry_after_s = retry_after_s
        super().__init__(
            f"you have no self-checks of this lab left for now (the limits are {allowance.per_hour} in an hour and "
            f"{allowance.per_day} in a day); you can start the next one at {allowance.refills_at}"
        )


def start_self_check(
    store: Store, states: SFNClient, machine_arn: str, username: str, lab: Lab, now: datetime
) -> SelfCheck:
    """Start a student's self-check. The student's row is stored; Plan run takes it and reads no class list.

    Lock and allowance change in one conditional write: of any number of simultaneous requests, one starts a run.

    Args:
        store: the stack's store.
        states: a client of Step Functions.
        machine_arn: the machine ``grade_student``.
        username: the student.
        lab: the whole lab, with its hidden checks.
        now: the time of the request.

    Raises:
        AlreadyRunningError: a self-check of the lab is running.
        AllowanceSpentError: none is left for now.
        BadInputError: no check of the lab is visible to students, or labgrader cannot read the student's account.
            Nothing is counted.
        ThrottledError, ServiceFaultError: a retry may succeed. Nothing is counted.
        RefusedError: AWS refused. Nothing is counted.
    """
    if not lab.for_self_check().checks:
        raise BadInputError([ALL_HIDDEN])
    run_id = new_run_id(lab.id, now, asked=f"{username} {secrets.token_hex(8)}")  # a whole class may start at once
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
    """Return how many self-checks of a lab a student has left."""
    return allowance(lab.self_checks, store.ledger(username, lab.id).taken, now.timestamp())


def pending_self_check(store: Store, run_id: str, username: str, lab: Lab, now: datetime) -> RunRecord | None:
    """Return the record of a self-check that holds its lock and is not recorded yet, or ``None``.

    A second request in that moment gets its id already, and may ask for its status.

    Args:
        store: the stack's store.
        run_id: the self-check.
        username, lab: the student and the lab.
        now: the time of the request.
    """
    ledger = store.ledger(username, lab.id)
    at = next((self_check.at for self_check in ledger.taken if self_check.run_id == run_id), 0.0)
    if ledger.running != run_id or now.timestamp() >= at + START_S:
        return None
    started = isoformat_utc(datetime.fromtimestamp(at, UTC))
    return RunRecord(
        run_id=run_id, lab=lab.id, mode="self-check", status="running", started_at=started, student=username
    )


def state_of_self_check(store: Store, states: SFNClient, run_id: str, now: datetime | None = None) -> RunRecord | None:
    """Return the record of a self-check, or ``None``.

    If the record says that it runs, ask Step Functions. A self-check that was stopped or lost is recorded as failed and
    given back.

    Args:
        store: the stack's store.
        states: a client of Step Functions.
        run_id: the self-check.
        now: the time of the request.

    Raises:
        ThrottledError, ServiceFaultError: a retry may succeed.
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
    """Unlock the student's self-checks after one has ended. A second call changes nothing.

    Args:
        store: the stack's store.
        run_id: the self-check.
        username, lab_id: the student and the lab.
        give_back: whether it does not count, because labgrader or AWS failed.

    Raises:
        ServiceFaultError: the student's ledger was changed at the same moment, in each of ``WRITES`` tries.
    """

    def finished(ledger: Ledger) -> bool:
        taken = tuple(self_check for self_check in ledger.taken if not (give_back and self_check.run_id == run_id))
        if ledger.running != run_id:
            return taken == ledger.taken or store.put_ledger_if_unchanged(
                username, lab_id, ledger, taken, ledger.running, ledger.ends_at
            )
        return store.put_ledger_if_unchanged(username, lab_id, ledger, taken)

    _update_with_retry(store, username, lab_id, finished)


def _take(store: Store, states: SFNClient, username: str, lab: Lab, run_id: str, now: datetime) -> Allowance:
    """Lock the student's self-checks of the lab for a run, and count the run. Return what is left after it."""
    seconds = now.timestamp()
    left = allowance(lab.self_checks, (), seconds)
    settled = ""

    def taken(ledger: Ledger) -> bool:
        nonlocal left, settled
        before = within_a_day(ledger.taken, seconds)
        if ledger.running == run_id:  # the write succeeded before, and its answer was lost
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
    """Return whether the self-check that holds the lock runs. Unlock if it does not."""
    started = next((self_check.at for self_check in ledger.taken if self_check.run_id == ledger.running), 0.0)
    if now.timestamp() < started + START_S:
        return True
    state = state_of_self_check(store, states, ledger.running, now)
    if state is not None and state.status == "running":
        return True
    give_back = state is None or state.status == "failed"
    finish_self_check(store, ledger.running, username, lab.id, give_back=give_back)
    return False


def _update_with_retry(store: Store, username: str, lab_id: str, write: Callable[[Ledger], bool]) -> None:
    """Read a ledger and write it. Try again on a write conflict."""
    for _ in range(WRITES):
        if write(store.ledger(username, lab_id)):
            return
        time.sleep(random.uniform(0, PAUSE_S))  # so that the writers do not collide again
    raise ServiceFaultError(
        f"the self-checks of {quote(username)} were changed by other requests {WRITES} times in a row"
    )
