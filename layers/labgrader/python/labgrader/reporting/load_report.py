"""Load tests and comparisons in a report: limited lists, safe texts, finite numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from labgrader.documents.report import Cost, LoadTestCost, ReportComparison, ReportLoadTest, WarmUp
from labgrader.evidence.load.load_test import Comparison, LoadResult
from labgrader.evidence.load.statistics import thinned
from labgrader.labs.lab import Visibility
from labgrader.reporting.formatting import clean, rounded

MAX_SAMPLES = 500
"""The most requests of a load test in a report. The page draws its plot from them."""

MAX_CURVE = 200
"""The most points of a percentile curve in a report."""

MAX_COMPARED = 1_000
"""The most latencies of each side of a comparison in a report."""

MAX_ERRORS = 5
"""The most different errors of a load test in a report."""

MAX_NOTES = 10
"""The most notes about a load test in a report."""

MAX_REASONS = 10
"""The most throttle reasons of a load test in a report. AWS has six."""

REASON_CHARACTERS = 200

LATENCIES = ("min", "mean", "p50", "p90", "p95", "p99", "max")
SPLIT_LATENCIES = ("p50", "p95")
SERVICE_TIMES = ("p50", "p95", "p99")
INTERVALS = ("p50", "p90", "p95", "p99")
FUNCTION_ERROR_KINDS = ("handled", "unhandled", "timeout", "out_of_memory")
REPORTED = ("duration_ms", "billed_ms", "memory_mb", "max_memory_mb")


def load_test_entry(item_id: str, title: str, visibility: Visibility, result: LoadResult) -> ReportLoadTest:
    """Return an entry of a report's ``load_tests``. Optional fields that the record lacks are left out.

    Args:
        item_id: the check or the advice that requested it.
        title: the title of the check or the advice.
        visibility: whether students see the result.
        result: the measurements.
    """
    entry: ReportLoadTest = {
        "id": item_id,
        "title": title,
        "visibility": visibility,
        "target": clean(result.target),
        "model": result.model,
        "concurrency": result.concurrency,
        "requests": result.requests,
        "planned_requests": result.planned_requests,
        "duration_s": _measure(result.duration_s),
        "rate_rps": _measure(result.rate_rps),
        "offered_rps": _measure(result.offered_rps, 2),
        "achieved_rps": _measure(result.achieved_rps, 2),
        "dropped": result.dropped,
        "succeeded": result.succeeded,
        "throttled": result.throttled,
        "throttle_reason": clean(result.throttle_reason),
        "throttle_reasons": {
            clean(reason, REASON_CHARACTERS): int(number)
            for reason, number in list(result.throttle_reasons.items())[:MAX_REASONS]
        },
        "function_errors": result.function_errors,
        "function_error_kinds": _counts(result.function_error_kinds, FUNCTION_ERROR_KINDS),
        "application_errors": result.application_errors,
        "failing_status": result.failing_status,
        "timeouts": result.timeouts,
        "other_errors": result.other_errors,
        "cold_starts": result.cold_starts,
        "reported": result.reported,
        "latency_ms": _measures(result.latency_ms, LATENCIES),
        "warm_latency_ms": _measures(result.warm_latency_ms, SPLIT_LATENCIES),
        "p95_interval_ms": _bounds(result.p95_interval_ms),
        "intervals_ms": {name: _bounds(result.intervals_ms[name]) for name in INTERVALS if name in result.intervals_ms},
        "curve": [
            [min(_measure(percent, 5), 100), _measure(latency)] for percent, latency in thinned(result.curve, MAX_CURVE)
        ],
        "retries": result.retries,
        "connections": result.connections,
        "notes": _sentences(result.notes, MAX_NOTES),
        "error_samples": _sentences(result.error_samples, MAX_ERRORS),
        "cut_short": clean(result.cut_short),
        "samples": [
            [_measure(start, 1), _measure(latency, 1), clean(outcome)]
            for start, latency, outcome in thinned(result.samples, MAX_SAMPLES)
        ],
    }
    if result.cold_latency_ms:
        entry["cold_latency_ms"] = _measures(result.cold_latency_ms, SPLIT_LATENCIES)
    if result.service_ms:
        entry["service_ms"] = _measures(result.service_ms, SERVICE_TIMES)
    if result.warm_up:
        entry["warm_up"] = _warm_up(result.warm_up)
    if result.cost:
        entry["cost"] = _cost(result.cost)
    return entry


def comparison_entry(item_id: str, title: str, visibility: Visibility, result: Comparison) -> ReportComparison:
    """Return an entry of a report's ``comparisons``.

    Args:
        item_id: the check or the advice that requested it.
        title: the title of the check or the advice.
        visibility: whether students see the result.
        result: the measurements.
    """
    return {
        "id": item_id,
        "title": title,
        "visibility": visibility,
        "baseline": clean(result.baseline),
        "candidate": clean(result.candidate),
        "baseline_ms": [_measure(latency) for latency in thinned(result.baseline_ms, MAX_COMPARED)],
        "candidate_ms": [_measure(latency) for latency in thinned(result.candidate_ms, MAX_COMPARED)],
        "ratio": _measure(result.ratio),
        "ratio_interval": _bounds(result.ratio_interval),
        "baseline_report": _reported(result.baseline_report),
        "candidate_report": _reported(result.candidate_report),
        "notes": _sentences(result.notes, MAX_NOTES),
        "baseline_errors": _sentences(result.baseline_errors, MAX_ERRORS),
        "candidate_errors": _sentences(result.candidate_errors, MAX_ERRORS),
    }


def _measure(value: float, digits: int = 3) -> float:
    """Return a measurement, rounded and never negative."""
    return max(rounded(value, digits), 0)


def _measures(values: Mapping[str, float], names: Sequence[str]) -> dict[str, float]:
    return {name: _measure(values.get(name, 0)) for name in names}


def _bounds(bounds: Sequence[float]) -> list[float]:
    return [_measure(bound) for bound in bounds]


def _counts(values: Mapping[str, int], names: Sequence[str]) -> dict[str, int]:
    return {name: int(values[name]) for name in names if values.get(name)}


def _sentences(sentences: Sequence[str], limit: int) -> list[str]:
    return [clean(sentence) for sentence in sentences[:limit]]


def _reported(report: Mapping[str, float]) -> dict[str, float]:
    return {name: _measure(report[name]) for name in REPORTED if name in report}


def _warm_up(warm_up: Mapping[str, Any]) -> WarmUp:
    entry: WarmUp = {
        "requests": int(warm_up.get("requests", 0)),
        "succeeded": int(warm_up.get("succeeded", 0)),
        "cold_starts": int(warm_up.get("cold_starts", 0)),
        "p50": _measure(warm_up.get("p50", 0)),
        "max": _measure(warm_up.get("max", 0)),
    }
    if "reported" in warm_up:
        entry["reported"] = int(warm_up["reported"])
    return entry


def _priced(cost: Mapping[str, Any]) -> Cost:
    return {
        "requests": int(cost.get("requests", 0)),
        "gb_seconds": _measure(cost.get("gb_seconds", 0), 6),
        "usd": _measure(cost.get("usd", 0), 9),
    }


def _cost(cost: Mapping[str, Any]) -> LoadTestCost:
    entry: LoadTestCost = {}
    if isinstance(cost.get("estimated"), Mapping):
        entry["estimated"] = _priced(cost["estimated"])
    if isinstance(cost.get("actual"), Mapping):
        entry["actual"] = _priced(cost["actual"])
    if "cap_usd" in cost:
        entry["cap_usd"] = _measure(cost["cap_usd"], 9)
    return entry
