"""What an audit adds to a student's report: what changed since the run before, what is gone, what costs money. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from labgrader.evidence.running_costs import RunningCost
from labgrader.judging.carry_over import share_of
from labgrader.judging.scoring import ScoredCheck
from labgrader.judging.verdict import STATUSES
from labgrader.reporting.formatting import clean, rounded

MAX_MESSAGE = 1_000
"""Characters of a message that a difference repeats; the check itself has all of it."""

_LEAST = 0.0005
"""Shares of points that differ by less are the same: they are kept to four decimals."""

_LEAST_OF_PARTS = 0.0101
"""As ``_LEAST``, where a check is partly right both times. A share is told from points with two decimals, which for one
point are hundredths; another version of the lab may give it other points, and then other digits are lost."""


def build_audit(
    *,
    compared_with: Mapping[str, Any] | None,
    known: Mapping[str, Mapping[str, Any]],
    scored: Sequence[ScoredCheck],
    gone: Sequence[str],
    running: Sequence[RunningCost],
    carried_over_from: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return the ``audit`` field of a report; the same arguments give the same field.

    A check that could not be told, then or now, has not changed: what is compared is the last verdict of each check
    that could be told, however long ago. From failed to skipped is no change either: neither earns anything.

    Args:
        compared_with: the run before, ``run_id``, ``graded_at`` and ``lab_version``, or ``None`` for the first.
        known: the last verdict of each check that could be told, as ``known_after`` made it.
        scored: the checks as they are now.
        gone: what is not there any more, by name.
        running: what costs money by the hour.
        carried_over_from: the graded run whose verdicts stand in this report, as ``compared_with``, or ``None``.
    """
    drifted, mended = [], []
    for check in scored:
        before, now = known.get(check.item.id), check.verdict.status
        if before is None or now == "not_graded" or before["status"] not in STATUSES:
            continue
        share = share_of(  # as the report will tell it: two thirds of 5 points are 3.33, also where nothing changed
            {"status": now, "points": check.points, "max_points": check.item.points}
        )
        least = _LEAST_OF_PARTS if now == before["status"] else _LEAST
        difference = {
            "check": check.item.id,
            "title": clean(check.item.title),
            "from": before["status"],
            "to": now,
            "message": clean(check.verdict.message, MAX_MESSAGE),
            **({"reason": check.verdict.reason} if check.verdict.reason else {}),
            "points": rounded(abs(share - before["share"]) * check.item.points),
        }
        if share < before["share"] - least:
            drifted.append(difference)
        elif share > before["share"] + least:
            mended.append(difference)
    return {
        "compared_with": dict(compared_with) if compared_with else None,
        "drifted": drifted,
        "mended": mended,
        "gone": [clean(name) for name in gone],
        "running": [
            {
                **one.to_dict(),
                "resource": clean(one.resource),
                "what": clean(one.what),
                "usd_per_day": rounded(one.usd_per_day, 4),
            }
            for one in running
        ],
        "usd_per_day": rounded(sum(one.usd_per_day for one in running), 4),
        "carried_over_from": dict(carried_over_from) if carried_over_from else None,
    }


def known_after(known: Mapping[str, Mapping[str, Any]], report: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the last verdict of each check that could be told, once a report is written.

    Args:
        known: the same before it. Of a check that is not graded now it stays; of one that the lab has no more, it goes.
        report: the report.
    """
    after: dict[str, dict[str, Any]] = {}
    for check in report["checks"]:
        if check["status"] != "not_graded":
            after[check["id"]] = {"status": check["status"], "share": share_of(check)}
        elif check["id"] in known:
            after[check["id"]] = dict(known[check["id"]])
    return after
