"""The content of the page of one student, in the order of the page. Pure: from the report alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from labgrader.documents.report import Difference, Report, ReportCheck
from labgrader.judging.verdict import STATUSES, Status
from labgrader.reporting.comparison_view import comparison_view
from labgrader.reporting.formatting import waiting_words
from labgrader.reporting.load_view import load_test_view
from labgrader.reporting.tasks import by_task
from labgrader.reporting.what_to_fix import what_to_fix


def student_view(report: Report, class_page: str = "") -> dict[str, Any]:
    """Return the variables of ``student.html.j2``.

    Args:
        report: the report.
        class_page: the address of the class page, as seen from this page; empty if the page has no link to it.
    """
    checks = report["checks"]
    audit = report.get("audit")
    titles = {check["id"]: check["title"] for check in checks}
    score = report["score"]
    return {
        "report": report,
        "class_page": class_page,
        "student": report["student"],
        "lab": report["lab"],
        "score": score,
        "lost": round(score["max_points"] - score["points"] - score["open_points"], 2),
        "counts": [(status, sum(check["status"] == status for check in checks)) for status in STATUSES],
        "tasks": _tasks(checks),
        "to_fix": what_to_fix(checks),
        "open": [check for check in checks if check["status"] == "not_graded"],
        "titles": titles,
        "load_tests": [load_test_view(test, titles) for test in report["load_tests"]],
        "comparisons": [comparison_view(comparison, titles) for comparison in report.get("comparisons", ())],
        "advice": report["advice"],
        "previous": report.get("previous") if "audit" not in report else None,  # an audit has a section for changes
        "audit": audit,
        "drifted": _drifted(audit["drifted"] if audit else (), checks),
        "grade": report.get("previous") if "audit" in report else None,
        "version_changed": _version_changed(report),
        "carried": sum("carried_over" in check for check in checks),
        "hidden": report.get("hidden"),
        "instructors_alone": [check for check in checks if check["visibility"] != "visible"],
    }


def _drifted(drifted: Sequence[Difference], checks: Sequence[ReportCheck]) -> list[dict[str, Any]]:
    """Return the checks that an audit found worse than before, each with the checks that are skipped because of it.

    A skipped check has an entry of its own if none of these checks causes it.
    """
    requires = {check["id"]: check.get("requires", []) for check in checks}
    status = {check["id"]: check["status"] for check in checks}
    named: dict[str, dict[str, Any]] = {
        change["check"]: {**change, "after": []} for change in drifted if change["to"] != "skipped"
    }
    alone: list[dict[str, Any]] = []
    for change in drifted:
        if change["to"] == "skipped":
            first = _comes_first(change["check"], requires, status, named)
            if first:
                named[first]["after"].append(change)
            else:
                alone.append({**change, "after": []})
    return [{**change, "waiting": _waiting(change["after"])} for change in (*named.values(), *alone)]


def _comes_first(
    check: str, requires: Mapping[str, Sequence[str]], status: Mapping[str, Status], named: Mapping[str, Any]
) -> str:
    """Return the id of the drifted check that a skipped check requires, also indirectly; empty if it requires none."""
    seen, ahead = {check}, list(requires.get(check, ()))
    while ahead:
        required = ahead.pop(0)
        if required in named:
            return required
        if required not in seen and status.get(required) == "skipped":
            ahead += requires.get(required, ())
        seen.add(required)
    return ""


def _waiting(after: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return the number of skipped checks in words, and the sum of their points."""
    if not after:
        return None
    return {"words": waiting_words(len(after), 1), "points": round(sum(change["points"] for change in after), 2)}


def _version_changed(report: Report) -> bool:
    """Return whether an audit compares with a run of another version of the lab."""
    audit = report.get("audit")
    before = audit["compared_with"] if audit else None
    return before is not None and before["lab_version"] != report["lab"]["version"]


def _tasks(checks: Sequence[ReportCheck]) -> list[dict[str, Any]]:
    """Return the checks by task, with the points of each task."""
    return [
        {
            "title": task,
            "checks": members,
            "points": round(sum(check["points"] for check in members), 2),
            "max_points": round(sum(check["max_points"] for check in members), 2),
            "open_points": round(sum(check["max_points"] for check in members if check["status"] == "not_graded"), 2),
        }
        for task, members in by_task(checks)
    ]
