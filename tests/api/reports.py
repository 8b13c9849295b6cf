"""Reports as a run stores them."""

from __future__ import annotations

from typing import Any

LAB = "lambda-optimization"
RUN_ID = "20260301-090000-lambda-optimization-0001"


def check_of(check_id: str, points: float, most: float, visibility: str = "visible") -> dict[str, Any]:
    """One check of a report."""
    return {
        "id": check_id,
        "check": "function_exists",
        "kind": "configuration",
        "title": f"The title of {check_id}",
        "task": "Task 1",
        "requires": [],
        "status": "passed" if points == most else "partial",
        "points": points,
        "max_points": most,
        "message": "",
        "expected": "",
        "observed": "",
        "hint": "",
        "visibility": visibility,
        "evidence": [],
    }


def report_of(run_id: str = RUN_ID, username: str = "user1", mode: str = "grade", **fields: Any) -> Any:
    """A report with one visible check and one that is hidden."""
    return {
        "schema": "labgrader.report/1",
        "run_id": run_id,
        "mode": mode,
        "status": "complete",
        "lab": {"id": LAB, "version": "1.0.0", "title": "Lambda optimization"},
        "student": {"student_id": f"s-{username}", "username": username, "name": "Ada", "section": "A"},
        "account_id": "123456789012",
        "region": "us-east-1",
        "snapshot_taken_at": "2026-03-01T09:00:10Z",
        "graded_at": "2026-03-01T09:00:30Z",
        "score": {"points": 13, "max_points": 15, "percent": 86.67, "open_points": 0},
        "checks": [check_of("shown-check", 8, 10), check_of("secret-check", 5, 5, "hidden")],
        "load_tests": [],
        "advice": [],
        **fields,
    }


def load_test_of(test_id: str, outcome: str) -> dict[str, Any]:
    """One load test of a report, with as many samples as it may have."""
    counts = dict.fromkeys(
        ("succeeded", "throttled", "function_errors", "application_errors", "timeouts", "other_errors"), 0
    )
    return {
        "id": test_id,
        "visibility": "visible",
        "target": "user1-function",
        "model": "closed",
        "concurrency": 1,
        "requests": 1,
        "duration_s": 1.0,
        "offered_rps": 1.0,
        "achieved_rps": 1.0,
        **counts,
        "cold_starts": 0,
        "latency_ms": dict.fromkeys(("min", "mean", "p50", "p90", "p95", "p99", "max"), 1.0),
        "warm_latency_ms": {"p50": 1.0, "p95": 1.0},
        "p95_interval_ms": [1.0, 1.0],
        "retries": 0,
        "samples": [[float(number), 1.5, outcome] for number in range(500)],
    }
