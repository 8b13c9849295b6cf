"""Print the result of a load test or a comparison."""

from __future__ import annotations

from statistics import median

from cli.output import console
from labgrader.evidence.load.load_test import Comparison, LoadResult, Threshold
from labgrader.evidence.load.result import throttle_meaning
from labgrader.evidence.load.statistics import decide, fewest_measurements

PERCENTILES = ("p50", "p90", "p95", "p99")
"""The percentiles that have an interval."""


def print_load_result(result: LoadResult) -> None:
    """Print what a load test measured."""
    how = f"open, {result.rate_rps:g} arrivals a second" if result.model == "open" else "closed"
    failed = {
        "throttled": result.throttled,
        "function errors": result.function_errors,
        f"responses with status {result.failing_status} or more": result.application_errors,
        "timeouts": result.timeouts,
        "other errors": result.other_errors,
        "dropped": result.dropped,
    }
    pairs = {
        "target": result.target,
        "model": f"{how}, {result.concurrency} in flight",
        "requests": f"{result.requests} sent, {result.succeeded} succeeded in {result.duration_s:.2f} s",
        "rate": f"offered {result.offered_rps:,.1f}/s, achieved {result.achieved_rps:,.1f}/s",
        "not successful": ", ".join(f"{count} {name}" for name, count in failed.items() if count) or "none",
        "throttles": ", ".join(f"{count} {_reason(reason)}" for reason, count in result.throttle_reasons.items()),
        "cold starts": result.cold_starts if result.cold_starts_known else "unknown (no REPORT line)",
        "connections": f"{result.connections} opened, {result.retries} requests sent again",
        "warm-up": _warm_up(result),
        "cost": _cost(result),
        "cut short": result.cut_short,
    }
    console.give_pairs({name: value for name, value in pairs.items() if value != ""})
    for note in result.notes:
        console.output(f"note: {note}")
    for sample in result.error_samples:
        console.output(f"error: {sample}")
        if sample.startswith("HTTP 403"):
            console.output(
                "hint: check the path; if the method requires an API key, give --api-key the name of a key with a "
                "usage plan for this stage"
            )
    if not result.succeeded:
        console.output("no request succeeded, so there is no latency to show")
        return
    console.output_table(
        ("percentile", "latency ms", "95% interval", "warm ms", "cold ms", "from sending ms"),
        [
            (
                name,
                _number(result.latency_ms[name]),
                _interval(result, name),
                _number(result.warm_latency_ms.get(name) if result.cold_starts_known else None),
                _number(result.cold_latency_ms.get(name) if result.cold_starts else None),
                _number(result.service_ms.get(name)),
            )
            for name in PERCENTILES
        ],
        numbers=("latency ms", "warm ms", "cold ms", "from sending ms"),
    )


def verdict(result: LoadResult, threshold: Threshold) -> str:
    """Return whether a percentile is below a threshold, as a sentence with its 95% confidence interval.

    Args:
        result: the result of the load test.
        threshold: the percentile and the threshold in milliseconds.
    """
    name, bound = f"p{threshold.percentile}", f"{threshold.milliseconds:g} ms"
    arrivals = result.requests + result.dropped
    if not result.succeeded:
        return f"{name} is unknown: none of {arrivals} requests succeeded"
    low, high = result.intervals_ms.get(name, (0.0, 0.0))
    decided = decide((low, high), threshold.milliseconds)
    if result.dropped and decided != "beyond":
        return (
            f"{name} is unknown: {result.dropped} of {arrivals} requests were not sent, because --concurrency requests "
            "were in flight; raise --concurrency or lower --rate"
        )
    if result.broken_by_failures(threshold.percentile):
        failed = result.own_failures
        allowed = 100 - threshold.percentile
        return (
            f"{name} is not below {bound}: {failed} of {result.succeeded + failed} requests failed, and {name} allows "
            f"at most {allowed} of 100"
        )
    if decided == "beyond" and low - result.late_ms <= threshold.milliseconds:
        return (
            f"{name} is unknown: the load tester itself was {result.late_ms:.0f} ms late, which may explain the whole "
            f"excess over {bound}"
        )
    of = f" of the {result.succeeded} of {result.requests} requests that succeeded"
    measured = f"{name}{of}" if result.succeeded < result.requests else name
    fewest = fewest_measurements(threshold.percentile)
    if decided != "beyond" and result.succeeded < fewest:
        return (
            f"{measured} is too close to call: at least {fewest} successful requests are needed to show that it is "
            f"below {bound}"
        )
    interval = f"95% confidence: {low:,.1f} to {high:,.1f} ms"
    if decided == "open":
        return f"{measured} is too close to call ({interval}): more requests are needed to compare it with {bound}"
    if result.succeeded < fewest:
        return f"{measured} is above {bound} (95% confidence: at least {low:,.1f} ms)"
    return f"{measured} is {'below' if decided == 'below' else 'above'} {bound} ({interval})"


def _interval(result: LoadResult, name: str) -> str:
    """Return the interval of a percentile. With too few requests, its upper end is ``or more``."""
    interval = " to ".join(f"{bound:,.1f}" for bound in result.intervals_ms.get(name, ()))
    return f"{interval} or more" if interval and result.succeeded < fewest_measurements(int(name[1:])) else interval


def _reason(reason: str) -> str:
    """Return AWS's reason for a throttle, and what it means."""
    meaning = throttle_meaning(reason)
    return f"{reason} ({meaning})" if meaning else reason


def _warm_up(result: LoadResult) -> str:
    warm_up = result.warm_up
    if not warm_up:
        return ""
    known = warm_up.get("reported") or warm_up["cold_starts"]
    sent = f"{warm_up['requests']:g} sent, {warm_up['succeeded']:g} succeeded"
    if not warm_up["succeeded"]:
        return sent
    cold = f"{warm_up['cold_starts'] if known else 'unknown'} cold starts"
    return f"{sent}, {cold}, p50 {warm_up['p50']:,.1f} ms, max {warm_up['max']:,.1f} ms"


def _cost(result: LoadResult) -> str:
    cost = result.cost
    if not cost:
        return ""
    actual, estimated = cost["actual"], cost["estimated"]
    return (
        f"${actual['usd']:.6f} ({actual['requests']} requests, {actual['gb_seconds']:.2f} GB-s), "
        f"estimated ${estimated['usd']:.6f}, cap ${_plain(cost['cap_usd'])}"
    )


def _plain(amount: float) -> str:
    return f"{amount:.8f}".rstrip("0").rstrip(".")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.1f}"


def print_comparison(comparison: Comparison) -> None:
    """Print the comparison of two targets that were measured in turn."""
    rows = []
    for name, latencies, errors in (
        (comparison.baseline, comparison.baseline_ms, comparison.baseline_errors),
        (comparison.candidate, comparison.candidate_ms, comparison.candidate_errors),
    ):
        shown = [_number(of(latencies) if latencies else None) for of in (min, median, max)]
        rows.append((name, len(latencies), *shown, len(errors)))
    console.output_table(
        ("target", "succeeded", "fastest ms", "median ms", "slowest ms", "failed"),
        rows,
        numbers=("succeeded", "fastest ms", "median ms", "slowest ms", "failed"),
    )
    for error in dict.fromkeys((*comparison.baseline_errors, *comparison.candidate_errors)):
        code, reason = error.partition(": ")[::2]
        console.output(f"error: {code}: {_reason(reason)}" if code == "throttled" else f"error: {error}")
    console.output(_compared(comparison))
    for note in comparison.notes:
        console.output(f"note: {note}")


def _compared(comparison: Comparison) -> str:
    if not comparison.ratio:
        return "the targets cannot be compared: one of them has no latency"
    faster = comparison.ratio >= 1
    low, high = (
        comparison.ratio_interval if faster else tuple(1 / bound for bound in reversed(comparison.ratio_interval))
    )
    times = comparison.ratio if faster else 1 / comparison.ratio
    confidence = (
        f"95% confidence: {low:.2f} to {high:.2f}"
        if comparison.sure
        else f"{_rounds(comparison.rounds)}: too few for an interval"
    )
    how = f"{times:.2f} times as {'fast' if faster else 'slow'}"
    return f"{comparison.candidate} is {how} as {comparison.baseline} ({confidence})"


def _rounds(number: int) -> str:
    return "1 round" if number == 1 else f"{number} rounds"
