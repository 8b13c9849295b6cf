"""What the page of one student shows, in the order it shows it. Pure: from the report alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from labgrader.judging.verdict import STATUSES
from labgrader.reporting.comparison_view import comparison_view
from labgrader.reporting.load_view import load_test_view


def student_view(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variables of ``student.html.j2``."""
    checks: Sequence[Mapping[str, Any]] = report["checks"]
    titles = {check["id"]: check["title"] for check in checks}
    score = report["score"]
    return {
        "report": report,
        "student": report["student"],
        "lab": report["lab"],
        "score": score,
        "lost": round(score["max_points"] - score["points"] - score["open_points"], 2),
        "counts": [(status, sum(check["status"] == status for check in checks)) for status in STATUSES],
        "tasks": _tasks(checks),
        "to_mend": [check for check in checks if check["status"] in ("failed", "partial")],
        "open": [check for check in checks if check["status"] == "not_graded"],
        "titles": titles,
        "load_tests": [load_test_view(test, titles) for test in report["load_tests"]],
        "comparisons": [comparison_view(one, titles) for one in report.get("comparisons", ())],
        "advice": report["advice"],
        "previous": report.get("previous") if "audit" not in report else None,  # the audit says it in more words
        "audit": report.get("audit"),
        "version_changed": _version_changed(report),
        "carried": sum("carried_over" in check for check in checks),
        "hidden": report.get("hidden"),
    }


def _version_changed(report: Mapping[str, Any]) -> bool:
    """Whether an audit compares with a run of another version of the lab."""
    before = (report.get("audit") or {}).get("compared_with")
    return before is not None and before["lab_version"] != report["lab"]["version"]


def _tasks(checks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The checks by the task they belong to, tasks in the order of their first check."""
    by_task: dict[str, list[Mapping[str, Any]]] = {}
    for check in checks:
        by_task.setdefault(check["task"], []).append(check)
    return [
        {
            "title": task or "Other checks",
            "checks": members,
            "points": round(sum(check["points"] for check in members), 2),
            "max_points": round(sum(check["max_points"] for check in members), 2),
            "open_points": round(sum(one["max_points"] for one in members if one["status"] == "not_graded"), 2),
        }
        for task, members in by_task.items()
    ]
