"""Carry over verdicts of an earlier run to an audit, which invokes no function. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labgrader.evidence.coerce import mapping, sequence, text
from labgrader.judging.verdict import Verdict
from labgrader.labs.lab import Item
from labgrader.reasons import Reason

_CARRIED = ("passed", "partial", "failed")
"""Verdicts of the check itself. ``skipped`` depends on a prerequisite, which is judged again."""


def share_of(check: Mapping[str, Any]) -> float:
    """Return the share of its points that a check of a report earned, 0 to 1.

    Args:
        check: an entry of a report's ``checks``. If it has no points, its status decides.
    """
    status, most = check["status"], check["max_points"]
    if status in ("passed", "failed"):
        return float(status == "passed")
    if status != "partial":
        return 0.0
    return float(round(check["points"] / most, 4)) if most else 0.5


def carried_verdict(item: Item, check: Mapping[str, Any] | None) -> Verdict | None:
    """Return the verdict of an earlier run on a check, or ``None`` if it has none that still holds.

    Args:
        item: the check in the present lab. If its points have changed, its share stays.
        check: the entry of the earlier report with the same id, if any. If the lab now has another check with this
            id, the verdict does not hold.
    """
    if check is None or check.get("check") != item.check or check.get("status") not in _CARRIED:
        return None
    if not all(isinstance(check.get(number), int | float) for number in ("points", "max_points")):
        return None
    return Verdict(
        check["status"],
        share_of(check),
        text(check.get("message")),
        text(check.get("expected")),
        text(check.get("observed")),
        text(check.get("hint")),
        tuple(text(line) for line in sequence(check.get("evidence"))),
        None if check["status"] == "passed" else Reason.CARRIED_OVER,
    )


def checks_by_id(report: Any) -> dict[str, Mapping[str, Any]]:
    """Return the checks of a report by id, or nothing for an invalid report."""
    checks = (mapping(check) for check in sequence(mapping(report).get("checks")))
    return {text(check["id"]): check for check in checks if check.get("id") and check.get("status")}
