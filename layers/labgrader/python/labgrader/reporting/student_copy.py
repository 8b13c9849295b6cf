"""A report as its student may see it: without hidden checks and all that would tell of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from labgrader.reporting.formatting import rounded
from labgrader.reporting.hidden_checks import hidden_field

NOT_SHOWN_FIRST = "not told, because of a check that is not shown to you"
"""What a visible check says in place of a sentence that names a hidden one."""


def student_copy(report: Mapping[str, Any]) -> dict[str, Any]:
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
    copy = {
        **report,
        "status": "complete" if graded else "incomplete",
        "score": _score(checks),
        "checks": checks,
        "load_tests": _shown(report["load_tests"], ids),
        "advice": [one for one in report["advice"] if one["id"] not in ids],
    }
    if "comparisons" in report:
        copy["comparisons"] = _shown(report["comparisons"], ids)
    if "previous" in report:
        previous = _previous(report["previous"], ids, whole=field is None)
        copy.pop("previous")
        copy |= {"previous": previous} if previous else {}
    if "audit" in report:
        audit = report["audit"]
        copy["audit"] = {
            **audit,
            **{name: [one for one in audit[name] if one["check"] not in ids] for name in ("drifted", "mended")},
        }
    if field:
        copy["hidden"] = field
    return copy


def _check(check: Mapping[str, Any], hidden: set[str], titles: Iterable[str]) -> dict[str, Any]:
    """A visible check, without a word of a hidden one that it requires, as older labs may: ``lint`` refuses that."""
    requires = check.get("requires", [])
    if hidden.isdisjoint(requires):
        return dict(check)
    tells = any(title in check["message"] for title in titles)
    shown = {**check, "requires": [one for one in requires if one not in hidden]}
    return {**shown, "message": NOT_SHOWN_FIRST} if tells else shown


def _score(checks: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The score of the checks that are shown, added up as ``judging.scoring`` does."""
    points, most = sum(check["points"] for check in checks), sum(check["max_points"] for check in checks)
    return {
        "points": rounded(points),
        "max_points": rounded(most),
        "percent": rounded(100 * points / most) if most else 0,
        "open_points": rounded(sum(check["max_points"] for check in checks if check["status"] == "not_graded")),
    }


def visible_points(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a student reached in what may be shown, as a result's record keeps it: ``visible_points``, …"""
    score = _score([check for check in report["checks"] if check["visibility"] == "visible"])
    return {f"visible_{name}": score[name] for name in ("points", "max_points", "open_points")}


def hidden_part(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a report's lab a student is not shown, as a result's record keeps it: how much, and no more.

    ``hidden_checks`` and ``hidden_points``: those that the report has, and those that a self-check left out.
    """
    told = report.get("hidden") or {}
    hidden = [check["max_points"] for check in report["checks"] if check["visibility"] != "visible"]
    return {
        "hidden_checks": told.get("checks", 0) + len(hidden),
        "hidden_points": rounded(told.get("points", 0) + sum(hidden)),
    }


def _shown(measured: Iterable[Mapping[str, Any]], hidden: set[str]) -> list[Mapping[str, Any]]:
    """What was measured for visible checks and advice; what names no visibility is an older report's."""
    return [one for one in measured if one["id"] not in hidden and one.get("visibility", "visible") == "visible"]


def _previous(previous: Mapping[str, Any], hidden: set[str], *, whole: bool) -> dict[str, Any] | None:
    """What changed in visible checks. The points of before are told only where they do not count hidden ones."""
    if not whole and "visible_points" not in previous:
        return None
    return {
        "run_id": previous["run_id"],
        "points": previous.get("visible_points", previous["points"]),
        "changes": [change for change in previous["changes"] if change["check"] not in hidden],
        **({"visible_points": previous["visible_points"]} if "visible_points" in previous else {}),
    }
