"""Build the summary of a run: ``run.json`` (``schemas/run.schema.json``)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from labgrader.documents.report import Report
from labgrader.judging.verdict import STATUSES
from labgrader.labs.lab import Item, Lab
from labgrader.labs.placeholders import fill
from labgrader.reporting.formatting import clean, rounded
from labgrader.rosters import Student

SCHEMA = "labgrader.run/1"

PLACEHOLDERS = {"username": "USERNAME", "account_id": "ACCOUNT", "region": "REGION"}
"""The words that replace a student's names in texts about the whole class."""


def build_run(
    *,
    run_id: str,
    lab: Lab,
    mode: str,
    status: str,
    started_at: str,
    finished_at: str,
    reports: Sequence[tuple[Student, Report, str]],
) -> dict[str, Any]:
    """Return the summary of a run. The same arguments give the same document.

    Args:
        run_id, mode: the run, and ``grade`` or ``audit``.
        lab: the lab as the run froze it.
        status: ``complete``, or ``incomplete`` if a student has a check that is not graded. A run without results is
            ``running`` or ``failed``.
        started_at, finished_at: ISO 8601 in UTC.
        reports: the students in the roster's order, each with their report and the key it is stored under.
    """
    found: Counter[tuple[str, str]] = Counter(
        (check["id"], check["status"]) for _, report, _ in reports for check in report["checks"]
    )
    complete = sum(report["status"] == "complete" for _, report, _ in reports)
    return {
        "schema": SCHEMA,
        "run_id": run_id,
        "lab": lab.id,
        "lab_version": lab.version,
        "lab_title": clean(lab.title),
        "mode": mode,
        "status": status,
        "started_at": started_at,
        "finished_at": finished_at,
        "students": [
            {
                "student_id": clean(student.student_id or student.username),
                "username": student.username,
                "status": report["status"],
                "points": report["score"]["points"],
                "max_points": report["score"]["max_points"],
                "percent": report["score"]["percent"],
                "open_points": report["score"]["open_points"],
                "report_key": report_key,
            }
            for student, report, report_key in reports
        ],
        "checks": [
            {
                "id": item.id,
                "title": class_title(item),
                "task": clean(item.task),
                "max_points": rounded(item.points),
                **{verdict: found[item.id, verdict] for verdict in STATUSES},
            }
            for item in lab.checks
        ],
        "counts": {"students": len(reports), "complete": complete, "incomplete": len(reports) - complete},
    }


def class_title(item: Item) -> str:
    """Return the title of a check for a whole class: ``USERNAME-optimized-function exists``."""
    return clean(fill(item.title, PLACEHOLDERS))


def without_names(message: str, report: Report) -> str:
    """Return a message with the student's names replaced, so that equal messages of several students are equal."""
    username = re.escape(report["student"]["username"])
    shown = re.sub(rf"(?<![A-Za-z0-9]){username}(?![a-z0-9])", PLACEHOLDERS["username"], message)
    account = report["account_id"]
    return clean(shown.replace(account, PLACEHOLDERS["account_id"]) if account else shown, 400)
