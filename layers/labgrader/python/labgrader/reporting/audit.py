"""What an audit adds to a student's report: what changed since the run before, what is gone, what costs money. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from labgrader.documents.report import Difference, OtherRun, Report, ReportAudit, RunningResource
from labgrader.evidence.running_costs import RunningCost
from labgrader.judging.carry_over import share_of
from labgrader.judging.scoring import ScoredCheck
from labgrader.judging.verdict import STATUSES, Status
from labgrader.reporting.formatting import clean, rounded

MAX_MESSAGE = 1_000
"""Characters of a message that a difference repeats; the check itself has all of it."""

_LEAST = 0.0005
"""Shares of points that differ by less are the same: they are kept to four decimals."""

_LEAST_OF_PARTS = 0.0101
"""As ``_LEAST``, where a check is partly right both times. A share is told from points with two decimals, which for one
point are hundredths; another version of the lab may give it other points, and then other digits are lost."""


class KnownVerdict(TypedDict):
    """The last verdict of a check that was not "not graded". ``share`` is the part of the points, 0 to 1."""

    status: Status
    share: float


def build_audit(
    *,
    compared_with: OtherRun | None,
    known: Mapping[str, KnownVerdict],
    scored: Sequence[ScoredCheck],
    gone: Sequence[str],
    running: Sequence[RunningCost],
    carried_over_from: OtherRun | None,
) -> ReportAudit:
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
    drifted: list[Difference] = []
    mended: list[Difference] = []
    for check in scored:
        before, now = known.get(check.item.id), check.verdict.status
        if before is None or now == "not_graded" or before["status"] not in STATUSES:
            continue
        share = share_of(  # as the report will tell it: two thirds of 5 points are 3.33, also where nothing changed
            {"status": now, "points": check.points, "max_points": check.item.points}
        )
        least = _LEAST_OF_PARTS if now == before["status"] else _LEAST
        difference: Difference = {
            "check": check.item.id,
            "title": clean(check.item.title),
            "from": before["status"],
            "to": now,
            "message": clean(check.verdict.message, MAX_MESSAGE),
            "points": rounded(abs(share - before["share"]) * check.item.points),
        }
        if check.verdict.reason:
            difference["reason"] = check.verdict.reason
        if share < before["share"] - least:
            drifted.append(difference)
        elif share > before["share"] + least:
            mended.append(difference)
    return {
        "compared_with": compared_with,
        "drifted": drifted,
        "mended": mended,
        "gone": [clean(name) for name in gone],
        "running": [_running(cost) for cost in running],
        "usd_per_day": rounded(sum(cost.usd_per_day for cost in running), 4),
        "carried_over_from": carried_over_from,
    }


def _running(cost: RunningCost) -> RunningResource:
    resource: RunningResource = {
        "resource": clean(cost.resource),
        "what": clean(cost.what),
        "usd_per_day": rounded(cost.usd_per_day, 4),
    }
    if cost.stop:
        resource["stop"] = cost.stop
    return resource


def known_after(known: Mapping[str, KnownVerdict], report: Report) -> dict[str, KnownVerdict]:
    """Return the last verdict of each check that could be told, once a report is written.

    Args:
        known: the same before it. Of a check that is not graded now it stays; of one that the lab has no more, it goes.
        report: the report.
    """
    after: dict[str, KnownVerdict] = {}
    for check in report["checks"]:
        if check["status"] != "not_graded":
            after[check["id"]] = {"status": check["status"], "share": share_of(check)}
        elif check["id"] in known:
            after[check["id"]] = known[check["id"]]
    return after
