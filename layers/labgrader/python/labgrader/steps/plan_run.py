"""Plan run: read the request, freeze the lab and the class, so that everything that follows reads the same."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from labgrader.errors import BadInputError
from labgrader.events import Publish, publish_safely, run_started
from labgrader.judging.check import find_check
from labgrader.labs.lab import Lab, find_lab
from labgrader.load_testing.concurrency_budget import ConcurrencyBudget
from labgrader.recording.api_errors import AwsCallError
from labgrader.rosters import GraderAccount, Student, assign_accounts, select
from labgrader.runs.class_run import SELF_CHECK_OF_A_CLASS
from labgrader.runs.request import Request
from labgrader.runs.roster_lookup import load_roster
from labgrader.store import Keys, MissingError, RunRecord, Store, StudentCounts

log = logging.getLogger(__name__)


def plan_run(
    store: Store,
    run_id: str,
    started_at: str,
    request: Request,
    home: GraderAccount,
    *,
    alone: bool = False,
    read_budget: Callable[[], ConcurrencyBudget] | None = None,
    publish: Publish | None = None,
) -> dict[str, Any]:
    """Freeze a run's lab and students, and record that it runs.

    A run that a command, the API, an event or a student started has its students stored already. For an audit of a
    course, the rows of the course are taken. Only for an execution by hand, a class list is parsed here.

    Args:
        store: the stack's store.
        run_id: the execution's name. Planned twice, it is the same run.
        started_at: when the execution started, ISO 8601.
        request: what was asked for.
        home: where we are.
        alone: whether the run must be of exactly one student.
        read_budget: asks what our own account has for load tests; not called where nobody there is load-tested.
        publish: sends the event that the run has started; not called again where the run is planned again.

    Returns:
        ``run_id``, ``mode``, ``students_key`` (what the map reads), ``username`` of the first student, ``checks``:
        check ids by kind, those of performance with the advice that measures (which a self-check leaves out), and
        ``in_flight``: the executions that all load tests in our own account may have in flight together, ``None`` where
        nobody asked or AWS refused.

    Raises:
        BadInputError: unknown lab, no roster at that key, a roster that cannot be used, a student in another account
            without a role to read it, or a self-check of a class.
    """
    own = request.mode == "self-check"
    if own and not alone:
        raise BadInputError([SELF_CHECK_OF_A_CLASS])
    lab = find_lab(request.lab)
    stored = _stored_students(store, run_id)
    students = _read_roster(store, request, home) if stored is None else stored
    if alone and len(students) != 1:
        raise BadInputError([f"a run of one student has one name in students, not {len(students)}"])
    keys = Keys(run_id)
    lab = Lab.from_dict(store.put_json_once(keys.lab, (lab.for_self_check() if own else lab).to_dict()))
    if stored is None:
        students = store.put_students_once(run_id, students)
    _record(store, run_id, started_at, request, students, publish)
    checks: dict[str, list[str]] = {"configuration": [], "behaviour": [], "performance": []}
    for item in lab.checks:
        checks[find_check(item.check).kind].append(item.id)
    if not own:  # twenty a day would spend what the student's own account has
        checks["performance"] += [item.id for item in lab.advice if find_check(item.check).kind == "performance"]
    loads = bool(checks["performance"]) and request.mode != "audit"
    return {
        "run_id": run_id,
        "mode": request.mode,
        "students_key": keys.students,
        "username": students[0].username,
        "checks": checks,
        "in_flight": _in_flight(students, home, read_budget) if loads else None,
    }


def _stored_students(store: Store, run_id: str) -> list[Student] | None:
    """The students that the start of the run stored; ``None`` where it stored none."""
    try:
        return store.students(run_id)
    except MissingError:
        return None


def _read_roster(store: Store, request: Request, home: GraderAccount) -> list[Student]:
    """Return the students of a run whose start stored none: an audit of a course, or an execution by hand.

    The class list of a course is rows.
    """
    return assign_accounts(select(load_roster(store, request.roster), request.students), home)


def _record(
    store: Store,
    run_id: str,
    started_at: str,
    request: Request,
    students: Sequence[Student],
    publish: Publish | None,
) -> None:
    """Record that the run goes on, and tell others, once: the record says whether they were told.

    What is in the record from the time before stays, but not how it ended: what was recorded as failed goes on after
    all, and what is complete stays complete.
    """
    planned = RunRecord(
        run_id=run_id,
        lab=request.lab,
        mode=request.mode,
        status="running",
        started_at=started_at,
        counts=StudentCounts(len(students)),
        requested_by=request.requested_by,
        course=request.course,
        student=students[0].username if request.mode == "self-check" else None,
        announced=publish is not None,
    )
    before = store.run(run_id) or planned
    if before.has_results:
        return
    record = replace(
        planned,
        requested_by=planned.requested_by if before.requested_by is None else before.requested_by,
        course=planned.course if before.course is None else before.course,
        student=planned.student or before.student,
        execution=before.execution,
        told=before.told,
    )
    if before is planned or not before.announced:
        publish_safely(publish, lambda: [run_started(record)])
    store.record_run(record)


def _in_flight(
    students: Sequence[Student], home: GraderAccount, read_budget: Callable[[], ConcurrencyBudget] | None
) -> int | None:
    """What load tests may have of our own account, the same for the whole run, so that a class keeps the bound.

    Where AWS refuses, the run goes on: each load test asks again, keeps the same bound by what it hears, and is not
    graded, with the reason, where it hears nothing either.
    """
    if read_budget is None or home not in [GraderAccount(one.account_id, one.region) for one in students]:
        return None
    try:
        return read_budget().available
    except AwsCallError as refusal:
        log.warning("what the account has for load tests is not known yet: %s", refusal)
        return None
