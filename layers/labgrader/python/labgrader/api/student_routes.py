"""The routes for students: start a self-check, follow it, and read your own reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body

from labgrader.api import problems
from labgrader.api.lab_routes import find_known_lab, hidden_of, known_labs
from labgrader.api.models import (
    Allowance,
    Hidden,
    History,
    HistoryEntry,
    SelfCheck,
    SelfCheckRequest,
    SelfCheckStarted,
    StudentReport,
)
from labgrader.api.parameters import LabInQuery, RunIdInPath
from labgrader.api.problems import ProblemError
from labgrader.api.request_validation import STUDENT, Caller
from labgrader.api.resolver import Api, Services
from labgrader.api.response_size import fit_response
from labgrader.labs.points import percent_of
from labgrader.reporting.formatting import rounded
from labgrader.reporting.hidden_checks import hidden_field
from labgrader.reporting.student_copy import student_copy
from labgrader.runs.self_check import (
    AllowanceSpentError,
    AlreadyRunningError,
    allowance_of,
    pending_self_check,
    start_self_check,
    state_of_self_check,
)
from labgrader.store import MissingError, RunRecord

FAILED = "labgrader could not finish this self-check. It does not count toward your allowance. Try again later."
"""The message for a student with a failed self-check, for every cause."""

ON_NO_LIST = (
    "You are on no class list for this lab. labgrader therefore looks for resources named {student}-… in its own "
    "account. If you built the lab in another account, ask your instructor to add you to the class list."
)
"""The note for a student without a class list, because labgrader can only guess the account."""


def add_self_checks(api: Api, services: Services) -> None:
    """Register the routes that start a self-check and follow it."""

    @api.post(
        "/v1/self-checks",
        operation_id="startSelfCheck",
        tags=["Self-checks"],
        summary="Check your own work on a lab",
        status_code=202,
        response_description="the self-check has started",
    )
    def start(body: Annotated[SelfCheckRequest, Body()]) -> SelfCheckStarted:
        """Checks your work in its present state with the checks that students can see, load tests included. Advice
        that needs a load test is left out. One self-check of a lab can run at a time, and your allowance limits how
        many you can start. A self-check that fails because of labgrader does not count."""
        student = api.caller(STUDENT).subject
        lab = find_known_lab(body.lab)
        now = services.now()
        try:
            started = start_self_check(services.store, services.states, services.grade_student_arn, student, lab, now)
        except AlreadyRunningError as running:
            raise _already_running(running) from None
        except AllowanceSpentError as spent:
            raise _spent(spent) from None
        return SelfCheckStarted(
            run_id=started.run_id,
            status_url=status_url(started.run_id),
            remaining_today=started.allowance.remaining_today,
            allowance=Allowance(**started.allowance.to_dict()),
            note=None if started.listed else ON_NO_LIST.format(student=student),
        )

    @api.get(
        "/v1/self-checks/<run_id>",
        operation_id="getSelfCheck",
        tags=["Self-checks"],
        summary="Follow a self-check",
        response_description="the self-check's status, with the report when it is done",
    )
    def follow(run_id: RunIdInPath) -> SelfCheck:
        """Returns the status of a self-check and, when it is done, its report without hidden checks. Students can
        follow their own self-checks, instructors those of all students."""
        caller = api.caller()
        record = _own_self_check(services, caller, run_id)
        state = state_of_self_check(services.store, services.states, run_id, services.now()) or record
        lab, student = find_known_lab(record.lab), record.student or ""
        report = _report(services, run_id, student) if state.has_results else None
        left = allowance_of(services.store, student, lab, services.now())
        return SelfCheck(
            run_id=run_id,
            lab=record.lab,
            status=state.status,
            started_at=state.started_at,
            finished_at=state.finished_at or None,
            allowance=Allowance(**left.to_dict()),
            hidden=hidden_of(lab),
            error=_why(state, caller),
            report=report,
        )


def add_my_reports(api: Api, services: Services) -> None:
    """Register the routes that return a student's earlier results."""

    @api.get(
        "/v1/me/reports",
        operation_id="listMyReports",
        tags=["Me"],
        summary="List your reports",
        response_description="your reports",
    )
    def list_mine(lab: LabInQuery = None) -> History:
        """Returns your results in all runs and self-checks, newest first, without hidden checks."""
        student = api.caller(STUDENT).subject
        return History(reports=[_entry(result) for result in services.store.visible_history(student, lab or "")])

    @api.get(
        "/v1/me/reports/<run_id>",
        operation_id="getMyReport",
        tags=["Me"],
        summary="Read one of your reports",
        response_description="the report",
    )
    def read_mine(run_id: RunIdInPath) -> StudentReport:
        """Returns your report of one run, without hidden checks."""
        report = _report(services, run_id, api.caller(STUDENT).subject)
        if report is None:
            raise ProblemError(problems.NOT_FOUND, f"you have no report for run {run_id}")
        return report


def status_url(run_id: str) -> str:
    """Return the path of a self-check."""
    return f"/v1/self-checks/{run_id}"


def _own_self_check(services: Services, caller: Caller, run_id: str) -> RunRecord:
    record = services.store.run(run_id)
    if record is None and caller.role == STUDENT:
        pending = (
            pending_self_check(services.store, run_id, caller.subject, lab, services.now()) for lab in known_labs()
        )
        record = next((found for found in pending if found), None)
    if record is None or record.mode != "self-check":
        raise ProblemError(problems.NOT_FOUND, f"there is no self-check {run_id}")
    if caller.role == STUDENT and record.student != caller.subject:
        raise ProblemError(problems.NOT_YOURS, "this self-check belongs to another student")
    return record


def _why(state: RunRecord, caller: Caller) -> str | None:
    """Return why a self-check failed. Only instructors see the cause, because it names internals of labgrader."""
    if state.status != "failed":
        return None
    return FAILED if caller.role == STUDENT else state.error or FAILED


def _report(services: Services, run_id: str, username: str) -> dict[str, Any] | None:
    try:
        report = services.store.visible_report(run_id, username)
    except MissingError:
        return None
    return fit_response(student_copy(report))


def _entry(result: Mapping[str, Any]) -> HistoryEntry:
    points, most = result["visible_points"], result["visible_max_points"]
    hidden = hidden_field(result.get("hidden_checks", 0), result.get("hidden_points", 0))
    return HistoryEntry(
        run_id=result["run_id"],
        lab=result["lab"],
        mode=result["mode"],
        status="incomplete" if result["visible_open_points"] else "complete",
        points=points,
        max_points=most,
        open_points=result["visible_open_points"],
        percent=rounded(percent_of(points, most)),
        hidden=Hidden(**hidden) if hidden else None,
        graded_at=result["graded_at"],
        report_url=f"/v1/me/reports/{result['run_id']}",
    )


def _already_running(error: AlreadyRunningError) -> ProblemError:
    return ProblemError(
        problems.ALREADY_RUNNING,
        "only one self-check of a lab can run at a time; follow the running one at status_url",
        run_id=error.run_id,
        status_url=status_url(error.run_id),
        allowance=error.allowance.to_dict(),
    )


def _spent(error: AllowanceSpentError) -> ProblemError:
    left = error.allowance
    which = "today" if not left.remaining_today else "this hour"
    how_many = left.per_day if which == "today" else left.per_hour
    return ProblemError(
        problems.ALLOWANCE_SPENT,
        f"you have used your {how_many} self-checks of this lab for {which}; start the next one at {left.refills_at}",
        headers={"Retry-After": str(error.retry_after_s)},
        allowance=left.to_dict(),
    )
