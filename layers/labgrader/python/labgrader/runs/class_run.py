"""Start a class run that a command, the API or an event requested: check it, store its students, start the machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from labgrader.errors import BadInputError, LabgraderError, Problem
from labgrader.labs.lab import lab_ids
from labgrader.messages import quote
from labgrader.moments import isoformat_utc
from labgrader.rosters import GraderAccount, Student, assign_accounts, select
from labgrader.runs.execution import execution_arn, start_execution
from labgrader.runs.request import Request
from labgrader.store import RunRecord, Store, StudentCounts

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

SELF_CHECK_OF_A_CLASS = "a class run cannot be a self-check; use the mode grade or audit"
"""Why a class run is refused in mode self-check."""


@dataclass(frozen=True)
class Started:
    """A run that was started.

    Args:
        run_id: the id of the run, and the name of its execution.
        execution: the ARN of the execution.
        again: whether the run existed before. It was not started twice then.
        total: the number of students.
    """

    run_id: str
    execution: str
    again: bool
    total: int = 0


def start_class_run(
    store: Store,
    states: SFNClient,
    machine_arn: str,
    request: Request,
    run_id: str,
    listed: Sequence[Student],
    *,
    deployed: bool = False,
    private: bool = False,
) -> Started:
    """Start a class run, once: a second start with the same id is the same run.

    The students are stored as rows, with account and Region. Plan run takes these rows and reads no roster.

    Args:
        store: the stack's store.
        states: a client of Step Functions.
        machine_arn: the machine ``grade_class``.
        request: the request.
        run_id: the run.
        listed: the students of the class list, as the command, the API or the event handler parsed it.
        deployed: whether the lab is known to be deployed. It may be missing on this machine then.
        private: whether students must not see the results until the run is published.

    Raises:
        BadInputError: all problems of the request. Nothing is recorded or started.
        ThrottledError, ServiceFaultError: a retry may succeed. The run is recorded as failed until then.
        RefusedError: AWS refused. The run is recorded as failed.
    """
    execution = execution_arn(machine_arn, run_id)
    students = _students(request, listed, GraderAccount.from_arn(machine_arn), deployed=deployed)
    store.put_students_once(run_id, students)
    if private and store.run(run_id) is None:  # a request that arrives again must not hide a published run
        store.keep_private(run_id)  # before anything runs, so that no result is ever visible
    record = RunRecord(
        run_id=run_id,
        lab=request.lab,
        mode=request.mode,
        status="running",
        started_at=isoformat_utc(datetime.now(UTC)),
        counts=StudentCounts(len(students)),
        requested_by=request.requested_by,
        course=request.course,
        execution=execution,
    )
    new = store.record_start(record)
    try:
        started = start_execution(states, machine_arn, run_id, request)
    except LabgraderError as error:
        if new:
            store.record_end(record.failed(f"it could not be started: {error}", isoformat_utc(datetime.now(UTC))))
        raise
    return Started(run_id, execution, again=not (new and started), total=len(students))


def _students(request: Request, listed: Sequence[Student], home: GraderAccount, *, deployed: bool) -> list[Student]:
    """Return the students who will be graded. Raise all problems of the request, before the run is recorded."""
    problems = [] if deployed else unknown_lab(request.lab)
    if request.mode == "self-check":
        problems.append(Problem(SELF_CHECK_OF_A_CLASS, field="mode"))
    try:
        students = assign_accounts(select(listed, request.students), home)
    except BadInputError as error:
        problems += error.problems
    if problems:
        raise BadInputError(problems)
    return students


def unknown_lab(lab: str) -> list[Problem]:
    """Return the problem that a lab does not exist; no problem if it exists."""
    if lab in lab_ids():
        return []
    return [Problem(f"there is no lab {quote(lab)}; the labs are: {', '.join(lab_ids())}", field="lab")]
