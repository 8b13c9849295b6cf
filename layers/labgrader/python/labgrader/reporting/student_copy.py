"""A report as its student may see it: without hidden checks and all that would tell of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypedDict, TypeVar

from labgrader.documents.report import (
    Difference,
    Previous,
    Report,
    ReportCheck,
    ReportComparison,
    ReportLoadTest,
    ReportScore,
)
from labgrader.labs.points import percent_of, total_points
from labgrader.reporting.formatting import rounded
from labgrader.reporting.hidden_checks import hidden_field

Measured = TypeVar("Measured", ReportLoadTest, ReportComparison)

NOT_SHOWN_FIRST = "not told, because of a check that is not shown to you"
"""What a visible check says in place of a sentence that names a hidden one."""


class VisibleScore(TypedDict):
    """The score of the visible checks, as the record of a result has it."""

    visible_points: float
    visible_max_points: float
    visible_open_points: float


class HiddenPart(TypedDict):
    """The checks that a student is not shown, as the record of a result has them."""

    hidden_checks: int
    hidden_points: float


def student_copy(report: Report) -> Report:
    """Return what a student may see of a report; the copy of a copy is the same.

    Left out are hidden checks, what was measured for them, what changed in them, and their part of the score. A
    self-check's report has nothing hidden in it and says how much was left out of its lab: both are added up.

    Args:
        report: a report as it is kept (``schemas/report.schema.json``).
    """
    hidden = [check for check in report["checks"] if check["visibility"] != "visible"]
    ids, titles = {check["id"] for check in hidden}, [check["title"] for check in hidden]
    part = hidden_part(report)
    field = hidden_field(part["hidden_checks"], part["hidden_points"])
    checks = [_check(check, ids, titles) for check in report["checks"] if check["id"] not in ids]
    graded = all(check["status"] != "not_graded" for check in checks)
    copy: Report = {
        **report,
        "status": "complete" if graded else "incomplete",
        "score": _score(checks),
        "checks": checks,
        "load_tests": _shown(report["load_tests"], ids),
        "advice": [advice for advice in report["advice"] if advice["id"] not in ids],
    }
    if "comparisons" in report:
        copy["comparisons"] = _shown(report["comparisons"], ids)
    if "previous" in report:
        previous = _previous(report["previous"], ids, whole=field is None)
        if previous:
            copy["previous"] = previous
        else:
            del copy["previous"]
    if "audit" in report:
        audit = report["audit"]
        copy["audit"] = {
            **audit,
            "drifted": _of_shown(audit["drifted"], ids),
            "mended": _of_shown(audit["mended"], ids),
        }
    if field:
        copy["hidden"] = field
    return copy


def _check(check: ReportCheck, hidden: set[str], titles: Iterable[str]) -> ReportCheck:
    """A visible check, without a word of a hidden one that it requires, as older labs may: ``lint`` refuses that."""
    requires = check.get("requires", [])
    if hidden.isdisjoint(requires):
        return check
    tells = any(title in check["message"] for title in titles)
    shown: ReportCheck = {**check, "requires": [required for required in requires if required not in hidden]}
    return {**shown, "message": NOT_SHOWN_FIRST} if tells else shown


def _score(checks: Sequence[ReportCheck]) -> ReportScore:
    """The score of the checks that are shown, added up as ``judging.scoring`` does."""
    points = total_points(check["points"] for check in checks)
    most = total_points(check["max_points"] for check in checks)
    return {
        "points": rounded(points),
        "max_points": rounded(most),
        "percent": rounded(percent_of(points, most)),
        "open_points": rounded(
            total_points(check["max_points"] for check in checks if check["status"] == "not_graded")
        ),
    }


def visible_points(report: Report) -> VisibleScore:
    """Return what a student reached in what may be shown, as a result's record keeps it: ``visible_points``, …"""
    score = _score([check for check in report["checks"] if check["visibility"] == "visible"])
    return {
        "visible_points": score["points"],
        "visible_max_points": score["max_points"],
        "visible_open_points": score["open_points"],
    }


def hidden_part(report: Report) -> HiddenPart:
    """Return what of a report's lab a student is not shown, as a result's record keeps it: how much, and no more.

    ``hidden_checks`` and ``hidden_points``: those that the report has, and those that a self-check left out.
    """
    left_out = report.get("hidden")
    checks, points = (left_out["checks"], left_out["points"]) if left_out else (0, 0.0)
    hidden = [check["max_points"] for check in report["checks"] if check["visibility"] != "visible"]
    return {
        "hidden_checks": checks + len(hidden),
        "hidden_points": rounded(points + sum(hidden)),
    }


def _shown(measured: Iterable[Measured], hidden: set[str]) -> list[Measured]:
    """What was measured for visible checks and advice; what names no visibility is an older report's."""
    return [one for one in measured if one["id"] not in hidden and one.get("visibility", "visible") == "visible"]


def _of_shown(differences: Iterable[Difference], hidden: set[str]) -> list[Difference]:
    return [difference for difference in differences if difference["check"] not in hidden]


def _previous(previous: Previous, hidden: set[str], *, whole: bool) -> Previous | None:
    """What changed in visible checks. The points of before are told only where they do not count hidden ones."""
    if not whole and "visible_points" not in previous:
        return None
    shown: Previous = {
        "run_id": previous["run_id"],
        "points": previous.get("visible_points", previous["points"]),
        "changes": [change for change in previous["changes"] if change["check"] not in hidden],
    }
    if "visible_points" in previous:
        shown["visible_points"] = previous["visible_points"]
    return shown
