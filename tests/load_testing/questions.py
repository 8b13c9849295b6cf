"""The questions that a load tester is asked, and whom it may call."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from labgrader.evidence.load.plan import EndpointTarget, FunctionTarget, LoadPlan, Target
from labgrader.evidence.question import Question
from labgrader.evidence.services.api_gateway import RestApi
from labgrader.load_testing.load_tester import LoadTester
from labgrader.probing.ownership_guard import Ownership
from tests.load_testing.stub_lambda import Request, Response, StubLambda

OWNERSHIP = Ownership("user1", "labgrader-")
FUNCTION = FunctionTarget("user1-f", "user1-prod", {"a": 1}, 256, "arm64")
STAGE = EndpointTarget(
    RestApi("api1", "user1-api"),
    "prod",
    "POST",
    "/items/ä",
    query={"a b": "c"},
    headers={"Cache-Control": "max-age=0"},
    body='{"n": 1}',
    api_key_id="k1",
)
VALUE = "Zk92xSECRETVALUEofthekey"


def load_tester(stub: StubLambda, **changed: Any) -> LoadTester:
    """Return a load tester of the stub's functions and stages."""
    return LoadTester(stub.endpoint, lambda: stub.client("apigateway"), OWNERSHIP, **changed)


def load_question(target: Target | dict[str, Any] = FUNCTION, **changed: Any) -> Question:
    """Return the question for a load test."""
    plan = LoadPlan("closed", 2, requests=6).to_dict()
    described = target if isinstance(target, dict) else target.to_dict()
    return Question("labgrader:LoadTest", {"Target": described, **plan, **changed})


def compare_question(baseline: Target = FUNCTION, candidate: Target = FUNCTION, **changed: Any) -> Question:
    """Return the question for a comparison."""
    arguments = {"Rounds": 2, "Factor": 1.0, "MostRounds": 2}
    sides = {"Baseline": baseline.to_dict(), "Candidate": candidate.to_dict()}
    return Question("labgrader:Compare", {**sides, **arguments, **changed})


def with_key(stage: Callable[[Request], Response], name: str = "user1-key") -> Callable[[Request], Response]:
    """Return a handler that responds as a stage, and as API Gateway to the request for the key."""
    key = Response(json.dumps({"id": "k1", "name": name, "value": VALUE}).encode())
    return lambda request: key if request.target.startswith("/apikeys/") else stage(request)
