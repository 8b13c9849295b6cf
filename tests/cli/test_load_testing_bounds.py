"""Whether a percentile is below a threshold, and the columns of warm and cold latencies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cli.output.load_progress import line
from cli.output.load_test import print_load_result, verdict
from labgrader.evidence.load.load_test import LoadResult, Threshold
from labgrader.load_testing.progress import LoadProgress


def _result(**fields: Any) -> LoadResult:
    found = LoadResult(
        target="user1-f",
        model="closed",
        concurrency=20,
        requests=400,
        planned_requests=400,
        duration_s=1.0,
        offered_rps=400.0,
        achieved_rps=400.0,
        succeeded=400,
        throttled=0,
        function_errors=0,
        application_errors=0,
        timeouts=0,
        other_errors=0,
        cold_starts=0,
        latency_ms={},
        warm_latency_ms={},
        p95_interval_ms=(90.0, 110.0),
        intervals_ms={"p95": (90.0, 110.0), "p99": (120.0, 130.0)},
    )
    return replace(found, **fields)


@pytest.mark.parametrize(
    ("fields", "percentile", "bound", "sentence"),
    [
        ({}, 95, 110, "p95 is below 110 ms (95% confidence: 90.0 to 110.0 ms)"),
        (
            {},
            95,
            109,
            "p95 is too close to call (95% confidence: 90.0 to 110.0 ms): more requests are needed to compare it with "
            "109 ms",
        ),
        ({}, 95, 89, "p95 is above 89 ms (95% confidence: 90.0 to 110.0 ms)"),
        (
            {"succeeded": 100, "function_errors": 300},
            95,
            110,
            "p95 is not below 110 ms: 300 of 400 requests failed, and p95 allows at most 5 of 100",
        ),
        (
            {"succeeded": 380, "function_errors": 20},
            95,
            110,
            "p95 of the 380 of 400 requests that succeeded is below 110 ms (95% confidence: 90.0 to 110.0 ms)",
        ),
        (
            {"succeeded": 379, "function_errors": 21},
            95,
            110,
            "p95 is not below 110 ms: 21 of 400 requests failed, and p95 allows at most 5 of 100",
        ),
        ({"succeeded": 50, "requests": 50}, 95, 89, "p95 is above 89 ms (95% confidence: at least 90.0 ms)"),
        (
            {"late_ms": 20.0},
            95,
            70,
            "p95 is unknown: the load tester itself was 20 ms late, which may explain the whole excess over 70 ms",
        ),
        ({"late_ms": 20.0}, 95, 69, "p95 is above 69 ms (95% confidence: 90.0 to 110.0 ms)"),
        (
            {"succeeded": 0, "function_errors": 400},
            95,
            110,
            "p95 is unknown: none of 400 requests succeeded",
        ),
        (
            {"dropped": 100},
            95,
            110,
            "p95 is unknown: 100 of 500 requests were not sent, because --concurrency requests were in flight; raise "
            "--concurrency or lower --rate",
        ),
        ({"dropped": 100}, 95, 89, "p95 is above 89 ms (95% confidence: 90.0 to 110.0 ms)"),
        ({"succeeded": 368, "requests": 368}, 99, 130, "p99 is below 130 ms (95% confidence: 120.0 to 130.0 ms)"),
        (
            {"succeeded": 367, "requests": 367},
            99,
            130,
            "p99 is too close to call: at least 368 successful requests are needed to show that it is below 130 ms",
        ),
    ],
)
def test_a_threshold_is_decided_by_the_interval(
    fields: dict[str, Any], percentile: int, bound: float, sentence: str
) -> None:
    assert verdict(_result(**fields), Threshold(percentile, bound, 1000)) == sentence


@pytest.mark.parametrize(("fields", "cold", "warm"), [({"reported": 400}, "0", "7.0"), ({}, "unknown", "")])
def test_the_warm_column_needs_a_report_line(
    fields: dict[str, Any], cold: str, warm: str, capsys: pytest.CaptureFixture[str]
) -> None:
    latencies = {"p50": 7.0, "p90": 8.0, "p95": 9.0, "p99": 10.0}
    print_load_result(_result(latency_ms=latencies, warm_latency_ms={"p50": 7.0}, intervals_ms={}, **fields))
    lines = capsys.readouterr().out.splitlines()
    (cold_starts,) = [text for text in lines if text.startswith("cold starts")]
    assert cold_starts.split()[2] == cold
    (row,) = [text for text in lines if text.startswith("p50")]
    assert row.split() == ["p50", "7.0", *([warm] if warm else [])]


def test_the_progress_line_has_counts_and_percentiles() -> None:
    progress = LoadProgress(
        planned=100, sent=70, answered=63, succeeded=60, throttled=2, failed=1, elapsed_s=3.15, p50_ms=52.4,
        p95_ms=97.6, phase="load",
    )  # fmt: skip
    assert line(progress) == "load 63/100  3.1 s  20 answered/s  p50 52 ms  p95 98 ms  2 throttled  1 failed"
