"""The part of the class page about an audit: changes since the previous run, and resources that cost money. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from labgrader.documents.report import Difference, Report
from labgrader.reporting.audit_summary import carried_over
from labgrader.reporting.formatting import WORDS, waiting_words

MAX_ROWS = 200
"""Rows of each table of the page. The students' own reports have the rest, as in a class of 10,000."""

MAX_LINES = 6
"""Lines in one cell; the rest are counted."""


def class_audit_view(reports: Sequence[Report]) -> dict[str, Any] | None:
    """Return what ``class_audit.html.j2`` shows, or ``None`` if the run is no audit.

    Args:
        reports: the report of each student, in the order of the page.
    """
    audits = [(report["student"], report["audit"]) for report in reports if "audit" in report]
    if not audits:
        return None
    rows = [
        {
            **student,
            "drifted": _drifted(audit["drifted"]),
            "gone": _part(audit["gone"]),
            "mended": _part([change["title"] for change in audit["mended"]]),
        }
        for student, audit in audits
        if audit["drifted"] or audit["gone"] or audit["mended"]
    ]
    costs: list[dict[str, Any]] = [
        {**student, **resource} for student, audit in audits for resource in audit["running"]
    ]
    costs.sort(key=lambda cost: -cost["usd_per_day"])
    return {
        "first": sum(audit["compared_with"] is None for _, audit in audits),
        "carried": carried_over(reports),
        "rows": rows[:MAX_ROWS],
        "more_rows": max(0, len(rows) - MAX_ROWS),
        "costs": costs[:MAX_ROWS],
        "more_costs": max(0, len(costs) - MAX_ROWS),
        "usd_per_day": round(sum(audit["usd_per_day"] for _, audit in audits), 2),
    }


def _changed(difference: Difference) -> str:
    """Return a check that is worse than before in words: ``Layers are attached: passed → failed``."""
    return f"{difference['title']}: {WORDS[difference['from']].lower()} → {WORDS[difference['to']].lower()}"


def _drifted(differences: Sequence[Difference]) -> dict[str, Any]:
    """Return the checks that are worse than before. Skipped ones are counted, because one failure can skip many."""
    skipped = sum(change["to"] == "skipped" for change in differences)
    named = [_changed(change) for change in differences if change["to"] != "skipped"]
    return {**_part(named), "skipped": waiting_words(skipped, len(named)) if skipped else ""}


def _part(lines: Sequence[str]) -> dict[str, Any]:
    return {"named": list(lines[:MAX_LINES]), "more": max(0, len(lines) - MAX_LINES), "skipped": ""}
