"""Summarise run: every student has a report, the class has a gradebook, the run has a record. Always the last state."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from labgrader.messages import quote
from labgrader.reporting.gradebook import render_gradebook
from labgrader.reporting.run_summary import build_run
from labgrader.schemas import validate
from labgrader.steps.write_report import write_report
from labgrader.store import Keys, MissingError, Store

log = logging.getLogger(__name__)

NEVER_REPORTED = "labgrader did not finish this student; no points are lost, and the run can be repeated for them alone"


def summarise_run(store: Store, run_id: str, started_at: str) -> dict[str, Any]:
    """Write ``run.json``, ``gradebook.csv``, ``class.html`` and the run's record.

    A student whose part of the workflow failed gets a report here: what was judged counts, the rest is not graded.

    Returns:
        ``run.json``, as it is kept.
    """
    keys = Keys(run_id)
    planned = store.run(run_id)
    mode = planned["mode"] if planned else "grade"
    lab = store.lab(run_id)
    students = store.students(run_id)
    reported = {result["username"] for result in store.results(run_id)}  # a report's last write is its record
    lost = [student.username for student in students if student.username not in reported]
    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(lambda username: _report_anyway(store, run_id, mode, username), lost))
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
        finished_at=_now(),
        reports=reports,
    )
    validate(run, "run")
    kept: dict[str, Any] = store.put_json_once(keys.run, run)
    gradebook = render_gradebook(lab, [(student, report) for student, report, _ in reports])
    store.put(keys.gradebook, gradebook)
    from labgrader.reporting.html import render_class  # Jinja2 costs 100 ms, after the grades are safe

    store.put(keys.class_page, render_class(kept, [report for _, report, _ in reports], lab).encode())
    store.record_run(
        {
            "run_id": run_id,
            "lab": lab.id,
            "mode": mode,
            "status": kept["status"],
            "started_at": kept["started_at"],
            "finished_at": kept["finished_at"],
            "counts": kept["counts"],
        }
    )
    return kept


def _report_anyway(store: Store, run_id: str, mode: str, username: str) -> None:
    """Write the report that the workflow owes; what cannot even be read of the student must not cost the class."""
    try:
        write_report(store, run_id, mode, username, failure=NEVER_REPORTED)
    except Exception:  # whatever it is, it broke this student's report before: the others need their gradebook
        log.exception("the report of %s cannot be written from what is recorded", username)
        write_report(store, run_id, mode, username, failure=NEVER_REPORTED, from_records=False)


def record_failure(store: Store, run_id: str, started_at: str, error: Mapping[str, str]) -> dict[str, Any]:
    """Record a run that could not go on, with the reason; nobody is graded by it.

    Returns:
        ``run_id``, ``status`` and ``counts``, as a finished run does.
    """
    planned = store.run(run_id)
    try:
        lab = store.lab(run_id).id
    except MissingError:
        lab = ""
    record = {
        "run_id": run_id,
        "lab": lab,
        "mode": planned["mode"] if planned else "grade",
        "status": "failed",
        "started_at": started_at,
        "finished_at": _now(),
        "counts": planned["counts"] if planned else {"students": 0, "complete": 0, "incomplete": 0},
        "error": quote(f"{error.get('Error', '')}: {error.get('Cause', '')}", 1000),
    }
    store.record_run(record)
    return record


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
