"""The audit part of a student's report: changed verdicts, missing resources, and resources that cost money. Pure."""

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
"""The most characters of a message in a difference. The check has the whole message."""

_LEAST = 0.0005
"""Shares of points that differ by less are equal: they are stored with four decimals."""

_LEAST_OF_PARTS = 0.0101
"""As ``_LEAST``, for a check that is partly passed both times.

The share is computed from points with two decimals. For a check with one point, the error is up to 0.01 of the share.
Another version of the lab may give the check other points, with another rounding error.
"""


class KnownVerdict(TypedDict):
    """The last verdict of a check that was graded. ``share`` is the part of the points, 0 to 1."""

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
    """Return the ``audit`` field of a report. The same arguments give the same field.

    Each check is compared with its last graded verdict, from whichever run. A check that is not graded has not changed.
    A change from failed to skipped does not count: neither earns points.

    Args:
        compared_with: the previous run (``run_id``, ``graded_at`` and ``lab_version``), or ``None`` in the first run.
        known: the last graded verdict of each check, as ``known_after`` returned it.
        scored: the checks with their verdicts of this audit.
        gone: the names of the resources that no longer exist.
        running: the resources that cost money by the hour.
        carried_over_from: the graded run that verdicts were carried over from, as ``compared_with``, or ``None``.
    """
    drifted: list[Difference] = []
    mended: list[Difference] = []
    for check in scored:
        before, now = known.get(check.item.id), check.verdict.status
        if before is None or now == "not_graded" or before["status"] not in STATUSES:
            continue
        share = share_of(  # computed from rounded points, as in the report: two thirds of 5 points are 3.33
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
    """Return the last graded verdict of each check after a report.

    Args:
        known: the last graded verdicts before the report. A verdict stays if the check is not graded in the report. It
            is dropped if the report does not have the check.
        report: the report.
    """
    after: dict[str, KnownVerdict] = {}
    for check in report["checks"]:
        if check["status"] != "not_graded":
            after[check["id"]] = {"status": check["status"], "share": share_of(check)}
        elif check["id"] in known:
            after[check["id"]] = known[check["id"]]
    return after
