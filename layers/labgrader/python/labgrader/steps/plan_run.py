"""Plan run: read the request, and freeze the lab and the students. All later states read the frozen copies."""

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
from labgrader.store import PUBLISHED, Keys, MissingError, RunRecord, Store, StudentCounts

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

    If a command, the API, an event or a student started the run, its students are stored already. An audit of a course
    uses the rows of the course. A class list is parsed here only if the execution was started by hand.

    Args:
        store: the stack's store.
        run_id: the name of the execution. Planning it twice gives the same run.
        started_at: when the execution started, ISO 8601.
        request: the request.
        home: the grader's own account and Region.
        alone: whether the run must have exactly one student.
        read_budget: returns the concurrency of the grader's account for load tests. It is not called if no student of
            that account is load-tested.
        publish: sends the event that the run has started. It is not called again if the run is planned again.

    Returns:
        ``run_id``, ``mode``, ``students_key`` (the input of the map), ``username`` of the first student, ``checks`` and
        ``in_flight``. ``checks`` are check ids by kind; those of kind performance include the advice that measures,
        except in a self-check. ``in_flight`` is how many executions all load tests in the grader's account may have in
        flight together; ``None`` if the budget was not read or AWS refused.

    Raises:
        BadInputError: the lab or the roster does not exist, the roster is invalid, a student is in another account
            without a role to read it, or a class run is a self-check.
    """
    is_self_check = request.mode == "self-check"
    if is_self_check and not alone:
        raise BadInputError([SELF_CHECK_OF_A_CLASS])
    lab = find_lab(request.lab)
    stored = _stored_students(store, run_id)
    students = _read_roster(store, request, home) if stored is None else stored
    if alone and len(students) != 1:
        raise BadInputError([f"a run of one student needs one name in students, not {len(students)}"])
    keys = Keys(run_id)
    lab = Lab.from_dict(store.put_json_once(keys.lab, (lab.for_self_check() if is_self_check else lab).to_dict()))
    if stored is None:
        students = store.put_students_once(run_id, students)
    if not is_self_check and _publishes_by_hand(store, request.course) and not _has_results(store, run_id):
        store.keep_private(run_id)  # before anything is judged, so that no result is ever visible
    _record(store, run_id, started_at, request, students, publish)
    checks: dict[str, list[str]] = {"configuration": [], "behaviour": [], "performance": []}
    for item in lab.checks:
        checks[find_check(item.check).kind].append(item.id)
    if not is_self_check:  # load tests in every self-check would cost the student's account too much
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
    """Return the students that the start of the run stored, or ``None``."""
    try:
        return store.students(run_id)
    except MissingError:
        return None


def _read_roster(store: Store, request: Request, home: GraderAccount) -> list[Student]:
    """Return the students of a run from its roster: for an audit of a course, or an execution started by hand."""
    return assign_accounts(select(load_roster(store, request.roster), request.students), home)


def _publishes_by_hand(store: Store, course_id: str) -> bool:
    """Return whether the runs of a course are private until they are published."""
    course = store.course(course_id) if course_id else None
    return course is not None and course.get("results") == PUBLISHED


def _has_results(store: Store, run_id: str) -> bool:
    """Return whether the run was summarized before. It may have been published since."""
    record = store.run(run_id)
    return record is not None and record.has_results


def _record(
    store: Store,
    run_id: str,
    started_at: str,
    request: Request,
    students: Sequence[Student],
    publish: Publish | None,
) -> None:
    """Record that the run is running, and publish ``Run Started`` once: the record says whether it was published.

    Other fields of an earlier record stay. A run that was recorded as failed is running again; a run with results keeps
    its record.
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
    """Return how many executions load tests may have in flight in the grader's account, for the whole run.

    If AWS refuses, the run goes on. Each load test then reads the limit itself. If that fails, too, the load test is
    not graded, with the reason.
    """
    places = [GraderAccount(student.account_id, student.region) for student in students]
    if read_budget is None or home not in places:
        return None
    try:
        return read_budget().available
    except AwsCallError as refusal:
        log.warning("cannot read the concurrency for load tests; each load test tries again: %s", refusal)
        return None
