"""Summarise run: write missing reports, the gradebook and the record of the run. It is always the last state."""

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

NEVER_REPORTED = (
    "labgrader did not finish grading this student; no points are lost, "
    "and the run can be repeated for this student alone"
)


@dataclass(frozen=True)
class Failure:
    """A run that failed.

    Args:
        record: the run's record.
        again: whether the failure was recorded and published before.
    """

    record: RunRecord
    again: bool


def summarise_run(store: Store, run_id: str, started_at: str, *, publish: Publish | None = None) -> dict[str, Any]:
    """Write the results of a run and its record.

    The results are ``run.json``, ``gradebook.json``, ``gradebook.csv`` and ``class.html``, and ``audit.json`` for an
    audit. If the workflow failed for a student, the student's report is written here: recorded verdicts count, and the
    other checks are not graded. After a self-check, the student may start another one.

    Args:
        store: the stack's store.
        run_id: the run.
        started_at: when its execution started, ISO 8601.
        publish: sends the events that the run is complete and which students drifted.

    Returns:
        ``run.json``, as it is stored.
    """
    keys = Keys(run_id)
    lab = store.lab(run_id)
    planned = store.run(run_id) or _unplanned(run_id, lab.id, started_at)
    mode, course = planned.mode, planned.course or ""
    students = store.students(run_id)
    reported = {
        result["username"] for result in store.results(run_id)
    }  # the record of a result is written after the report
    lost = [student.username for student in students if student.username not in reported]
    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(lambda username: _write_missing_report(store, run_id, mode, username, publish), lost))
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
    rows = [build_row(student, report) for student, report, _ in reports]
    gradebook = build_gradebook(run_id, lab, rows, mode=mode, finished_at=kept["finished_at"])
    store.put_json(keys.gradebook_json, gradebook)
    store.put(keys.gradebook, exports()["csv"].render(gradebook))
    all_reports = [report for _, report, _ in reports]
    if mode == "audit":
        audit = build_audit_summary(
            run_id=run_id,
            lab=lab,
            course=course,
            finished_at=kept["finished_at"],
            reports=all_reports,
            not_graded=not_graded_students(all_reports),
        )
        validate(audit, "audit")
        store.put_json_once(keys.audit, audit)
    from labgrader.reporting.html import render_class  # Jinja2 costs 100 ms, after the grades are safe

    store.put(keys.class_page, render_class(kept, all_reports, lab).encode())
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
    publish_safely(publish, lambda: [*_drift(store, all_reports, run_id, lab.id, course), run_completed(kept, course)])
    return kept


def _drift(store: Store, reports: Sequence[Report], run_id: str, lab_id: str, course: str) -> list[Event]:
    """Return an event for every student of an audit who drifted, even if ``audit.json`` only counts the student."""
    entries = [audit_entry(report) for report in reports]
    drifted = [entry for entry in entries if entry and entry["drifted"]]
    private = bool(drifted) and store.is_private(run_id)
    return [drift_detected(entry, run_id, lab_id, course, private=private) for entry in drifted]


def _write_missing_report(store: Store, run_id: str, mode: str, username: str, publish: Publish | None) -> None:
    """Write the report that a student still lacks. Unreadable records of one student must not stop the whole class."""
    try:
        write_report(store, run_id, mode, username, failure=NEVER_REPORTED, publish=publish)
    except Exception:  # any error of one student: the rest of the class needs its gradebook
        log.exception("cannot write the report of %s from the records; write it without them", username)
        write_report(store, run_id, mode, username, failure=NEVER_REPORTED, from_records=False, publish=publish)


def record_failure(
    store: Store, run_id: str, started_at: str, error: Mapping[str, str], *, publish: Publish | None = None
) -> Failure:
    """Record a run as failed, with the reason. No student is graded.

    Two callers may report the failure: the last state of the run, and the rule for executions that ended. The first
    reason is kept, and ``Run Failed`` is published once. A summarized run has not failed, even if its execution failed
    afterward. A failed self-check does not count against the student's allowance.

    Args:
        store: the stack's store.
        run_id: the run.
        started_at: when its execution started, ISO 8601. It is used if the record has no start.
        error: ``Error`` and ``Cause``, as Step Functions has them.
        publish: sends the event that the run failed.

    Returns:
        The run's record, and whether the failure was recorded before.
    """
    planned = store.run(run_id) or _unplanned(run_id, "", started_at)
    try:
        lab = store.lab(run_id).id
    except MissingError:
        lab = planned.lab
    if planned.mode == "self-check" and planned.student:
        finish_self_check(store, run_id, planned.student, lab, give_back=not planned.has_results)
    if planned.has_results:
        log.error("%s failed after it was summarized: %s", run_id, quote(error.get("Error", ""), 200))
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
    store.record_run(replace(record, told=True))  # recorded last: if publishing breaks off, a retry publishes it again
    return Failure(record, again=False)


def _unplanned(run_id: str, lab: str, started_at: str) -> RunRecord:
    """Return a record for a run that ended before it was planned."""
    return RunRecord(run_id=run_id, lab=lab, mode="grade", status="running", started_at=started_at)
