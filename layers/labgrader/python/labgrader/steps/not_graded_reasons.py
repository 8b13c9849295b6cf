"""Why students of a run could not be graded in full: one reason each, with who they are. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from labgrader.documents.audit import NotGraded
from labgrader.documents.report import Report
from labgrader.reasons import Reason
from labgrader.reporting.run_summary import of_anybody
from labgrader.steps.check_outcomes import AUDIT_INVOKES_NOTHING, ungraded_checks

MAX_REASONS = 5
"""Reasons that are told; students with another one are counted by the run, and their reports say why."""

MAX_NAMED = 20
"""Students that are named under one reason."""

MAX_REASON = 240
"""Characters of a reason."""


def not_graded_students(reports: Sequence[Report]) -> list[NotGraded]:
    """Return why students are not graded in full, what holds for most of them first.

    A student stands under one reason: the first check that should have been graded and was not. Only where there is
    none is it that an audit sets no function to work, and a graded run has to tell.

    Args:
        reports: every student's, in the roster's order.
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
    """The code, empty in a report of an earlier version, and the sentence."""
    ids = ungraded_checks(report)
    if not ids:
        return Reason.NEEDS_GRADED_RUN, AUDIT_INVOKES_NOTHING
    checks = [check for check in report["checks"] if check["id"] in ids]
    first = next((check for check in checks if check.get("reason") != Reason.PREREQUISITE), checks[0])
    return first.get("reason", ""), of_anybody(first["message"], report)[:MAX_REASON]
