"""Summarise run: every student has a report, the class has a gradebook, the run has a record. Always the last state."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from labgrader.events import Event, Publish, drift_detected, publish_safely, run_completed, run_failed
from labgrader.messages import quote
from labgrader.moments import moment
from labgrader.reporting.audit_summary import audit_entry, build_audit_summary
from labgrader.reporting.exports import exports
from labgrader.reporting.gradebook import build_gradebook, build_row
from labgrader.reporting.run_summary import build_run
from labgrader.runs.self_check import finish_self_check
from labgrader.schemas import validate
from labgrader.steps.not_graded_reasons import left_open
from labgrader.steps.write_report import write_report
from labgrader.store import Keys, MissingError, Store

log = logging.getLogger(__name__)

NEVER_REPORTED = "labgrader did not finish this student; no points are lost, and the run can be repeated for them alone"


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
    planned = {name: value for name, value in (store.run(run_id) or {}).items() if name not in ("error", "told")}
    mode, course = planned.get("mode", "grade"), planned.get("course", "")
    lab = store.lab(run_id)
    students = store.students(run_id)
    reported = {result["username"] for result in store.results(run_id)}  # a report's last write is its record
    lost = [student.username for student in students if student.username not in reported]
    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(lambda username: _report_anyway(store, run_id, mode, username, publish), lost))
    documents = store.get_all_json([keys.report(student.username) for student in students])
    reports = [
        (student, documents[keys.report(student.username)], keys.report(student.username)) for student in students
    ]
    incomplete = any(report["status"] == "incomplete" for _, report, _ in reports)
    run = build_run(
        run_id=run_id,
        lab=lab,
        mode=mode,
        status="incomplete" if incomplete else "complete",
        started_at=started_at,
        finished_at=moment(datetime.now(UTC)),
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
            not_graded=left_open(everybody),
        )
        validate(audit, "audit")
        store.put_json_once(keys.audit, audit)
    from labgrader.reporting.html import render_class  # Jinja2 costs 100 ms, after the grades are safe

    store.put(keys.class_page, render_class(kept, everybody, lab).encode())
    if mode == "self-check":
        ours = any(result.get("our_fault", False) for result in store.results(run_id))
        finish_self_check(store, run_id, students[0].username, lab.id, give_back=ours)
    store.record_run(
        {
            **planned,
            "run_id": run_id,
            "lab": lab.id,
            "mode": mode,
            "status": kept["status"],
            "started_at": kept["started_at"],
            "finished_at": kept["finished_at"],
            "counts": kept["counts"],
        }
    )
    publish_safely(publish, lambda: [*_drift(everybody, run_id, lab.id, course), run_completed(kept, course)])
    return kept


def _drift(reports: Sequence[Mapping[str, Any]], run_id: str, lab_id: str, course: str) -> list[Event]:
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
) -> dict[str, Any]:
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
        The run's record, with ``again`` where nothing was left to do.
    """
    planned = store.run(run_id) or {}
    status = planned.get("status", "")
    summarised = status in ("complete", "incomplete")
    try:
        lab = store.lab(run_id).id
    except MissingError:
        lab = planned.get("lab", "")
    mode, student = planned.get("mode", "grade"), planned.get("student", "")
    if mode == "self-check" and student:
        finish_self_check(store, run_id, student, lab, give_back=not summarised)
    if summarised:
        log.error("%s failed after it was summarised: %s", run_id, quote(error.get("Error", ""), 200))
        return {**planned, "again": True}
    if status == "failed" and planned.get("told"):
        return {**planned, "again": True}
    record = planned if status == "failed" else _failed(run_id, lab, mode, planned, started_at, error)
    store.record_run(record)
    publish_safely(publish, lambda: [run_failed(run_id, lab, mode, record.get("error", ""), record.get("course", ""))])
    store.record_run({**record, "told": True})  # only now: what broke off before is told again
    return record


def _failed(
    run_id: str, lab: str, mode: str, planned: Mapping[str, Any], started_at: str, error: Mapping[str, str]
) -> dict[str, Any]:
    """The record of a run that could not go on; nobody was told of it yet, though it may have failed before."""
    return {
        **{name: value for name, value in planned.items() if name != "told"},
        "run_id": run_id,
        "lab": lab,
        "mode": mode,
        "status": "failed",
        "started_at": planned.get("started_at") or started_at,
        "finished_at": moment(datetime.now(UTC)),
        "counts": planned.get("counts", {"students": 0, "complete": 0, "incomplete": 0}),
        "error": quote(f"{error.get('Error', '')}: {error.get('Cause', '')}", 1000),
    }


def duration_s(run: Mapping[str, Any]) -> float:
    """Return how many seconds a run took, by its record; 0 where that cannot be told."""
    try:
        took = datetime.fromisoformat(run["finished_at"]) - datetime.fromisoformat(run["started_at"])
    except (KeyError, TypeError, ValueError):
        return 0.0
    return max(0.0, took.total_seconds())
