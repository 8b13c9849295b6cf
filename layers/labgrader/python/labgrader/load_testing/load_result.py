"""The result of a load test as stored, with its notes in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from labgrader.evidence.load.cost import Cost
from labgrader.evidence.load.latencies import Latencies
from labgrader.evidence.load.plan import LoadPlan
from labgrader.evidence.load.statistics import rounded
from labgrader.load_testing.counters import RequestStats
from labgrader.load_testing.sender import RequestSender
from labgrader.load_testing.targets import LoadTarget

LATE_MS = 10.0
"""Milliseconds that the latest 1 % of requests may be late because of us, before the result says so."""

MIN_LATENESS_SAMPLES = 100
"""Fewest measurements of our own lateness to say anything about 1 % of them."""


def load_result(
    target: LoadTarget,
    plan: LoadPlan,
    sender: RequestSender,
    *,
    warm_up: Mapping[str, float],
    estimate: Cost,
    notes: Sequence[str],
) -> dict[str, Any]:
    """Return the fields of a ``LoadResult``.

    Args:
        target: the target that was called.
        plan: the plan that was carried out.
        sender: sent the requests and counted them.
        warm_up: the statistics of the warm-up; empty without one.
        estimate: the cost that was estimated before the load began.
        notes: sentences that come before those about the figures.
    """
    sender.stats.connections = sender.connections.opened
    late_ms = lateness_ms(sender.lateness)
    actual = target.cost(*sender.spent)
    return {
        "target": target.name,
        "model": plan.model,
        "concurrency": plan.concurrency,
        "planned_requests": sender.planned,
        "rate_rps": float(plan.rate_rps) if plan.model == "open" else 0.0,
        "warm_up": dict(warm_up),
        "cost": {
            "estimated": estimate.to_dict(),
            "actual": actual.to_dict(),
            "cap_usd": plan.cost_cap_usd,
        },
        "late_ms": late_ms,
        "failing_status": plan.failing_status,
        "notes": [*notes, *_notes(target, plan, sender.stats, late_ms, actual.usd)],
        "cut_short": _cut_short(sender),
        **sender.stats.fields(),
    }


def warm_up_fields(stats: RequestStats) -> dict[str, float]:
    """Return the statistics of a warm-up, as stored."""
    return {
        "requests": stats.sent,
        "succeeded": stats.succeeded,
        "cold_starts": stats.cold_starts,
        "reported": stats.reported,
        "p50": stats.latencies.percentile(50),
        "max": stats.latencies.percentile(100),
    }


def lateness_ms(lateness: Latencies) -> float:
    """Return how late the tester itself was in the latest 1 % of requests, in milliseconds.

    Returns:
        0 if that is at most ``LATE_MS``, or if there are too few measurements.
    """
    late_ms = rounded(lateness.percentile(99))
    return late_ms if late_ms > LATE_MS and len(lateness) >= MIN_LATENESS_SAMPLES else 0.0


def dollars(amount: float) -> str:
    """Return US dollars as text: with at most four decimals, or seven if it is less than $0.0001."""
    return f"${amount:.4f}".rstrip("0").rstrip(".") if amount >= 0.0001 else f"${amount:.7f}".rstrip("0")


def _notes(target: LoadTarget, plan: LoadPlan, stats: RequestStats, late_ms: float, usd: float) -> list[str]:
    """Return what a reader of the figures has to know, in sentences."""
    notes = []
    if stats.dropped:
        notes.append(
            f"{stats.dropped} of {stats.sent + stats.dropped} arrivals were not sent, because too many requests were "
            "in flight; the latencies do not include them"
        )
    if late_ms:
        notes.append(
            f"the load tester itself was late by {late_ms:.0f} ms in 1% of requests; these latencies include its delay"
        )
    cost, cap = dollars(usd), dollars(plan.cost_cap_usd)
    if usd > plan.cost_cap_usd and cost != cap:
        notes.append(f"it cost about {cost}, more than its cap of {cap}, because the requests in flight had to finish")
    if target.without:
        notes.append(target.without)
    return notes


def _cut_short(sender: RequestSender) -> str:
    """Return why the test ended early, and how many requests were left unanswered; empty if it did not."""
    stats = sender.stats
    left = stats.abandoned + stats.sent - stats.completed
    unanswered = f", {left} of them unanswered by then" if left else ""
    sent = f"{stats.sent} of {sender.planned} requests were sent"
    return f"{sender.stop_reason}{sent}{unanswered}" if sender.stop_reason else ""
