"""The content of the class page: what needs attention, totals, distribution, matrix, most frequent failures. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from labgrader.documents.report import Report, ReportCheck
from labgrader.judging.verdict import STATUSES
from labgrader.labs.lab import Lab
from labgrader.labs.points import points_text
from labgrader.messages import quote
from labgrader.reporting.audit_view import class_audit_view
from labgrader.reporting.class_totals import class_totals
from labgrader.reporting.formatting import WORDS, moment_text
from labgrader.reporting.nothing_found import nothing_found
from labgrader.reporting.run_summary import without_names
from labgrader.reporting.tasks import by_task

MAX_TROUBLES = 6
"""The number of checks below "Most frequent failures"."""

MAX_NAMED = 12
"""The number of students that one line names. The others are counted."""

MAX_MESSAGE = 160
"""Characters of a message in the tooltip of a cell of the matrix."""

NO_SECTION = "No section"
"""The heading of the students without a section, in a class with sections."""


def class_view(run: Mapping[str, Any], reports: Sequence[Report], lab: Lab) -> dict[str, Any]:
    """Return the variables of ``class.html.j2``."""
    by_username = {report["student"]["username"]: report for report in reports}
    in_order = [by_username[student["username"]] for student in run["students"] if student["username"] in by_username]
    totals = class_totals(in_order)
    titles = {check["id"]: check["title"] for check in run["checks"]}
    tasks = by_task(_check(check, len(in_order)) for check in run["checks"])
    columns = [check["id"] for _, members in tasks for check in members]
    rows = [_row(report, columns) for report in in_order]
    return {
        "run": run,
        "lab": lab,
        "counts": run["counts"],
        "totals": totals,
        "distribution": _distribution(totals.percents),
        "tasks": [{"title": task, "checks": members} for task, members in tasks],
        "columns": columns,
        "groups": _groups(rows, in_order),
        "by_points": sorted(rows, key=lambda row: -float(row["score"]["points"])),
        "troubles": _troubles(in_order, titles),
        "nothing_found": [{"sentence": found.sentence, **_named(found.usernames)} for found in nothing_found(in_order)],
        "open": _open(in_order),
        "drifted": _named([report["student"]["username"] for report in in_order if _has_drifted(report)]),
        "unseen": lab.unseen,
        "audit": class_audit_view(in_order),
        "statuses": STATUSES,
    }


def _groups(rows: Sequence[dict[str, Any]], reports: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of the matrix by section. A class without sections is one group without a title."""
    sections: dict[str, list[int]] = {}
    for number, report in enumerate(reports):
        sections.setdefault(report["student"]["section"], []).append(number)
    has_sections = any(sections)
    return [
        {
            "title": (f"Section {section}" if section else NO_SECTION) if has_sections else "",
            "rows": [rows[number] for number in members],
            "totals": class_totals(reports[number] for number in members),
        }
        for section, members in sorted(
            sections.items(), key=lambda found: not found[0]
        )  # students without a section are last
    ]


def _named(usernames: Sequence[str]) -> dict[str, Any]:
    """Return the students that a line names, and the number of further ones."""
    return {"students": list(usernames[:MAX_NAMED]), "more_students": max(0, len(usernames) - MAX_NAMED)}


def _has_drifted(report: Mapping[str, Any]) -> bool:
    """Return whether an audit found drift or a deleted resource of the student."""
    audit = report.get("audit") or {}
    return bool(audit.get("drifted") or audit.get("gone"))


def _distribution(percents: Sequence[float]) -> list[dict[str, Any]]:
    """Return the number of students in each ten percent. Full marks have a column, because teachers look for them."""
    found = Counter(min(int(percent // 10), 10) for percent in percents)
    most = max(found.values(), default=1)
    return [
        {
            "label": "100" if step == 10 else f"{step * 10}–{step * 10 + 9}",
            "from": step * 10,
            "to": "" if step == 10 else step * 10 + 9,
            "students": found[step],
            "height": round(100 * found[step] / most),
        }
        for step in range(11)
    ]


def _row(report: Report, columns: Sequence[str]) -> dict[str, Any]:
    checks = {check["id"]: check for check in report["checks"]}
    return {
        **report["student"],
        "score": report["score"],
        "complete": report["status"] == "complete",
        "cells": [_cell(checks[check_id]) if check_id in checks else None for check_id in columns],
    }


def _cell(check: ReportCheck) -> dict[str, Any]:
    """Return a cell of the matrix: status, whether an audit carried it over, and a tooltip (empty if passed)."""
    status, carried = check["status"], check.get("carried_over")
    origin = f"carried over from the graded run of {moment_text(carried['graded_at'])}" if carried else ""
    if status == "passed":
        words = f"{check['title']}: {origin}" if carried else ""
    else:
        points = f"{points_text(check['points'])} of {points_text(check['max_points'])} points"
        ending = f", {origin}" if carried else ""
        words = f"{check['title']}: {WORDS[status].lower()}, {points}{ending}. {quote(check['message'], MAX_MESSAGE)}"
    return {"id": check["id"], "status": status, "carried": bool(carried), "words": words}


def _check(check: Mapping[str, Any], students: int) -> dict[str, Any]:
    """Return a check with its counts and, for the bar, the percentage of the class with each status."""
    return {
        **check,
        "shares": [(status, 100 * check[status] / max(students, 1)) for status in STATUSES if check[status]],
    }


def _troubles(reports: Sequence[Report], titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the checks that most students did not pass, each with its most frequent message."""
    by_check: dict[str, Counter[str]] = {check_id: Counter() for check_id in titles}
    for report in reports:
        for check in report["checks"]:
            if check["status"] in ("failed", "partial") and check["id"] in by_check:
                by_check[check["id"]][without_names(check["message"], report)] += 1
    troubles = []
    for check_id, messages in by_check.items():
        if messages:
            message, times = min(messages.items(), key=lambda found: (-found[1], found[0]))
            troubles.append(
                {
                    "id": check_id,
                    "title": titles[check_id],
                    "students": messages.total(),
                    "message": message,
                    "times": times,
                    "others": len(messages) - 1,
                }
            )
    return sorted(troubles, key=lambda trouble: -int(str(trouble["students"])))[:MAX_TROUBLES]


def _open(reports: Sequence[Report]) -> list[dict[str, Any]]:
    """Return the reasons why checks are not graded, each with its number of checks and its students."""
    found: dict[str, dict[str, list[str]]] = {}
    for report in reports:
        for check in report["checks"]:
            if check["status"] == "not_graded":
                students = found.setdefault(without_names(check["message"], report), {})
                students.setdefault(report["student"]["username"], []).append(check["title"])
    reasons = [
        {
            "reason": reason,
            "checks": sum(len(checks) for checks in students.values()),
            **_named(list(students)),
        }
        for reason, students in found.items()
    ]
    return sorted(reasons, key=lambda found: -int(str(found["checks"])))
