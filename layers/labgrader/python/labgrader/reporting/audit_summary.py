"""What an audit found of a class: ``audit.json`` (``schemas/audit.schema.json``). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from labgrader.labs.lab import Lab
from labgrader.reporting.formatting import clean, rounded

SCHEMA = "labgrader.audit/1"

MAX_STUDENTS = 1_000
"""Students that are listed; the largest class has ten times as many, and a digest is read by people."""

MAX_ENTRIES = 20
"""What is listed of a student in each of the four lists; the report has all of it."""

MAX_TEXT = 240
"""Characters of one text."""

_LISTS = ("drifted", "gone", "running", "mended")
"""What there is to say of a student, what matters most first."""


def audit_entry(report: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what an audit found of one student, bounded, or ``None`` where there is nothing to say.

    Args:
        report: the student's report of an audit.
    """
    audit = report.get("audit")
    if audit is None or not any(audit[name] for name in _LISTS):
        return None
    drifted = sorted(audit["drifted"], key=lambda one: one["to"] == "skipped")  # what others wait for is never cut
    audit = {**audit, "drifted": drifted}
    return {
        "username": report["student"]["username"],
        "student_id": report["student"]["student_id"],
        "status": report["status"],
        **{name: [_short(one) for one in audit[name][:MAX_ENTRIES]] for name in _LISTS},
        "not_shown": sum(max(0, len(audit[name]) - MAX_ENTRIES) for name in _LISTS),
        "usd_per_day": audit["usd_per_day"],
    }


def build_audit_summary(
    *,
    run_id: str,
    lab: Lab,
    course: str,
    finished_at: str,
    reports: Sequence[Mapping[str, Any]],
    not_graded: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
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
        "counts": {
            "students": len(reports),
            **{name: sum(bool(entry[name]) for entry in entries) for name in ("drifted", "mended", "gone", "running")},
            "not_graded": sum(report["status"] == "incomplete" for report in reports),
            "first": sum("audit" in report and report["audit"]["compared_with"] is None for report in reports),
        },
        "carried_over": carried_over(reports),
        "not_graded": [dict(one) for one in not_graded],
        "usd_per_day": rounded(sum(entry["usd_per_day"] for entry in entries)),
    }


def carried_over(reports: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
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


def _foremost(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those with the most to say: who drifted, then who misses something, then who runs something; in their order."""
    by_need = sorted(range(len(entries)), key=lambda number: [not entries[number][name] for name in _LISTS])
    return [entries[number] for number in sorted(by_need[:MAX_STUDENTS])]


def _short(entry: Any) -> Any:
    """An entry of a list with its texts cut, with a notice; a command is whole, for half of one does anything."""
    if isinstance(entry, Mapping):
        return {name: value if name == "stop" else _short(value) for name, value in entry.items()}
    return clean(entry, MAX_TEXT) if isinstance(entry, str) else entry
