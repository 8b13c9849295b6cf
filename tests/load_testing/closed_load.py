"""Closed load tests of the stub, and their results as they come out of storage."""

from __future__ import annotations

import json
from typing import Any

from labgrader.evidence.load.plan import FunctionTarget, LoadPlan
from labgrader.evidence.load.result import LoadResult
from labgrader.evidence.question import Answer
from labgrader.http.lambda_invoke import InvokeEndpoint
from labgrader.load_testing.engine import run_load
from labgrader.load_testing.targets import FunctionLoadTarget
from tests.load_testing.stub_lambda import StubLambda


def load(stub: StubLambda, *, concurrency: int = 20, requests: int = 100, **limits: float) -> LoadResult:
    """Run a load test of an alias, and read its result."""
    return read_result(run(stub.endpoint, "user1-prod", concurrency=concurrency, requests=requests, **limits))


def run(endpoint: InvokeEndpoint, qualifier: str = "", *, concurrency: int, requests: int, **limits: Any) -> Answer:
    """Run a load test."""
    target = FunctionLoadTarget(endpoint, FunctionTarget("user1-f", qualifier), b"{}")
    return run_load(target, LoadPlan("closed", concurrency, requests=requests), **limits)


def read_result(answer: Answer) -> LoadResult:
    """Read an answer as it comes out of storage. Every request must be in exactly one class."""
    assert answer.error_code == ""
    stored = json.loads(json.dumps(answer.value, allow_nan=False))
    assert stored == answer.value
    result = LoadResult.from_dict(stored)
    assert json.loads(json.dumps(result.to_dict())) == stored
    assert result.requests == result.succeeded + result.throttled + result.failures
    return result
