"""The part of a student's page about load tests: numbers in words, and plots. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from labgrader.documents.report import ReportLoadTest
from labgrader.evidence.load.result import throttle_meaning
from labgrader.evidence.load.statistics import fewest_measurements
from labgrader.reporting.formatting import counted, dollars_text, milliseconds_text
from labgrader.reporting.plots import latency_plot, percentile_plot

Rows = list[tuple[str, ...]]

FAILURES: tuple[tuple[Literal["function_errors", "application_errors", "timeouts", "other_errors"], str], ...] = (
    ("function_errors", "function errors"),
    ("application_errors", "answers of {failing_status} or more"),
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
"""The kinds of function errors, as a table's rows."""

PERCENTILES = (
    (50, "median (p50)"),
    (90, "90% within (p90)"),
    (95, "95% within (p95)"),
    (99, "99% within (p99)"),
)

LESS_SURE = "*"
"""Marks an interval with a confidence below 95%."""

_NOTE_OF_DROPPED = re.compile(r"\barrivals?\b.*\bnot sent\b")  # the engine's own note about them, also an older one


def load_test_view(test: ReportLoadTest, titles: Mapping[str, str]) -> dict[str, Any]:
    """Return what the page shows of one entry of ``load_tests``; fields that an older report lacks are left out.

    Args:
        test: the entry.
        titles: the titles of the lab's checks by id. Another id is advice.
    """
    service = test.get("service_ms", {}) if test["model"] == "open" else {}
    return {
        "title": test.get("title") or titles.get(test["id"], test["id"]),
        "is_advice": test["id"] not in titles,
        "is_hidden": test.get("visibility") == "hidden",
        "target": test["target"],
        "plan": _plan(test),
        "sent": _sent(test),
        "cut_short": test.get("cut_short", ""),
        "dropped": _dropped(test),
        "notes": [
            note for note in test.get("notes", ()) if not (test.get("dropped") and _NOTE_OF_DROPPED.search(note))
        ],
        "errors": test.get("error_samples", ()),
        "outcomes": _outcomes(test),
        "latencies": _latencies(test, service),
        "service": service,
        "how_sure": _how_sure(test),
        "split": _split(test),
        "whole": _whole(test),
        "drawn": _drawn(test),
        "latency_plot": latency_plot(test),
        "percentile_plot": percentile_plot(test),
    }


def _plan(test: ReportLoadTest) -> str:
    """Return what was planned, in words."""
    planned = _planned(test)
    if test["model"] == "closed":
        until = f"{counted(planned, 'request')} {'was' if planned == 1 else 'were'} sent"
        return f"{counted(test['concurrency'], 'request')} kept in flight until {until}"
    rate = test.get("rate_rps") or test["offered_rps"]
    return f"{rate:,g} arrivals a second, {planned:,} in all, at most {test['concurrency']} in flight"


def _arrivals(test: ReportLoadTest) -> int:
    """Return the number of arrivals: requests that were sent and, in the open model, requests that were dropped."""
    return int(test["requests"] + test.get("dropped", 0))


def _planned(test: ReportLoadTest) -> int:
    return max(int(test.get("planned_requests", 0)), _arrivals(test))


def _sent(test: ReportLoadTest) -> str:
    """Return the number of arrivals in words, and the planned number if the test stopped early."""
    noun = "arrival" if test["model"] == "open" else "request"
    arrivals, planned = _arrivals(test), _planned(test)
    return counted(arrivals, noun) if arrivals == planned else f"{arrivals:,} of {counted(planned, noun)}"


def _dropped(test: ReportLoadTest) -> str:
    """Return a sentence about the arrivals that were not sent. The percentiles do not include them."""
    dropped = test.get("dropped", 0)
    if not dropped:
        return ""
    arrivals = f"{dropped:,} of {counted(_arrivals(test), 'arrival')} {'was' if dropped == 1 else 'were'} not sent"
    of_others = " The percentiles do not include them." if test["succeeded"] else ""
    return f"{arrivals}, because too many requests were in flight.{of_others}"


def _drawn(test: ReportLoadTest) -> str:
    """Return a sentence with the number of plotted requests; empty if the plot has all."""
    drawn = len(test.get("samples", ()))
    return f"{_count(drawn)} of {counted(test['requests'], 'request')} are drawn." if drawn < test["requests"] else ""


def _outcomes(test: ReportLoadTest) -> Rows:
    """Return the number of requests with each result, and below it the parts of that number."""
    rows: Rows = [("", "succeeded", _count(test["succeeded"])), ("", "throttled", _count(test["throttled"]))]
    reasons = test.get("throttle_reasons") or {}
    if not reasons and test.get("throttle_reason"):
        reasons = {test["throttle_reason"]: test["throttled"]}
    rows += [("part", _reason(reason), _count(number)) for reason, number in reasons.items()]
    failures = [(name, words) for name, words in FAILURES if test[name]]
    for name, words in failures:
        rows.append(("", words.format(failing_status=test.get("failing_status", 500)), _count(test[name])))
        if name == "function_errors":
            kinds = test.get("function_error_kinds", {})
            rows += [("part", words, _count(kinds[kind])) for kind, words in KINDS.items() if kinds.get(kind)]
    if not failures:
        rows.append(("", "failed", "0"))
    if test["model"] == "open":
        rows.append(("", "not sent, too many in flight", _count(test.get("dropped", 0))))
    rows += _cold_starts(test)
    if test["retries"]:
        rows.append(("", "retried on a new connection", _count(test["retries"])))
    return rows


def _reason(reason: str) -> str:
    """Return AWS's reason for a throttle, with its meaning."""
    meaning = throttle_meaning(reason)
    return f"{reason}: {meaning}" if meaning else reason


def _cold_starts(test: ReportLoadTest) -> Rows:
    """Return the number of cold starts, and its source. No row if no request succeeded."""
    number, reported = test["cold_starts"], test.get("reported")
    if number or reported is None or reported >= test["succeeded"] > 0:  # an older record does not say how many
        return [("", "cold starts", _count(number))]
    if reported:
        return [("", "cold starts", _count(number)), ("part", "answers with a REPORT line", _count(reported))]
    if not test["succeeded"]:
        return []
    is_function = not any(character.isspace() for character in test["target"])
    why = "Lambda sent no REPORT line" if is_function else "an endpoint does not report them"
    return [("", "cold starts", "unknown"), ("part", why, "")]


def _intervals(test: ReportLoadTest) -> dict[int, Sequence[float]]:
    """Return the interval of each percentile that has one."""
    intervals: dict[str, list[float]] = {"p95": test["p95_interval_ms"], **test.get("intervals_ms", {})}
    return {percent: intervals[f"p{percent}"] for percent, _ in PERCENTILES if f"p{percent}" in intervals}


def _is_sure(test: ReportLoadTest, percent: int) -> bool:
    """Return whether the interval of a percentile has a confidence of 95%. It needs enough requests."""
    return bool(test["succeeded"] >= fewest_measurements(percent))


def _how_sure(test: ReportLoadTest) -> str:
    """Return sentences about the confidence of the intervals."""
    if not test["succeeded"]:
        return ""
    said = []
    if _is_sure(test, 95):
        low, high = map(milliseconds_text, test["p95_interval_ms"])
        said.append(f"With 95% confidence, the 95th percentile is between {low} and {high}.")
    missing = [percent for percent in _intervals(test) if not _is_sure(test, percent)]
    if missing:
        needed = ", ".join(f"{fewest_measurements(percent)} for p{percent}" for percent in missing)
        said.append(f"{LESS_SURE} The confidence is below 95%. It needs more successful requests: {needed}.")
    return " ".join(said)


def _latencies(test: ReportLoadTest, service: Mapping[str, float]) -> Rows:
    """Return each percentile with its interval and, in the open model, with its service time."""
    if not test["succeeded"]:
        return []
    latency, intervals = test["latency_ms"], _intervals(test)
    rows: Rows = []
    for percent, words in PERCENTILES:
        name, interval = f"p{percent}", ""
        if percent in intervals:
            low, high = map(milliseconds_text, intervals[percent])
            interval = f"{low} to {high}{'' if _is_sure(test, percent) else f' {LESS_SURE}'}"
        rows.append((words, milliseconds_text(latency[name]), interval, _optional(service.get(name))))
    return [
        ("fastest", milliseconds_text(latency["min"]), "", ""),
        *rows,
        ("slowest", milliseconds_text(latency["max"]), "", ""),
        ("mean", milliseconds_text(latency["mean"]), "", ""),
    ]


def _split(test: ReportLoadTest) -> Rows:
    """Return the median and the p95 of warm and of cold requests; empty if there was no cold start."""
    cold, warm = test.get("cold_latency_ms", {}), test["warm_latency_ms"]
    if not (test["cold_starts"] and test["succeeded"]):
        return []
    rows: Rows = []
    if warm["p50"]:
        rows.append(("warm", milliseconds_text(warm["p50"]), milliseconds_text(warm["p95"])))
    if cold.get("p50"):
        rows.append(("cold start", milliseconds_text(cold["p50"]), milliseconds_text(cold["p95"])))
    return rows


def _whole(test: ReportLoadTest) -> Rows:
    """Return rows about the whole test: time, rates, connections, warm-up and cost."""
    rows: Rows = [("took", f"{test['duration_s']:,.2f} s")] if test["duration_s"] else []
    if test.get("rate_rps"):
        rows.append(("planned", f"{test['rate_rps']:,g} a second"))
    if test["duration_s"]:
        rows.append(("offered", f"{test['offered_rps']:,.1f} a second"))
    if test["succeeded"]:
        rows.append(("achieved", f"{test['achieved_rps']:,.1f} a second"))
    if test.get("connections"):
        rows.append(("connections", _count(test["connections"])))
    warm_up = test.get("warm_up")
    if warm_up:
        said = [counted(warm_up["requests"], "request"), f"{_count(warm_up['succeeded'])} succeeded"]
        if warm_up["succeeded"]:
            known = warm_up["cold_starts"] or warm_up.get("reported", 1)
            said.append(counted(warm_up["cold_starts"], "cold start") if known else "cold starts unknown")
        rows.append(("warm-up, not counted", ", ".join(said)))
        if warm_up["succeeded"]:
            took = f"median {milliseconds_text(warm_up['p50'])}, slowest {milliseconds_text(warm_up['max'])}"
            rows.append(("warm-up took", took))
    cost = test.get("cost", {})
    for words, part in (("cost, estimated", cost.get("estimated")), ("cost, actual", cost.get("actual"))):
        if part:
            seconds = f", {part['gb_seconds']:.3g} GB-seconds" if part["gb_seconds"] else ""
            rows.append((words, f"{dollars_text(part['usd'])}{seconds}"))
    if cost.get("cap_usd"):
        rows.append(("cost cap", dollars_text(cost["cap_usd"])))
    return rows


def _count(number: int) -> str:
    return f"{number:,}"


def _optional(milliseconds: float | None) -> str:
    return "" if milliseconds is None else milliseconds_text(milliseconds)
