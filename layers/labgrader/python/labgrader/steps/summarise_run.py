"""Summarise run: every student has a report, the class has a gradebook, the run has a record. Always the last state."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from labgrader.documents.report import Report
from labgrader.events import Event, Publish, drift_detected, publish_safely, run_completed, run_failed
from labgrader.messages import quote
from labgrader.moments import isoformat_utc
from labgrader.reporting.audit_summary import audit_entry, build_audit_summary
from labgrader.reporting.exports import exports
from labgrader.reporting.gradebook import build_gradebook, build_row
from labgrader.reporting.run_summary import build_run
from labgrader.rosters import Student
from labgrader.runs.self_check import finish_self_check
from labgrader.schemas import validate
from labgrader.steps.not_graded_reasons import not_graded_students
from labgrader.steps.write_report import write_report
from labgrader.store import Keys, MissingError, RunRecord, Store, StudentCounts

log = logging.getLogger(__name__)

NEVER_REPORTED = "labgrader did not finish this student; no points are lost, and the run can be repeated for them alone"


@dataclass(frozen=True)
class Failure:
    """A run that could not go on.

    Args:
        record: the run's record.
        again: whether it was recorded and published before.
    """

    record: RunRecord
    again: bool


def summarise_run(store: Store, run_id: str, started_at: str, *, publish: Publish | None = None) -> dict[str, Any]:
    """Write ``run.json``, ``gradebook.json``, ``gradebook.csv``, ``class.html``, for an audit ``audit.json``, and the
    run's record.

    A student whose part of the workflow failed gets a report here: what was judged counts, the rest is not graded.
    After a self-check the student may start another one.

    Args:
        store: the stack's store.
        run_id: the run.
        started_at: when its execution started, ISO 8601.
        publish: tells others that the run is complete, and who drifted.

    Returns:
        ``run.json``, as it is kept.
    """
    keys = Keys(run_id)
    lab = store.lab(run_id)
    planned = store.run(run_id) or _unplanned(run_id, lab.id, started_at)
    mode, course = planned.mode, planned.course or ""
    students = store.students(run_id)
    reported = {result["username"] for result in store.results(run_id)}  # a report's last write is its record
    lost = [student.username for student in students if student.username not in reported]
    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(lambda username: _report_anyway(store, run_id, mode, username, publish), lost))
    documents = store.get_all_json([keys.report(student.username) for student in students])
    reports: list[tuple[Student, Report, str]] = [
        (student, documents[keys.report(student.username)], keys.report(student.username)) for student in students
    ]
    incomplete = any(report["status"] == "incomplete" for _, report, _ in reports)
    run = build_run(
        run_id=run_id,
        lab=lab,
        mode=mode,
        status="incomplete" if incomplete else "complete",
        started_at=started_at,
        finished_at=isoformat_utc(datetime.now(UTC)),
        reports=reports,
    )
    validate(run, "run")
    kept: dict[str, Any] = store.put_json_once(keys.run, run)
    gradebook = build_gradebook(run_id, lab, [build_row(student, report) for student, report, _ in reports])
    store.put_json(keys.gradebook_json, gradebook)
    store.put(keys.gradebook, exports()["csv"].render(gradebook))
    everybody = [report for _, report, _ in reports]
    if mode == "audit":
        audit = build_audit_summary(
            run_id=run_id,
            lab=lab,
            course=course,
            finished_at=kept["finished_at"],
            reports=everybody,
            not_graded=not_graded_students(everybody),
        )
        validate(audit, "audit")
        store.put_json_once(keys.audit, audit)
    from labgrader.reporting.html import render_class  # Jinja2 costs 100 ms, after the grades are safe

    store.put(keys.class_page, render_class(kept, everybody, lab).encode())
    if mode == "self-check":
        ours = any(result.get("our_fault", False) for result in store.results(run_id))
        finish_self_check(store, run_id, students[0].username, lab.id, give_back=ours)
    store.record_run(
        replace(
            planned,
            lab=lab.id,
            status=kept["status"],
            started_at=kept["started_at"],
            finished_at=kept["finished_at"],
            counts=StudentCounts.from_dict(kept["counts"]),
            error=None,
            told=None,
        )
    )
    publish_safely(publish, lambda: [*_drift(everybody, run_id, lab.id, course), run_completed(kept, course)])
    return kept


def _drift(reports: Sequence[Report], run_id: str, lab_id: str, course: str) -> list[Event]:
    """An event for every student of an audit who drifted, also for those whom ``audit.json`` only counts."""
    entries = [audit_entry(report) for report in reports]
    return [drift_detected(entry, run_id, lab_id, course) for entry in entries if entry and entry["drifted"]]


def _report_anyway(store: Store, run_id: str, mode: str, username: str, publish: Publish | None) -> None:
    """Write the report that the workflow owes; what cannot even be read of the student must not cost the class."""
    try:
        write_report(store, run_id, mode, username, failure=NEVER_REPORTED, publish=publish)
    except Exception:  # whatever it is, it broke this student's report before: the others need their gradebook
        log.exception("the report of %s cannot be written from what is recorded", username)
        write_report(store, run_id, mode, username, failure=NEVER_REPORTED, from_records=False, publish=publish)


def record_failure(
    store: Store, run_id: str, started_at: str, error: Mapping[str, str], *, publish: Publish | None = None
) -> Failure:
    """Record a run that could not go on, with the reason; nobody is graded by it.

    Two say so: the run's own last state, and the rule that hears how its execution ended. The first reason stands, and
    is told of once; a run that is summarised is no failure, whatever its execution came to after that. A self-check
    that failed does not count against the student's allowance.

    Args:
        store: the stack's store.
        run_id: the run.
        started_at: when its execution started, ISO 8601, where the record does not know; a run that was stopped from
            outside is told of at its end.
        error: ``Error`` and ``Cause``, as Step Functions has them.
        publish: tells others that the run failed.

    Returns:
        The run's record, and whether nothing was left to do.
    """
    planned = store.run(run_id) or _unplanned(run_id, "", started_at)
    try:
        lab = store.lab(run_id).id
    except MissingError:
        lab = planned.lab
    if planned.mode == "self-check" and planned.student:
        finish_self_check(store, run_id, planned.student, lab, give_back=not planned.has_results)
    if planned.has_results:
        log.error("%s failed after it was summarised: %s", run_id, quote(error.get("Error", ""), 200))
        return Failure(planned, again=True)
    if planned.status == "failed" and planned.told:
        return Failure(planned, again=True)
    record = planned
    if planned.status != "failed":
        reason = f"{error.get('Error', '')}: {error.get('Cause', '')}"
        unpublished = replace(planned, lab=lab, started_at=planned.started_at or started_at, told=None)
        record = unpublished.failed(reason, isoformat_utc(datetime.now(UTC)))
    store.record_run(record)
    publish_safely(publish, lambda: [run_failed(run_id, lab, record.mode, record.error or "", record.course or "")])
    store.record_run(replace(record, told=True))  # only now: what broke off before is told again
    return Failure(record, again=False)


def _unplanned(run_id: str, lab: str, started_at: str) -> RunRecord:
    """The record of a run that ended before it was planned."""
    return RunRecord(run_id=run_id, lab=lab, mode="grade", status="running", started_at=started_at)
