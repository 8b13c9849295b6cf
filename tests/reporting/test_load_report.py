"""Load tests and comparisons in a report: all fields, limited lists, safe texts, finite numbers, and older records."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from labgrader.evidence.load.load_test import Comparison, LoadResult
from labgrader.reporting.html import render_student
from labgrader.reporting.load_report import (
    MAX_COMPARED,
    MAX_CURVE,
    MAX_ERRORS,
    MAX_NOTES,
    MAX_REASONS,
    MAX_SAMPLES,
)
from labgrader.schemas import InvalidDocumentError, validate

PUBLISHED_FIELDS = {
    "id", "target", "model", "concurrency", "requests", "duration_s", "offered_rps", "achieved_rps", "succeeded",
    "throttled", "function_errors", "application_errors", "timeouts", "other_errors", "cold_starts", "latency_ms",
    "warm_latency_ms", "p95_interval_ms", "retries",
}  # fmt: skip
"""The fields that other programs rely on."""


def entry(example: Any, result: LoadResult, item: str = "holds-under-load") -> dict[str, Any]:
    report = example.report(example.student(), example.all_passed, load_results=[(item, result)])
    validate(report, "report")
    json.dumps(report, allow_nan=False)
    render_student(report)
    (test,) = report["load_tests"]
    return dict(test)


def compared(example: Any, result: Comparison) -> dict[str, Any]:
    report = example.report(example.student(), example.all_passed, comparisons=[("holds-under-load", result)])
    validate(report, "report")
    render_student(report)
    (comparison,) = report["comparisons"]
    return dict(comparison)


def test_load_test_entry_has_all_fields_and_measurements(example: Any) -> None:
    test = entry(example, example.open_load_result())
    samples = test.pop("samples")
    assert len(samples) == 100
    assert samples[0][0] == 0
    assert set(test) >= PUBLISHED_FIELDS
    assert test == {
        "id": "holds-under-load",
        "title": "Holds 20 requests in flight",
        "visibility": "visible",
        "target": "user1-optimized-function:user1-prod",
        "model": "open",
        "concurrency": 50,
        "requests": 100,
        "planned_requests": 103,
        "duration_s": 1.234,
        "rate_rps": 150,
        "offered_rps": 81,
        "achieved_rps": 76.14,
        "dropped": 3,
        "succeeded": 94,
        "throttled": 4,
        "throttle_reason": "ReservedFunctionConcurrentInvocationLimitExceeded",
        "throttle_reasons": {"ReservedFunctionConcurrentInvocationLimitExceeded": 3, "CallerRateLimitExceeded": 1},
        "function_errors": 2,
        "function_error_kinds": {"timeout": 1, "unhandled": 1},
        "application_errors": 0,
        "failing_status": 500,
        "timeouts": 0,
        "other_errors": 0,
        "cold_starts": 20,
        "reported": 96,
        "latency_ms": {"min": 48.1, "mean": 171.2, "p50": 61.5, "p90": 655, "p95": 668.2, "p99": 700.1, "max": 702},
        "warm_latency_ms": {"p50": 58, "p95": 101},
        "cold_latency_ms": {"p50": 655, "p95": 700.1},
        "service_ms": {"p50": 23, "p95": 33, "p99": 43},
        "p95_interval_ms": [655, 702],
        "intervals_ms": {"p50": [55, 64], "p90": [99, 668], "p95": [655, 702], "p99": [669, 702]},
        "curve": [[0, 48.1], [50, 61.5], [90, 655], [95, 668.2], [99, 700.1], [100, 702]],
        "retries": 2,
        "connections": 21,
        "warm_up": {"requests": 20, "succeeded": 19, "cold_starts": 18, "reported": 19, "p50": 655.2, "max": 712.9},
        "cost": {
            "estimated": {"requests": 120, "gb_seconds": 1.5, "usd": 0.0000231},
            "actual": {"requests": 116, "gb_seconds": 1.234, "usd": 0.0000205},
            "cap_usd": 0.05,
        },
        "notes": ["This account allows 10 concurrent executions: 10 requests were kept in flight in place of 20."],
        "error_samples": ["Task timed out after 3.00 seconds"],
        "cut_short": "",
    }


def test_load_test_entry_of_an_older_record_has_all_required_fields(example: Any) -> None:
    newer = {
        "rate_rps", "dropped", "throttle_reasons", "function_error_kinds", "cold_latency_ms", "service_ms",
        "intervals_ms", "curve", "connections", "warm_up", "cost", "notes", "reported", "failing_status", "late_ms",
    }  # fmt: skip
    older = {name: value for name, value in example.load_result().to_dict().items() if name not in newer}
    test = entry(example, LoadResult.from_dict(json.loads(json.dumps(older))))
    assert set(test) >= PUBLISHED_FIELDS
    assert not {"cold_latency_ms", "service_ms", "warm_up", "cost"} & set(test)
    assert (test["throttle_reasons"], test["curve"], test["notes"], test["dropped"]) == ({}, [], [], 0)
    assert test["reported"] == test["succeeded"] == 94


def test_report_without_counted_report_lines_is_valid(example: Any) -> None:
    report = example.report(
        example.student(), example.all_passed, load_results=[("holds-under-load", example.newer_load_result())]
    )
    for name in ("reported", "failing_status"):
        del report["load_tests"][0][name]
    del report["load_tests"][0]["warm_up"]["reported"]
    validate(report, "report")
    render_student(report)


def test_load_tests_keep_their_order_and_have_titles(example: Any) -> None:
    results = [
        ("holds-under-load", example.load_result(requests=1)),
        ("holds-under-load", example.load_result(requests=2)),
        ("memory-advice", example.load_result(requests=3)),
        ("gone", example.load_result(requests=4)),
    ]
    report = example.report(example.student(), example.all_passed, load_results=results)
    validate(report, "report")
    assert [(test["id"], test["title"], test["requests"]) for test in report["load_tests"]] == [
        ("holds-under-load", "Holds 20 requests in flight", 1),
        ("holds-under-load", "Holds 20 requests in flight", 2),
        ("memory-advice", "Versions keep the memory they were published with", 3),
        ("gone", "gone", 4),
    ]


def test_infinite_numbers_become_zero(example: Any) -> None:
    broken = example.newer_load_result(
        succeeded=0,
        duration_s=math.nan,
        offered_rps=math.inf,
        rate_rps=math.inf,
        latency_ms={},
        warm_latency_ms={"p50": -1.0},
        cold_latency_ms={"p50": math.nan},
        service_ms={"p50": math.inf},
        p95_interval_ms=(math.nan, math.inf),
        intervals_ms={"p50": (math.nan, -5.0)},
        curve=((math.nan, math.inf), (101.0, 3.0)),
        warm_up={"requests": 3, "p50": math.nan},
        cost={"actual": {"usd": math.nan}, "estimated": None},
        samples=((0.0, math.nan, "timeout"), (-0.5, -1.0, "timeout")),
    )
    test = entry(example, broken)
    assert test["duration_s"] == test["offered_rps"] == test["rate_rps"] == 0
    assert test["latency_ms"] == dict.fromkeys(("min", "mean", "p50", "p90", "p95", "p99", "max"), 0)
    assert test["warm_latency_ms"] == test["cold_latency_ms"] == {"p50": 0, "p95": 0}
    assert test["p95_interval_ms"] == test["intervals_ms"]["p50"] == [0, 0]
    assert test["curve"] == [[0, 0], [100, 3]]
    assert test["warm_up"] == {"requests": 3, "succeeded": 0, "cold_starts": 0, "p50": 0, "max": 0}
    assert test["cost"] == {"actual": {"requests": 0, "gb_seconds": 0, "usd": 0}}
    assert test["samples"] == [[0, 0, "timeout"], [0, 0, "timeout"]]


def test_lists_are_limited_and_samples_and_curves_keep_their_ends(example: Any) -> None:
    many = 5_000
    test = entry(
        example,
        example.newer_load_result(
            notes=tuple(f"note {number}" for number in range(many)),
            error_samples=tuple(f"error {number}" for number in range(many)),
            throttle_reasons={f"reason {number}": 1 for number in range(many)},
            curve=tuple((100 * number / many, float(number)) for number in range(many + 1)),
            samples=tuple((float(number), 1.0, "succeeded") for number in range(many)),
        ),
    )
    assert [len(test[name]) for name in ("notes", "error_samples", "throttle_reasons", "curve", "samples")] == [
        MAX_NOTES,
        MAX_ERRORS,
        MAX_REASONS,
        MAX_CURVE,
        MAX_SAMPLES,
    ]
    assert test["notes"][0] == "note 0"
    assert (test["curve"][0], test["curve"][-1]) == ([0, 0], [100, many])
    assert (test["samples"][0][0], test["samples"][-1][0]) == (0, many - 1)
    comparison = compared(
        example, example.comparison(baseline_ms=(1.0,) * many, notes=("x",) * many, candidate_errors=("y",) * many)
    )
    assert [len(comparison[name]) for name in ("baseline_ms", "notes", "candidate_errors")] == [
        MAX_COMPARED,
        MAX_NOTES,
        MAX_ERRORS,
    ]


def test_texts_of_a_load_test_are_safe_and_cut(example: Any) -> None:
    text = "half \ud83d of a pair \u202e" + "x" * 100_000
    test = entry(example, example.newer_load_result(notes=(text,), throttle_reasons={text: 1}, target=text))
    assert test["notes"][0].startswith("half � of a pair �xxx")
    (reason,) = test["throttle_reasons"]
    assert reason.endswith("more characters)")
    assert len(reason) < 250
    comparison = compared(example, example.comparison(baseline=text, notes=(text,)))
    assert comparison["baseline"].startswith("half � of a pair �xxx")


def test_unknown_error_kinds_and_report_fields_are_left_out(example: Any) -> None:
    test = entry(example, example.newer_load_result(function_error_kinds={"handled": 1, "surprise": 1, "timeout": 0}))
    assert test["function_error_kinds"] == {"handled": 1}
    comparison = compared(example, example.comparison(baseline_report={"billed_ms": 3.0, "surprise": 1.0}))
    assert comparison["baseline_report"] == {"billed_ms": 3}


def test_comparison_entry_has_ratio_and_report_lines(example: Any) -> None:
    assert compared(example, example.comparison()) == {
        "id": "holds-under-load",
        "title": "Holds 20 requests in flight",
        "visibility": "visible",
        "baseline": "user1-baseline-function",
        "candidate": "user1-optimized-function:user1-prod",
        "baseline_ms": [2104.2, 2087.9, 2093, 2110.5],
        "candidate_ms": [61, 55.2, 57.8, 59.1],
        "ratio": 35.88,
        "ratio_interval": [34.22, 38.2],
        "baseline_report": {"duration_ms": 2080.1, "billed_ms": 2081, "memory_mb": 128, "max_memory_mb": 71},
        "candidate_report": {"duration_ms": 50.14, "billed_ms": 51, "memory_mb": 512, "max_memory_mb": 80},
        "notes": ["1 round was added."],
        "baseline_errors": [],
        "candidate_errors": [],
    }


@pytest.mark.parametrize(
    ("item", "visibility"),
    [("holds-under-load", "visible"), ("answers-bad-json", "hidden"), ("memory-advice", "visible"), ("gone", "hidden")],
)
def test_load_tests_of_hidden_and_removed_checks_are_hidden(example: Any, item: str, visibility: str) -> None:
    """The student's report leaves hidden entries out. The instructor's page marks them."""
    report = example.report(
        example.student(),
        example.all_passed,
        load_results=[(item, example.load_result())],
        comparisons=[(item, example.comparison())],
    )
    validate(report, "report")
    assert [report[place][0]["visibility"] for place in ("load_tests", "comparisons")] == [visibility] * 2
    of_the_check = 1  # answers-bad-json has its own tag
    assert render_student(report).count("hidden from students") == of_the_check + 2 * (visibility == "hidden")


def test_load_test_without_visibility_is_shown(example: Any) -> None:
    report = example.mixed()
    for entry in (*report["load_tests"], *report["comparisons"]):
        del entry["visibility"]
    validate(report, "report")
    assert render_student(report).count("hidden from students") == 1


@pytest.mark.parametrize(
    ("place", "within"),
    [
        ("load_tests", ""),
        ("load_tests", "latency_ms"),
        ("load_tests", "warm_latency_ms"),
        ("load_tests", "cold_latency_ms"),
        ("load_tests", "service_ms"),
        ("load_tests", "intervals_ms"),
        ("load_tests", "function_error_kinds"),
        ("load_tests", "warm_up"),
        ("load_tests", "cost"),
        ("comparisons", ""),
        ("comparisons", "baseline_report"),
    ],
)
def test_report_schema_refuses_unknown_fields(example: Any, place: str, within: str) -> None:
    report = example.report(
        example.student(),
        example.all_passed,
        load_results=[("holds-under-load", example.newer_load_result())],
        comparisons=[("holds-under-load", example.comparison())],
    )
    entry = report[place][0]
    (entry[within] if within else entry)["surprise"] = 1
    path = f"{place}[0].{within}".rstrip(".")
    problem = f"{path}: Additional properties are not allowed ('surprise' was unexpected)"
    with pytest.raises(InvalidDocumentError) as raised:
        validate(report, "report")
    assert problem in str(raised.value)
