"""The copy of a report for its student: without hidden checks, and without texts that reveal them. Pure."""

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

HIDDEN_REASON = "the reason is a check that is not shown to you"
"""Replaces a message that names a hidden check."""


class VisibleScore(TypedDict):
    """The score of the visible checks, as fields of the record of a result."""

    visible_points: float
    visible_max_points: float
    visible_open_points: float


class HiddenPart(TypedDict):
    """The number and points of the hidden checks, as fields of the record of a result."""

    hidden_checks: int
    hidden_points: float


def student_copy(report: Report) -> Report:
    """Return the copy of a report for its student. The copy of a copy is the same.

    Hidden checks are left out, with their measurements, their changes and their part of the score. The report of a
    self-check has no hidden checks, but says how many the lab has: they are counted, too.

    Args:
        report: a report as it is stored (``schemas/report.schema.json``).
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
    """Return a visible check without the hidden checks that it requires. Only labs that ``lint`` refuses have them."""
    requires = check.get("requires", [])
    if hidden.isdisjoint(requires):
        return check
    reveals = any(title in check["message"] for title in titles)
    shown: ReportCheck = {**check, "requires": [required for required in requires if required not in hidden]}
    return {**shown, "message": HIDDEN_REASON} if reveals else shown


def _score(checks: Sequence[ReportCheck]) -> ReportScore:
    """Return the score of visible checks, added up as ``judging.scoring`` does."""
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
    """Return the score of the visible checks, as fields of the record of a result."""
    score = _score([check for check in report["checks"] if check["visibility"] == "visible"])
    return {
        "visible_points": score["points"],
        "visible_max_points": score["max_points"],
        "visible_open_points": score["open_points"],
    }


def hidden_part(report: Report) -> HiddenPart:
    """Return the number and points of the hidden checks, as fields of the record of a result.

    Hidden checks in the report count, and hidden checks that a self-check left out.
    """
    left_out = report.get("hidden")
    checks, points = (left_out["checks"], left_out["points"]) if left_out else (0, 0.0)
    hidden = [check["max_points"] for check in report["checks"] if check["visibility"] != "visible"]
    return {
        "hidden_checks": checks + len(hidden),
        "hidden_points": rounded(points + sum(hidden)),
    }


def _shown(measured: Iterable[Measured], hidden: set[str]) -> list[Measured]:
    """Return the measurements of visible checks and advice. In older reports, measurements have no visibility."""
    return [
        measurement
        for measurement in measured
        if measurement["id"] not in hidden and measurement.get("visibility", "visible") == "visible"
    ]


def _of_shown(differences: Iterable[Difference], hidden: set[str]) -> list[Difference]:
    return [difference for difference in differences if difference["check"] not in hidden]


def _previous(previous: Previous, hidden: set[str], *, whole: bool) -> Previous | None:
    """Return the changes of visible checks, or ``None`` if the earlier points include hidden checks."""
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
