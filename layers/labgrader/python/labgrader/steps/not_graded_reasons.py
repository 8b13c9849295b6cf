"""Why students of a run are not graded in full: one reason for each student, with their names. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from labgrader.documents.audit import NotGraded
from labgrader.documents.report import Report
from labgrader.reasons import Reason
from labgrader.reporting.run_summary import without_names
from labgrader.steps.check_outcomes import AUDIT_INVOKES_NOTHING, ungraded_checks

MAX_REASONS = 5
"""The most reasons in the list. The run counts the other students, and their reports have the reasons."""

MAX_NAMED = 20
"""The most students that one reason names."""

MAX_REASON = 240
"""The most characters of a reason."""


def not_graded_students(reports: Sequence[Report]) -> list[NotGraded]:
    """Return why students are not graded in full. The reason with the most students comes first.

    The reason of a student is that of the first check that should have been graded and was not. Without such a check,
    the reason is that an audit does not invoke functions.

    Args:
        reports: the reports of all students, in the roster's order.
    """
    students: dict[tuple[str, str], list[str]] = {}
    for report in reports:
        if report["status"] != "complete":
            students.setdefault(_reason(report), []).append(report["student"]["username"])
    most_first = sorted(students.items(), key=lambda group: -len(group[1]))[:MAX_REASONS]
    return [_group(code, sentence, names) for (code, sentence), names in most_first]


def _group(code: str, sentence: str, names: Sequence[str]) -> NotGraded:
    group: NotGraded = {
        "reason": sentence,
        "needs_graded_run": code == Reason.NEEDS_GRADED_RUN,
        "students": list(names[:MAX_NAMED]),
        "more_students": max(0, len(names) - MAX_NAMED),
    }
    if code:
        group["code"] = code
    return group


def _reason(report: Report) -> tuple[str, str]:
    """Return the code of the reason, and its sentence. Reports of earlier versions have no code: it is empty then."""
    ids = ungraded_checks(report)
    if not ids:
        return Reason.NEEDS_GRADED_RUN, AUDIT_INVOKES_NOTHING
    checks = [check for check in report["checks"] if check["id"] in ids]
    first = next((check for check in checks if check.get("reason") != Reason.PREREQUISITE), checks[0])
    return first.get("reason", ""), without_names(first["message"], report)[:MAX_REASON]
