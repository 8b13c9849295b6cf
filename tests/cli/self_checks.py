"""A self-check of a student, and its report."""

from __future__ import annotations

from typing import Any

import pytest

from cli.main import main
from tests.cli.stub_api import RUN, StubApi

TOKEN = "aaaa.bbbb.cccc"
LEFT = "4 self-checks left this hour (of 5), 19 in 24 hours (of 20); one more at 2026-03-01 13:00 UTC"
Capture = pytest.CaptureFixture[str]


def check(status: str, title: str, **more: Any) -> Any:
    points = {"passed": 8, "partial": 3.5}.get(status, 0)
    return {
        "id": title.lower().replace(" ", "-"),
        "check": "x",
        "kind": "configuration",
        "title": title,
        "task": "Task 1",
        "status": status,
        "points": points,
        "max_points": 8,
        "message": "" if status == "passed" else f"why {status}",
        "expected": "",
        "observed": "",
        "hint": "aws lambda list-functions",
        "visibility": "visible",
        "evidence": [],
        **more,
    }


def report(*checks: Any, status: str = "complete", **more: Any) -> Any:
    points = sum(part["points"] for part in checks)
    most = sum(part["max_points"] for part in checks)
    unknown = sum(part["max_points"] for part in checks if part["status"] == "not_graded")
    return {
        "schema": "labgrader.report/1",
        "run_id": RUN,
        "mode": "self-check",
        "status": status,
        "lab": {"id": "lambda-optimization", "version": "1.0.0", "title": "Lambda Function Optimization"},
        "score": {"points": points, "max_points": most, "percent": 100 * points / most, "open_points": unknown},
        "checks": list(checks),
        "load_tests": [],
        "advice": [],
        **more,
    }


def self_check(stub: StubApi, *arguments: str) -> int:
    return main(["self-check", "--lab", "lambda-optimization", "--url", stub.url, *arguments])
