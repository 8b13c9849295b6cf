"""What an audit found of a class: ``audit.json`` (``schemas/audit.schema.json``). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from labgrader.documents.audit import Audit, AuditCounts, AuditedStudent, CarriedOver, NotGraded
from labgrader.documents.report import Difference, Report, RunningResource
from labgrader.labs.lab import Lab
from labgrader.reporting.formatting import clean, rounded

SCHEMA = "labgrader.audit/1"

MAX_STUDENTS = 1_000
"""Students that are listed; the largest class has ten times as many, and a digest is read by people."""

MAX_ENTRIES = 20
"""What is listed of a student in each of the four lists; the report has all of it."""

MAX_TEXT = 240
"""Characters of one text."""


def audit_entry(report: Report) -> AuditedStudent | None:
    """Return what an audit found of one student, bounded, or ``None`` where there is nothing to say.

    Args:
        report: the student's report of an audit.
    """
    audit = report.get("audit")
    if audit is None:
        return None
    lists = (audit["drifted"], audit["gone"], audit["running"], audit["mended"])
    if not any(lists):
        return None
    drifted = sorted(audit["drifted"], key=lambda change: change["to"] == "skipped")  # what others wait for is kept
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
    """Sum up an audit; the same arguments give the same document.

    Args:
        run_id: the audit.
        lab: the lab as the run froze it.
        course: the course that it is an audit of, or empty.
        finished_at: ISO 8601 in UTC.
        reports: every student's, in the roster's order.
        not_graded: why students could not be graded in full (``steps.left_open``).
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
    listed = entries if len(entries) <= MAX_STUDENTS else _foremost(entries)
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
    """Return how many results an audit of a class carries over, and from when; ``None`` where it carries none.

    Args:
        reports: every student's.
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


def _foremost(entries: Sequence[AuditedStudent]) -> list[AuditedStudent]:
    """Those with the most to say: who drifted, then who misses something, then who runs something; in their order."""

    def need(number: int) -> tuple[bool, ...]:
        entry = entries[number]
        return (not entry["drifted"], not entry["gone"], not entry["running"], not entry["mended"])

    by_need = sorted(range(len(entries)), key=need)
    return [entries[number] for number in sorted(by_need[:MAX_STUDENTS])]


def _short_difference(difference: Difference) -> Difference:
    """Return a difference with its texts cut, with a notice."""
    title, message = clean(difference["title"], MAX_TEXT), clean(difference["message"], MAX_TEXT)
    return {**difference, "title": title, "message": message}


def _short_resource(resource: RunningResource) -> RunningResource:
    """Return a resource with its texts cut, with a notice. The command is whole: half a command does anything."""
    name, what = clean(resource["resource"], MAX_TEXT), clean(resource["what"], MAX_TEXT)
    return {**resource, "resource": name, "what": what}
