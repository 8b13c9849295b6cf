"""What the page of a class shows: totals, the distribution, the table, what failed most, what is not graded. Pure."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from labgrader.documents.report import Report, ReportCheck
from labgrader.judging.verdict import STATUSES
from labgrader.labs.lab import Lab
from labgrader.messages import quote
from labgrader.reporting.audit_view import class_audit_view
from labgrader.reporting.formatting import WORDS, moment_text, points_text
from labgrader.reporting.run_summary import without_names
from labgrader.reporting.tasks import by_task

MAX_TROUBLES = 6
"""Checks that are named as those that failed most."""

MAX_NAMED = 12
"""Students that one line names; the rest are counted."""

MAX_MESSAGE = 160
"""Characters of a message that a cell of the table shows when it is pointed at."""


def class_view(run: Mapping[str, Any], reports: Sequence[Report], lab: Lab) -> dict[str, Any]:
    """Return the variables of ``class.html.j2``."""
    by_username = {report["student"]["username"]: report for report in reports}
    in_order = [by_username[one["username"]] for one in run["students"] if one["username"] in by_username]
    graded = [report["score"]["percent"] for report in in_order if report["status"] == "complete"]
    titles = {check["id"]: check["title"] for check in run["checks"]}
    tasks = by_task(_check(check, len(in_order)) for check in run["checks"])
    columns = [check["id"] for _, members in tasks for check in members]
    return {
        "run": run,
        "lab": lab,
        "counts": run["counts"],
        "max_points": lab.points,
        "mean": round(statistics.fmean(graded), 1) if graded else None,
        "median": round(statistics.median(graded), 1) if graded else None,
        "full_marks": sum(percent == 100 for percent in graded),
        "distribution": _distribution(graded),
        "graded": len(graded),
        "tasks": [{"title": task, "checks": members} for task, members in tasks],
        "rows": [_row(report, columns) for report in in_order],
        "troubles": _troubles(in_order, titles),
        "open": _open(in_order),
        "unseen": lab.unseen,
        "audit": class_audit_view(in_order),
        "statuses": STATUSES,
    }


def _distribution(percents: Sequence[float]) -> list[dict[str, Any]]:
    """How many students lie in each ten percent; full marks stand alone, because a teacher looks for them."""
    found = Counter(min(int(percent // 10), 10) for percent in percents)
    most = max(found.values(), default=1)
    return [
        {
            "label": "100" if step == 10 else f"{step * 10}–{step * 10 + 9}",
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
    """A cell: its status, whether an audit only carried that over, and the words it shows when it is pointed at.

    What is simply passed has none.
    """
    status, carried = check["status"], check.get("carried_over")
    of_then = f"carried over from the graded run of {moment_text(carried['graded_at'])}" if carried else ""
    if status == "passed":
        words = f"{check['title']}: {of_then}" if carried else ""
    else:
        points = f"{points_text(check['points'])} of {points_text(check['max_points'])} points"
        then = f", {of_then}" if carried else ""
        words = f"{check['title']}: {WORDS[status].lower()}, {points}{then}. {quote(check['message'], MAX_MESSAGE)}"
    return {"status": status, "carried": bool(carried), "words": words}


def _check(check: Mapping[str, Any], students: int) -> dict[str, Any]:
    """A check's counts, and the share of the class behind each as the width of a bar's part."""
    return {
        **check,
        "shares": [(status, 100 * check[status] / max(students, 1)) for status in STATUSES if check[status]],
    }


def _troubles(reports: Sequence[Report], titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """The checks that most students did not pass, each with what was said most often."""
    said: dict[str, Counter[str]] = {check_id: Counter() for check_id in titles}
    for report in reports:
        for check in report["checks"]:
            if check["status"] in ("failed", "partial") and check["id"] in said:
                said[check["id"]][without_names(check["message"], report)] += 1
    troubles = []
    for check_id, messages in said.items():
        if messages:
            message, times = min(messages.items(), key=lambda one: (-one[1], one[0]))
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
    """What is not graded, by its reason: how many checks, and whose."""
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
            "students": list(students)[:MAX_NAMED],
            "more_students": max(0, len(students) - MAX_NAMED),
        }
        for reason, students in found.items()
    ]
    return sorted(reasons, key=lambda one: -int(str(one["checks"])))
