"""The results of an audit of a class: ``audit.json`` (``schemas/audit.schema.json``). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from labgrader.documents.audit import Audit, AuditCounts, AuditedStudent, CarriedOver, NotGraded
from labgrader.documents.report import Difference, Report, RunningResource
from labgrader.labs.lab import Lab
from labgrader.reporting.formatting import clean, rounded

SCHEMA = "labgrader.audit/1"

MAX_STUDENTS = 1_000
"""The most students in the list. The largest class has ten times as many; people read the digest."""

MAX_ENTRIES = 20
"""The most entries in each of a student's four lists. The report has all entries."""

MAX_TEXT = 240
"""The most characters of one text."""


def audit_entry(report: Report) -> AuditedStudent | None:
    """Return the findings of an audit for one student, with limited lists, or ``None`` without findings.

    Args:
        report: the student's report of an audit.
    """
    audit = report.get("audit")
    if audit is None:
        return None
    lists = (audit["drifted"], audit["gone"], audit["running"], audit["mended"])
    if not any(lists):
        return None
    drifted = sorted(
        audit["drifted"], key=lambda change: change["to"] == "skipped"
    )  # the limit must not drop the causes of skipped checks
    return {
        "username": report["student"]["username"],
        "student_id": report["student"]["student_id"],
        "status": report["status"],
        "drifted": [_short_difference(change) for change in drifted[:MAX_ENTRIES]],
        "gone": [clean(name, MAX_TEXT) for name in audit["gone"][:MAX_ENTRIES]],
        "running": [_short_resource(resource) for resource in audit["running"][:MAX_ENTRIES]],
        "mended": [_short_difference(change) for change in audit["mended"][:MAX_ENTRIES]],
        "not_shown": sum(max(0, len(entries) - MAX_ENTRIES) for entries in lists),
        "usd_per_day": audit["usd_per_day"],
    }


def build_audit_summary(
    *,
    run_id: str,
    lab: Lab,
    course: str,
    finished_at: str,
    reports: Sequence[Report],
    not_graded: Sequence[NotGraded] = (),
) -> Audit:
    """Return the summary of an audit. The same arguments give the same document.

    Args:
        run_id: the audit.
        lab: the lab as the run froze it.
        course: the course of the audit, or empty.
        finished_at: ISO 8601 in UTC.
        reports: the reports of all students, in the roster's order.
        not_graded: why students are not graded in full (``steps.not_graded_reasons``).
    """
    entries = [entry for entry in map(audit_entry, reports) if entry]
    counts: AuditCounts = {
        "students": len(reports),
        "drifted": sum(bool(entry["drifted"]) for entry in entries),
        "mended": sum(bool(entry["mended"]) for entry in entries),
        "gone": sum(bool(entry["gone"]) for entry in entries),
        "running": sum(bool(entry["running"]) for entry in entries),
        "not_graded": sum(report["status"] == "incomplete" for report in reports),
        "first": sum("audit" in report and report["audit"]["compared_with"] is None for report in reports),
    }
    listed = entries if len(entries) <= MAX_STUDENTS else _most_urgent(entries)
    return {
        "schema": SCHEMA,
        "run_id": run_id,
        "lab": lab.id,
        "lab_title": clean(lab.title),
        "course": course,
        "finished_at": finished_at,
        "students": listed,
        "more_students": len(entries) - len(listed),
        "counts": counts,
        "carried_over": carried_over(reports),
        "not_graded": list(not_graded),
        "usd_per_day": rounded(sum(entry["usd_per_day"] for entry in entries)),
    }


def carried_over(reports: Sequence[Report]) -> CarriedOver | None:
    """Return how many results an audit of a class carries over, and from when. Return ``None`` for no results.

    Args:
        reports: the reports of all students.
    """
    marks = [
        (report["student"]["username"], check["carried_over"])
        for report in reports
        for check in report["checks"]
        if "carried_over" in check
    ]
    if not marks:
        return None
    moments = [mark["graded_at"] for _, mark in marks]
    return {
        "results": len(marks),
        "students": len({username for username, _ in marks}),
        "runs": len({mark["run_id"] for _, mark in marks}),
        "first": min(moments),
        "last": max(moments),
    }


def _most_urgent(entries: Sequence[AuditedStudent]) -> list[AuditedStudent]:
    """Return the most urgent entries in their order. Drifted comes first, then missing, running and fixed."""

    def urgency(number: int) -> tuple[bool, ...]:
        entry = entries[number]
        return (not entry["drifted"], not entry["gone"], not entry["running"], not entry["mended"])

    most_urgent_first = sorted(range(len(entries)), key=urgency)
    return [entries[number] for number in sorted(most_urgent_first[:MAX_STUDENTS])]


def _short_difference(difference: Difference) -> Difference:
    """Return a difference with its texts cut. A cut text says so."""
    title, message = clean(difference["title"], MAX_TEXT), clean(difference["message"], MAX_TEXT)
    return {**difference, "title": title, "message": message}


def _short_resource(resource: RunningResource) -> RunningResource:
    """Return a resource with its texts cut. The command is never cut: half a command may do anything."""
    name, what = clean(resource["resource"], MAX_TEXT), clean(resource["what"], MAX_TEXT)
    return {**resource, "resource": name, "what": what}
