"""What the page of one student shows of load tests and comparisons: numbers in words, beside their plots. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from labgrader.reporting.plots import comparison_plot, latency_plot, percentile_plot
from labgrader.reporting.words import counted, dollars_text, milliseconds_text, ratio_text

Rows = list[tuple[str, ...]]

FAILURES = (
    ("function_errors", "function errors"),
    ("application_errors", "answers of 500 or more"),
    ("timeouts", "timeouts"),
    ("other_errors", "other errors"),
)
"""The ways a request can fail, as a table's rows."""

KINDS = {
    "handled": "handled by the function",
    "unhandled": "not handled",
    "timeout": "ran into the function’s timeout",
    "out_of_memory": "out of memory",
}
"""What function errors are, as a table's rows."""

PERCENTILES = (
    ("p50", "median (p50)"),
    ("p90", "90% within (p90)"),
    ("p95", "95% within (p95)"),
    ("p99", "99% within (p99)"),
)

MEASURED = (
    ("requests", "requests that succeeded"),
    ("fastest", "fastest"),
    ("median", "median"),
    ("slowest", "slowest"),
    ("duration_ms", "Lambda’s own duration, median"),
    ("billed_ms", "billed duration, median"),
    ("memory_mb", "memory"),
    ("max_memory_mb", "memory used, median"),
)
"""What a comparison has of each side, as a table's rows; the last four are from Lambda's REPORT lines."""


def load_test_view(test: Mapping[str, Any], titles: Mapping[str, str]) -> dict[str, Any]:
    """Return what the page shows of one entry of ``load_tests``; fields that an older report lacks are left out.

    Args:
        test: the entry.
        titles: of the lab's checks, by id; what is not among them is advice.
    """
    return {
        "title": test.get("title") or titles.get(test["id"], test["id"]),
        "is_advice": test["id"] not in titles,
        "is_hidden": test.get("visibility") == "hidden",
        "target": test["target"],
        "plan": _plan(test),
        "requests": test["requests"],
        "succeeded": test["succeeded"],
        "cut_short": test.get("cut_short", ""),
        "notes": test.get("notes", ()),
        "errors": test.get("error_samples", ()),
        "outcomes": _outcomes(test),
        "latencies": _latencies(test),
        "service": test.get("service_ms", {}) if test["model"] == "open" else {},
        "split": _split(test),
        "whole": _whole(test),
        "interval": test["p95_interval_ms"],
        "drawn": _drawn(test),
        "latency_plot": latency_plot(test),
        "percentile_plot": percentile_plot(test),
    }


def comparison_view(comparison: Mapping[str, Any], titles: Mapping[str, str]) -> dict[str, Any]:
    """Return what the page shows of one entry of ``comparisons``.

    Args:
        comparison: the entry.
        titles: of the lab's checks, by id; what is not among them is advice.
    """
    sides = [_side(comparison, name) for name in ("baseline", "candidate")]
    return {
        "title": comparison.get("title") or titles.get(comparison["id"], comparison["id"]),
        "is_advice": comparison["id"] not in titles,
        "is_hidden": comparison.get("visibility") == "hidden",
        "verdict": _verdict(comparison),
        "sides": [(side["name"], side["errors"]) for side in sides],
        "rows": [
            (words, [side["values"].get(field, "–") for side in sides])
            for field, words in MEASURED
            if any(field in side["values"] for side in sides)
        ],
        "notes": comparison.get("notes", ()),
        "plot": comparison_plot(comparison),
    }


# --- one load test ---------------------------------------------------------------------------------------------------


def _plan(test: Mapping[str, Any]) -> str:
    """What was to be done, in words."""
    planned = counted(test.get("planned_requests", test["requests"]), "request")
    if test["model"] == "closed":
        were = "was" if planned == "1 request" else "were"
        return f"{counted(test['concurrency'], 'request')} kept in flight until {planned} {were} sent"
    rate = test.get("rate_rps") or test["offered_rps"]
    return f"{rate:,g} requests a second, {planned} in all, at most {test['concurrency']} in flight"


def _drawn(test: Mapping[str, Any]) -> str:
    """How many of the requests the plot has marks for, where it does not have all."""
    drawn = len(test.get("samples", ()))
    return f"{_count(drawn)} of {counted(test['requests'], 'request')} are drawn." if drawn < test["requests"] else ""


def _outcomes(test: Mapping[str, Any]) -> Rows:
    """What became of the requests: each kind, and under it what it is made of."""
    rows: Rows = [("", "succeeded", _count(test["succeeded"])), ("", "throttled", _count(test["throttled"]))]
    reasons = test.get("throttle_reasons") or {}
    if not reasons and test.get("throttle_reason"):
        reasons = {test["throttle_reason"]: test["throttled"]}
    rows += [("part", reason, _count(number)) for reason, number in reasons.items()]
    failures = [(name, words) for name, words in FAILURES if test[name]]
    for name, words in failures:
        rows.append(("", words, _count(test[name])))
        if name == "function_errors":
            kinds = test.get("function_error_kinds", {})
            rows += [("part", words, _count(kinds[kind])) for kind, words in KINDS.items() if kinds.get(kind)]
    if not failures:
        rows.append(("", "failed", "0"))
    rows.append(("", "cold starts", _count(test["cold_starts"])))
    if test["model"] == "open":
        rows.append(("", "not sent, too many in flight", _count(test.get("dropped", 0))))
    if test["retries"]:
        rows.append(("", "sent again on a new connection", _count(test["retries"])))
    return rows


def _latencies(test: Mapping[str, Any]) -> Rows:
    """Each percentile with its 95% interval, and what it is from the moment of sending where that differs."""
    if not test["succeeded"]:
        return []
    latency = test["latency_ms"]
    intervals = {"p95": test["p95_interval_ms"], **test.get("intervals_ms", {})}
    service = test.get("service_ms", {}) if test["model"] == "open" else {}
    rows: Rows = [
        (words, milliseconds_text(latency[name]), _interval(intervals.get(name)), _optional(service.get(name)))
        for name, words in PERCENTILES
    ]
    return [
        ("fastest", milliseconds_text(latency["min"]), "", ""),
        *rows,
        ("slowest", milliseconds_text(latency["max"]), "", ""),
        ("mean", milliseconds_text(latency["mean"]), "", ""),
    ]


def _split(test: Mapping[str, Any]) -> Rows:
    """Warm and cold apart: how many, median and p95; nothing where there was no cold start to tell apart."""
    cold, warm = test.get("cold_latency_ms", {}), test["warm_latency_ms"]
    if not (test["cold_starts"] and test["succeeded"]):
        return []
    rows: Rows = []
    if warm["p50"]:
        rows.append(("warm", milliseconds_text(warm["p50"]), milliseconds_text(warm["p95"])))
    if cold.get("p50"):
        rows.append(("cold start", milliseconds_text(cold["p50"]), milliseconds_text(cold["p95"])))
    return rows


def _whole(test: Mapping[str, Any]) -> Rows:
    """The test as a whole: time, rates, connections, warm-up and cost."""
    rows: Rows = [("took", f"{test['duration_s']:,.2f} s")]
    if test.get("rate_rps"):
        rows.append(("wanted", f"{test['rate_rps']:,g} a second"))
    rows.append(("offered", f"{test['offered_rps']:,.1f} a second"))
    rows.append(("achieved", f"{test['achieved_rps']:,.1f} a second"))
    if test.get("connections"):
        rows.append(("connections", _count(test["connections"])))
    warm_up = test.get("warm_up")
    if warm_up:
        rows.append(
            (
                "warm-up, apart",
                f"{counted(warm_up['requests'], 'request')}, {warm_up['succeeded']} succeeded, "
                f"{counted(warm_up['cold_starts'], 'cold start')}",
            )
        )
        if warm_up["succeeded"]:
            rows.append(
                (
                    "warm-up took",
                    f"median {milliseconds_text(warm_up['p50'])}, slowest {milliseconds_text(warm_up['max'])}",
                )
            )
    cost = test.get("cost", {})
    for name, words in (("estimated", "cost, estimated"), ("actual", "cost, actual")):
        if name in cost:
            seconds = f", {cost[name]['gb_seconds']:.3g} GB-seconds" if cost[name]["gb_seconds"] else ""
            rows.append((words, f"{dollars_text(cost[name]['usd'])}{seconds}"))
    if cost.get("cap_usd"):
        rows.append(("cost cap", dollars_text(cost["cap_usd"])))
    return rows


def _count(number: int) -> str:
    return f"{number:,}"


def _optional(milliseconds: float | None) -> str:
    return "" if milliseconds is None else milliseconds_text(milliseconds)


def _interval(bounds: Sequence[float] | None) -> str:
    return f"{milliseconds_text(bounds[0])} to {milliseconds_text(bounds[1])}" if bounds else ""


# --- a comparison ----------------------------------------------------------------------------------------------------


def _verdict(comparison: Mapping[str, Any]) -> str:
    """How many times as fast, with its interval, in a sentence; empty where it is not known."""
    ratio, (low, high) = comparison.get("ratio", 0), comparison.get("ratio_interval", (0, 0))
    baseline, candidate = comparison["baseline"], comparison["candidate"]
    if not ratio:
        return ""
    if not low:
        return f"By their medians, {candidate} is {ratio_text(ratio)} times as fast as {baseline}."
    if high < 1:
        return (
            f"By their medians, {candidate} takes {ratio_text(1 / ratio)} times as long as {baseline}; "
            f"with 95% confidence, {ratio_text(1 / high)} to {ratio_text(1 / low)} times."
        )
    said = (
        f"y their medians, {candidate} is {ratio_text(ratio)} times as fast as {baseline}; "
        f"with 95% confidence, {ratio_text(low)} to {ratio_text(high)} times."
    )
    return f"B{said}" if low > 1 else f"Not certain which one is faster: b{said}"


def _side(comparison: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What was measured of one of the two, as text, by the row of the table; a row without a number is left out."""
    latencies = comparison[f"{name}_ms"]
    values = {"requests": _count(len(latencies))}
    if latencies:
        for field, value in (("fastest", min(latencies)), ("median", median(latencies)), ("slowest", max(latencies))):
            values[field] = milliseconds_text(value)
    for field, value in comparison.get(f"{name}_report", {}).items():
        values[field] = milliseconds_text(value) if field.endswith("_ms") else f"{value:,.0f} MB"
    return {"name": comparison[name], "values": values, "errors": comparison.get(f"{name}_errors", ())}
