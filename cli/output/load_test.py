"""Print the result of a load test or a comparison."""

from __future__ import annotations

from statistics import median

from cli.output import console
from labgrader.evidence.load.load_test import Comparison, LoadResult, Threshold
from labgrader.evidence.load.result import throttle_meaning
from labgrader.evidence.load.statistics import decide, fewest_measurements

PERCENTILES = ("p50", "p90", "p95", "p99")
"""The percentiles that have an interval."""


def give_load_result(result: LoadResult) -> None:
    """Print what a load test measured."""
    how = f"open, {result.rate_rps:g} arrivals a second" if result.model == "open" else "closed"
    failed = {
        "throttled": result.throttled,
        "function errors": result.function_errors,
        f"answers of {result.failing_status} or more": result.application_errors,
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
                "hint: is the path right, and does the method want an --api-key whose plan serves this stage?"
            )
    if not result.succeeded:
        console.output("no request was served: there is no latency to show")
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
    """Return a sentence: whether a percentile is below a threshold, for how many requests, and how sure it is."""
    name, bound = f"p{threshold.percentile}", f"{threshold.milliseconds:g} ms"
    arrivals = result.requests + result.dropped
    if not result.succeeded:
        return f"{name} cannot be said: none of {arrivals} requests was served"
    low, high = result.intervals_ms.get(name, (0.0, 0.0))
    decided = decide((low, high), threshold.milliseconds)
    if result.dropped and decided != "beyond":
        return (
            f"{name} cannot be said: {result.dropped} of {arrivals} arrivals found no room in flight and were not "
            "sent; raise --concurrency or lower --rate"
        )
    if result.broken_by_failures(threshold.percentile):
        failed = result.own_failures
        left_out = 100 - threshold.percentile
        return (
            f"{name} is not below {bound}: {failed} of {result.succeeded + failed} requests failed, and {name} leaves "
            f"out no more than {left_out} of 100"
        )
    if decided == "beyond" and low - result.late_ms <= threshold.milliseconds:
        return (
            f"{name} cannot be said: the load tester itself was late by {result.late_ms:.0f} ms, which may be all of it"
        )
    of = f" of the {result.succeeded} of {result.requests} requests that were served"
    whose = f"{name}{of}" if result.succeeded < result.requests else name
    fewest = fewest_measurements(threshold.percentile)
    if decided != "beyond" and result.succeeded < fewest:
        return f"{whose} is too close to call: {fewest} requests are the fewest that can say that it is below {bound}"
    if decided == "open":
        return (
            f"{whose} is too close to call: it lies between {low:,.1f} and {high:,.1f} ms (95% sure), and more "
            f"requests are needed to tell whether that is below {bound}"
        )
    if result.succeeded < fewest:
        return f"{whose} is above {bound} (95% sure: at least {low:,.1f} ms)"
    return f"{whose} is {'below' if decided == 'below' else 'above'} {bound} (95% sure: {low:,.1f} to {high:,.1f} ms)"


def _interval(result: LoadResult, name: str) -> str:
    """Return the interval of a percentile, marked if there are too few requests for its upper end."""
    said = " to ".join(f"{bound:,.1f}" for bound in result.intervals_ms.get(name, ()))
    return f"{said} or more" if said and result.succeeded < fewest_measurements(int(name[1:])) else said


def _reason(reason: str) -> str:
    """Return AWS's reason for a throttle, and what it means."""
    meaning = throttle_meaning(reason)
    return f"{reason} ({meaning})" if meaning else reason


def _warm_up(result: LoadResult) -> str:
    warm_up = result.warm_up
    if not warm_up:
        return ""
    known = warm_up.get("reported") or warm_up["cold_starts"]
    served, cold = f"{warm_up['succeeded']:g} served", f"{warm_up['cold_starts'] if known else 'unknown'} cold starts"
    if not warm_up["succeeded"]:
        return f"{warm_up['requests']:g} sent, {served}"
    return f"{warm_up['requests']:g} sent, {served}, {cold}, p50 {warm_up['p50']:,.1f} ms, max {warm_up['max']:,.1f} ms"


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


def give_comparison(comparison: Comparison) -> None:
    """Print the comparison of two targets that were measured in turn."""
    rows = []
    for name, latencies, errors in (
        (comparison.baseline, comparison.baseline_ms, comparison.baseline_errors),
        (comparison.candidate, comparison.candidate_ms, comparison.candidate_errors),
    ):
        shown = [_number(of(latencies) if latencies else None) for of in (min, median, max)]
        rows.append((name, len(latencies), *shown, len(errors)))
    console.output_table(
        ("target", "served", "fastest ms", "median ms", "slowest ms", "failed"),
        rows,
        numbers=("served", "fastest ms", "median ms", "slowest ms", "failed"),
    )
    for error in dict.fromkeys((*comparison.baseline_errors, *comparison.candidate_errors)):
        code, reason = error.partition(": ")[::2]
        console.output(f"error: {code}: {_reason(reason)}" if code == "throttled" else f"error: {error}")
    console.output(_compared(comparison))
    for note in comparison.notes:
        console.output(f"note: {note}")


def _compared(comparison: Comparison) -> str:
    if not comparison.ratio:
        return "cannot be compared: one of them has no latency"
    faster = comparison.ratio >= 1
    low, high = (
        comparison.ratio_interval if faster else tuple(1 / bound for bound in reversed(comparison.ratio_interval))
    )
    times = comparison.ratio if faster else 1 / comparison.ratio
    sure = f"95% sure: {low:.2f} to {high:.2f}" if comparison.sure else f"only {_rounds(comparison.rounds)}: not sure"
    how = f"{times:.2f} times as {'fast' if faster else 'slow'}"
    return f"{comparison.candidate} is {how} as {comparison.baseline} ({sure})"


def _rounds(number: int) -> str:
    return "1 round" if number == 1 else f"{number} rounds"
