"""A verdict of an earlier run, in the place of one that an audit cannot make: it sets no function to work. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labgrader.evidence.coerce import mapping, sequence, text
from labgrader.judging.verdict import Verdict
from labgrader.labs.lab import Item
from labgrader.reasons import Reason

_CARRIED = ("passed", "partial", "failed")
"""Verdicts of the check itself. ``skipped`` was said of a prerequisite, and that is judged anew."""


def share_of(check: Mapping[str, Any]) -> float:
    """Return which part of its points a check of a report earned, 0 to 1.

    Args:
        check: an entry of a report's ``checks``; one that is worth no points tells by its status.
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
        item: the check as the lab has it now; its points may have changed since, its part of them is kept.
        check: the entry of the earlier report under the same id, if there is one. Where the lab has put another check
            there since, its verdict is about something else.
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
    """Return the checks of a report by id; what is no report has none."""
    checks = (mapping(check) for check in sequence(mapping(report).get("checks")))
    return {text(check["id"]): check for check in checks if check.get("id") and check.get("status")}
