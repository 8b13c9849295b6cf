"""Closed load tests of the stub by a plan of any kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from labgrader.evidence.load.plan import FunctionTarget, LoadPlan
from labgrader.evidence.load.result import LoadResult
from labgrader.evidence.question import Answer
from labgrader.load_testing.engine import run_load
from labgrader.load_testing.progress import LoadProgress
from labgrader.load_testing.targets import FunctionLoadTarget
from tests.load_testing.closed_load import read_result
from tests.load_testing.stub_lambda import StubLambda


def run(
    stub: StubLambda,
    concurrency: int = 5,
    requests: int = 20,
    *,
    on_progress: Callable[[LoadProgress], None] | None = None,
    limits: dict[str, float] | None = None,
    memory_mb: int = 0,
    architecture: str = "x86_64",
    **plan: Any,
) -> Answer:
    """Run a load test of the stub."""
    target = FunctionTarget("user1-f", memory_mb=memory_mb, architecture=architecture)
    planned = LoadPlan("closed", concurrency, requests=requests, **plan)
    return run_load(
        FunctionLoadTarget(stub.endpoint, target, b"{}"), planned, on_progress=on_progress, **(limits or {})
    )


def load(stub: StubLambda, *numbers: int, **plan: Any) -> LoadResult:
    """Run a load test, and read its result."""
    return read_result(run(stub, *numbers, **plan))
