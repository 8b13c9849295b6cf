"""A small lab with three checks of its own, and students who did well, half well and not at all."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from labgrader.documents.report import Report
from labgrader.evidence.load.load_test import Comparison, LoadResult
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.scoring import score
from labgrader.judging.verdict import Verdict, failed, not_graded, partial, passed
from labgrader.labs.lab import Item, Lab
from labgrader.labs.search_path import searching
from labgrader.reporting.report import build_report
from labgrader.rosters import Student

RUN_ID = "20260101T090000Z-lambda-optimization-4f2a"
ACCOUNT = "000000000000"
REGION = "us-east-1"

_CHECK = """
from labgrader.evidence.{module} import {evidence}
from labgrader.judging import Verdict, check, passed


@check(title="A check of the report's tests", hint="aws lambda list-functions")
def {name}(evidence: {evidence}) -> Verdict:
    '''Always true.'''
    return passed()
"""


@pytest.fixture(scope="module", autouse=True)
def registered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Put three checks where the registry looks, one of each kind."""
    folder = tmp_path_factory.mktemp("labs") / "checks"
    folder.mkdir()
    for name, module, evidence in (
        ("report_configuration", "snapshot", "Snapshot"),
        ("report_behaviour", "probe", "Probe"),
        ("report_performance", "load.load_test", "LoadTest"),
    ):
        (folder / f"{name}.py").write_text(_CHECK.format(name=name, module=module, evidence=evidence))
    with searching(folder.parent):
        yield


LAB = Lab(
    id="lambda-optimization",
    version="1.0.0",
    title="Lambda Function Optimization",
    handout="handout.txt",
    points=100.0,
    checks=(
        Item("baseline-function", "report_configuration", "{username}-baseline-function exists", "Task 1", 33.33),
        Item(
            "layers-attached",
            "report_configuration",
            "Optimized function uses both layers",
            "Task 3",
            33.33,
            requires=("baseline-function",),
        ),
        Item("answers-bad-json", "report_behaviour", "Bad JSON gets 400", "Task 3", 13.34, visibility="hidden"),
        Item("holds-under-load", "report_performance", "Holds 20 requests in flight", "Task 7", 20),
    ),
    advice=(
        Item("memory-advice", "report_configuration", "Versions keep the memory they were published with"),
        Item("runtime-advice", "report_configuration", "python3.9 is past its end"),
    ),
    unseen=({"promise": "You noted the execution times", "why": "what you noted stays with you"},),
)

ALL_PASSED = {item.id: passed() for item in LAB.checks}


def load_result(**changes: Any) -> LoadResult:
    """A load test with 20 cold starts, four throttles and two failures, the same every time."""
    dice = random.Random(5)
    samples = []
    for number in range(100):
        cold = number < 20
        latency = round((640 if cold else 48) + dice.expovariate(1 / 18), 3)
        outcome = "throttled" if number in (25, 26, 60, 61) else "function_error" if number in (70, 90) else "succeeded"
        samples.append((round(number * 11.5, 3), latency if outcome != "throttled" else 6.0, outcome))
    values: dict[str, Any] = {
        "target": "user1-optimized-function:user1-prod",
        "model": "closed",
        "concurrency": 20,
        "requests": 100,
        "planned_requests": 100,
        "duration_s": 1.2345,
        "offered_rps": 81.0,
        "achieved_rps": 76.14,
        "succeeded": 94,
        "throttled": 4,
        "function_errors": 2,
        "application_errors": 0,
        "timeouts": 0,
        "other_errors": 0,
        "cold_starts": 20,
        "latency_ms": {"min": 48.1, "mean": 171.2, "p50": 61.5, "p90": 655.0, "p95": 668.2, "p99": 700.1, "max": 702.0},
        "warm_latency_ms": {"p50": 58.0, "p95": 101.0},
        "p95_interval_ms": (655.0, 702.0),
        "throttle_reason": "ReservedFunctionConcurrentInvocationLimitExceeded",
        "error_samples": ("Task timed out after 3.00 seconds",),
        "samples": tuple(samples),
    }
    return LoadResult(**{**values, **changes})


NEWER: dict[str, Any] = {
    "throttle_reasons": {"ReservedFunctionConcurrentInvocationLimitExceeded": 3, "CallerRateLimitExceeded": 1},
    "function_error_kinds": {"timeout": 1, "unhandled": 1},
    "cold_latency_ms": {"p50": 655.0, "p95": 700.1},
    "service_ms": {"p50": 61.5, "p95": 668.2, "p99": 700.1},
    "intervals_ms": {"p50": (55.0, 64.0), "p90": (99.0, 668.0), "p95": (655.0, 702.0), "p99": (669.0, 702.0)},
    "curve": ((0.0, 48.1), (50.0, 61.5), (90.0, 655.0), (95.0, 668.2), (99.0, 700.1), (100.0, 702.0)),
    "reported": 96,
    "connections": 21,
    "warm_up": {"requests": 20, "succeeded": 19, "cold_starts": 18, "reported": 19, "p50": 655.2, "max": 712.9},
    "cost": {
        "estimated": {"requests": 120, "gb_seconds": 1.5, "usd": 0.0000231},
        "actual": {"requests": 116, "gb_seconds": 1.234, "usd": 0.0000205},
        "cap_usd": 0.05,
    },
    "notes": ("This account allows 10 concurrent executions: 10 requests were kept in flight in place of 20.",),
    "retries": 2,
}
"""What records of load tests have had since they were tallied by class; ``load_result`` alone is an older one."""

OPEN: dict[str, Any] = {
    "model": "open",
    "planned_requests": 103,
    "rate_rps": 150.0,
    "concurrency": 50,
    "dropped": 3,
    "service_ms": {"p50": 23.0, "p95": 33.0, "p99": 43.0},
}

COMPARISON = Comparison(
    baseline="user1-baseline-function",
    candidate="user1-optimized-function:user1-prod",
    baseline_ms=(2104.2, 2087.9, 2093.0, 2110.5),
    candidate_ms=(61.0, 55.2, 57.8, 59.1),
    ratio=35.88,
    ratio_interval=(34.22, 38.2),
    baseline_report={"duration_ms": 2080.1, "billed_ms": 2081, "memory_mb": 128, "max_memory_mb": 71},
    candidate_report={"duration_ms": 50.14, "billed_ms": 51, "memory_mb": 512, "max_memory_mb": 80},
    notes=("1 round was added.",),
)

LAYERS = partial(
    0.5,
    "not attached: user1-lambda-utils",
    expected="user1-shared-dependencies and user1-lambda-utils",
    observed="user1-shared-dependencies:1",
    hint="aws lambda update-function-configuration --function-name user1-optimized-function --layers ARN ARN",
    evidence=("layers of $LATEST: user1-shared-dependencies:1",),
)


@dataclass
class Example:
    """What the tests of this folder build reports from."""

    lab: Lab = LAB
    all_passed: dict[str, Verdict] = field(default_factory=lambda: dict(ALL_PASSED))

    def student(self, username: str = "user1", **columns: str) -> Student:
        """A row of the roster."""
        return Student(username=username, student_id=columns.pop("student_id", f"s-{username}"), **columns)

    def load_result(self, **changes: Any) -> LoadResult:
        """A load test."""
        return load_result(**changes)

    def newer_load_result(self, **changes: Any) -> LoadResult:
        """A load test with every field."""
        return load_result(**{**NEWER, **changes})

    def open_load_result(self, **changes: Any) -> LoadResult:
        """A load test in the open model, with every field."""
        return load_result(**{**NEWER, **OPEN, **changes})

    def comparison(self, **changes: Any) -> Comparison:
        """Two functions measured in turn."""
        return replace(COMPARISON, **changes)

    def report(
        self, student: Student, verdicts: dict[str, Verdict], *, lab: Lab | None = None, **changes: Any
    ) -> Report:
        """The report of one student."""
        mine = (lab or self.lab).for_student(student.username, ACCOUNT, REGION)
        arguments: dict[str, Any] = {
            "run_id": RUN_ID,
            "mode": "grade",
            "lab": mine,
            "student": student,
            "snapshot": Snapshot(student.username, ACCOUNT, REGION, taken_at="2026-01-01T09:00:07Z"),
            "account_id": ACCOUNT,
            "region": REGION,
            "score": score(mine.checks, verdicts),
            "load_results": [],
            "advice": [],
            "graded_at": "2026-01-01T09:01:30Z",
        }
        return build_report(**{**arguments, **changes})

    def perfect(self, username: str = "user2", **columns: str) -> Any:
        """The report of a student who did everything."""
        return self.report(self.student(username, **columns), self.all_passed)

    def mixed(self, username: str = "user1", **columns: str) -> Any:
        """A student with something of everything."""
        verdicts = {
            "baseline-function": passed("python3.12, 128 MB, 30 s"),
            "layers-attached": LAYERS,
            "answers-bad-json": failed(
                "answered 500 where 400 is right",
                expected="statusCode 400",
                observed='{"statusCode": 500}',
                hint="wrap the handler in @handle_errors",
                evidence=("[ERROR] JSONDecodeError: Expecting value",),
            ),
            "holds-under-load": not_graded("lambda:InvokeFunction: AccessDeniedException: not allowed"),
        }
        advice = [
            (self.lab.advice[0], failed("version 1 has 256 MB", hint="publish again after the memory is set")),
            (self.lab.advice[1], passed()),
        ]
        return self.report(
            self.student(username, **columns),
            verdicts,
            advice=advice,
            load_results=[("holds-under-load", self.load_result())],
            comparisons=[("holds-under-load", COMPARISON)],
            previous={
                "run_id": "20251231T090000Z-lambda-optimization-0001",
                "points": 33.33,
                "changes": [{"check": "layers-attached", "from": "failed", "to": "partial"}],
            },
        )

    def empty(self, username: str = "user3", **columns: str) -> Any:
        """A student who built nothing."""
        verdicts = {item.id: failed(f"{username}-baseline-function does not exist") for item in self.lab.checks}
        return self.report(self.student(username, **columns), verdicts)


@pytest.fixture
def example() -> Example:
    """What to build reports from."""
    return Example()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a test writes pages."""
    return tmp_path
