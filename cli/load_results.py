"""What a load test or a comparison came to, as a terminal shows it."""

from __future__ import annotations

from cli import screen
from labgrader.evidence.load import Comparison, LoadResult, Threshold
from labgrader.evidence.statistics import decide

PERCENTILES = ("p50", "p90", "p95", "p99")
"""Those that have an interval."""


def give_load_result(result: LoadResult) -> None:
    """Print what a load test measured."""
    how = f"open, {result.rate_rps:g} arrivals a second" if result.model == "open" else "closed"
    failed = {
        "throttled": result.throttled,
        "function errors": result.function_errors,
        "answers of 500 or more": result.application_errors,
        "timeouts": result.timeouts,
        "other errors": result.other_errors,
        "dropped": result.dropped,
    }
    pairs = {
        "target": result.target,
        "model": f"{how}, {result.concurrency} in flight",
        "requests": f"{result.requests} sent, {result.succeeded} served in {result.duration_s:.2f} s",
        "rate": f"offered {result.offered_rps:,.1f}/s, achieved {result.achieved_rps:,.1f}/s",
        "not served": ", ".join(f"{count} {name}" for name, count in failed.items() if count) or "none",
        "throttles": ", ".join(f"{count} {reason}" for reason, count in result.throttle_reasons.items()),
        "cold starts": result.cold_starts,
        "connections": f"{result.connections} opened, {result.retries} requests sent again",
        "warm-up": _warm_up(result),
        "cost": _cost(result),
        "cut short": result.cut_short,
    }
    screen.give_pairs({name: value for name, value in pairs.items() if value != ""})
    for note in result.notes:
        screen.give(f"note: {note}")
    for sample in result.error_samples:
        screen.give(f"error: {sample}")
    screen.give_table(
        ("percentile", "latency ms", "95% interval", "warm ms", "cold ms", "from sending ms"),
        [
            (
                name,
                f"{result.latency_ms[name]:,.1f}",
                " to ".join(f"{bound:,.1f}" for bound in result.intervals_ms.get(name, ())),
                _number(result.warm_latency_ms.get(name)),
                _number(result.cold_latency_ms.get(name) if result.cold_starts else None),
                _number(result.service_ms.get(name)),
            )
            for name in PERCENTILES
        ],
        numbers=("latency ms", "warm ms", "cold ms", "from sending ms"),
    )


def verdict(result: LoadResult, threshold: Threshold) -> str:
    name = f"p{threshold.percentile}"
    interval = result.intervals_ms.get(name, (0.0, 0.0))
    said = {"below": "is below", "beyond": "is above", "open": "is too close to call: more requests are needed for"}
    decided = decide(interval, threshold.milliseconds) if result.succeeded else "open"
    low, high = interval
    return f"{name} {said[decided]} {threshold.milliseconds:g} ms (95% sure: {low:,.1f} to {high:,.1f} ms)"


def _warm_up(result: LoadResult) -> str:
    warm_up = result.warm_up
    if not warm_up:
        return ""
    served, cold = f"{warm_up['succeeded']:g} served", f"{warm_up['cold_starts']:g} cold starts"
    return f"{warm_up['requests']:g} sent, {served}, {cold}, p50 {warm_up['p50']:,.1f} ms, max {warm_up['max']:,.1f} ms"


def _cost(result: LoadResult) -> str:
    cost = result.cost
    if not cost:
        return ""
    actual, estimated = cost["actual"], cost["estimated"]
    return (
        f"${actual['usd']:.6f} ({actual['requests']} requests, {actual['gb_seconds']:.2f} GB-s), "
        f"estimated ${estimated['usd']:.6f}, cap ${cost['cap_usd']:g}"
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.1f}"


def give_comparison(comparison: Comparison) -> None:
    """Print what two targets, measured in turn, came to."""
    rows = []
    for name, latencies, errors in (
        (comparison.baseline, comparison.baseline_ms, comparison.baseline_errors),
        (comparison.candidate, comparison.candidate_ms, comparison.candidate_errors),
    ):
        ordered = sorted(latencies)
        middle = ordered[(len(ordered) - 1) // 2] if ordered else None
        ends = (ordered[0], ordered[-1]) if ordered else (None, None)
        rows.append((name, len(ordered), _number(ends[0]), _number(middle), _number(ends[1]), len(errors)))
    screen.give_table(
        ("target", "served", "fastest ms", "median ms", "slowest ms", "failed"),
        rows,
        numbers=("served", "fastest ms", "median ms", "slowest ms", "failed"),
    )
    for error in (*comparison.baseline_errors, *comparison.candidate_errors):
        screen.give(f"error: {error}")
    if comparison.ratio:
        low, high = comparison.ratio_interval
        screen.give(
            f"{comparison.candidate} is {comparison.ratio:.2f} times as fast as {comparison.baseline} "
            f"(95% sure: {low:.2f} to {high:.2f})"
        )
    for note in comparison.notes:
        screen.give(f"note: {note}")
