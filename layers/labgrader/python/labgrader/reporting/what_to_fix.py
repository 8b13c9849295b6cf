"""The checks that a student can still earn points for, each with the checks that wait for it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labgrader.labs.points import points_text
from labgrader.reporting.formatting import counted


@dataclass(frozen=True)
class ToFix:
    """A check that is failed or partial, and what depends on it.

    Args:
        check: the check, as the report has it.
        points: the points that this check itself can still earn.
        waiting_checks: how many checks are skipped because this one failed.
        waiting_points: the points of those checks.
    """

    check: Mapping[str, Any]
    points: float
    waiting_checks: int
    waiting_points: float

    @property
    def words(self) -> str:
        """The points in words: ``5 points, and 59 more in 19 checks that wait for it``."""
        number = points_text(self.points)
        own = f"{number} {'point' if number == '1' else 'points'}"
        if not self.waiting_checks:
            return own
        verb = "waits" if self.waiting_checks == 1 else "wait"
        checks = counted(self.waiting_checks, "check")
        return f"{own}, and {points_text(self.waiting_points)} more in {checks} that {verb} for it"


def what_to_fix(checks: Sequence[Mapping[str, Any]]) -> list[ToFix]:
    """Return the failed and partial checks, in the order of the report.

    A skipped check counts for one failed check only: the first of its prerequisites that failed, or, if that
    prerequisite was skipped too, the first cause of that one. If the cause is hidden and not in the
    report, the points count for no check.

    Args:
        checks: of one report, each with ``id``, ``status``, ``points``, ``max_points`` and ``requires``. Reports of
            early versions have no ``requires``: nothing waits in them.
    """
    by_id = {check["id"]: check for check in checks}
    waiting: dict[str, list[Mapping[str, Any]]] = {}
    for check in checks:
        if check["status"] == "skipped":
            waiting.setdefault(_first_cause(check, by_id), []).append(check)
    return [
        ToFix(
            check=check,
            points=round(check["max_points"] - check["points"], 2),
            waiting_checks=len(waiting.get(check["id"], ())),
            waiting_points=round(sum(skipped["max_points"] for skipped in waiting.get(check["id"], ())), 2),
        )
        for check in checks
        if check["status"] in ("failed", "partial")
    ]


def _first_cause(check: Mapping[str, Any], by_id: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the id of the failed check that a skipped one waits for, or an empty string."""
    seen: set[str] = set()
    while check["status"] == "skipped" and check["id"] not in seen:
        seen.add(check["id"])
        required = (by_id[check_id] for check_id in check.get("requires", ()) if check_id in by_id)
        # the order in which `judging.scoring.apply_prerequisites` looks for the reason to skip a check
        check = next((before for before in required if before["status"] in ("failed", "skipped")), check)
    return str(check["id"]) if check["status"] == "failed" else ""
