"""The performance checks with the load tester, against servers with latencies that are known roughly."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from labgrader.evidence.question import LIVE_ACTIONS, Answers, MissingEvidenceError
from labgrader.judging.judge import judge
from labgrader.judging.verdict import Verdict
from labgrader.load_testing.load_tester import LoadTester
from labgrader.probing.ownership_guard import Ownership
from tests.checks.world import World, item
from tests.load_testing.stub_lambda import Request, Response, StubLambda, logged

pytestmark = pytest.mark.usefixtures("virtual_time")

FUNCTION, API, PLAN = "user1-f", "user1-api", "user1-plan"
ROUTE: dict[str, Any] = {"api": API, "path": "/a", "method": "GET"}


def measured(world: World, respond: Callable[[Request], Response], check: str, **parameters: Any) -> Verdict:
    """What a check says when its load tests are really made."""
    snapshot, answers = world.snapshot(), Answers()
    with StubLambda(respond) as stub:
        tester = LoadTester(stub.endpoint, stub.client("apigateway"), Ownership("user1", "labgrader-"))
        while True:
            try:
                return judge(item(check, **parameters), snapshot, answers)
            except MissingEvidenceError as unasked:
                question = unasked.question
            assert question.action in LIVE_ACTIONS, question.key
            answers.record(question, tester.answer(question))


def with_api(**method: Any) -> World:
    """A student with a stage that caches its method, and a usage plan."""
    world = World().api(API)
    cache = {"cacheClusterEnabled": True, "cacheClusterSize": "0.5", "cacheClusterStatus": "AVAILABLE"}
    settings = {"~1a/GET": {"cachingEnabled": True}}
    world.stages("api1", {"stageName": "prod", "methodSettings": settings, **cache})
    world.routes("api1", {("/a", "GET"): method})
    throttle = {"rateLimit": 50, "burstLimit": 20}
    stages = [{"apiId": "api1", "stage": "prod"}]
    world.list(
        "apigateway:GetUsagePlans", PLAN, [{"id": "p1", "name": PLAN, "throttle": throttle, "apiStages": stages}]
    )
    world.list("apigateway:GetApiKeys", "user1-key", [{"id": "k1", "name": "user1-key", "enabled": True}])
    return world.say("apigateway:GetUsagePlanKeys", [{"id": "k1", "name": "user1-key"}], usagePlanId="p1")


@pytest.mark.parametrize(("bound_ms", "status"), [(20_000.0, "passed"), (5.0, "failed")])
def test_a_latency_of_fifty_ms_meets_one_bound_and_not_the_other(bound_ms: float, status: str) -> None:
    world = World().function(FUNCTION)
    verdict = measured(
        world,
        lambda _: Response(delay_s=0.05),
        "latency_within",
        function=FUNCTION,
        operation="default",
        percentile=50,
        milliseconds=bound_ms,
        concurrency=5,
        requests=40,
        most_requests=80,
        warm_up=5,
    )
    assert verdict.status == status


def test_an_uncached_response_is_slower_than_a_cached_one() -> None:
    def respond(request: Request) -> Response:
        return Response(delay_s=0.08 if request.headers.get("cache-control") == "max-age=0" else 0.0)

    verdict = measured(with_api(), respond, "cache_saves_time", **ROUTE)
    assert verdict.status == "passed"
    assert verdict.message.startswith("GET /a of user1-api: the cache of the stage prod responded in ")


def test_a_usage_plan_that_throttles_is_seen_with_the_key() -> None:
    sent: list[str] = []

    def respond(request: Request) -> Response:
        if "/apikeys/" in request.target:
            return Response(json.dumps({"id": "k1", "name": "user1-key", "value": "the-key's-value"}).encode())
        sent.append(request.headers.get("x-api-key", ""))
        over = len(sent) > 50 and len(sent) % 2 == 0  # 50 calls below the limit come first
        return Response(b'{"message": "Too Many Requests"}', 429) if over else Response()

    verdict = measured(with_api(apiKeyRequired=True), respond, "usage_plan_throttles", plan=PLAN, **ROUTE)
    assert (verdict.status, set(sent)) == ("passed", {"the-key's-value"})
    assert len(sent) == 155  # 25 a second for 2 s, and 150 a second for 0.7 s
    assert verdict.observed == "52 throttled above the limit, none below"


def test_the_report_lines_of_two_sizes_are_priced() -> None:
    def respond(request: Request) -> Response:
        duration, memory = ("100.00", 1024) if request.qualifier == "1" else ("58.00", 2048)
        billed = duration.partition(".")[0]
        log = (
            f"REPORT RequestId: 8f5\tDuration: {duration} ms\tBilled Duration: {billed} ms\tMemory Size: {memory} MB\t"
            "Max Memory Used: 40 MB\t\n"
        )
        return Response(headers=logged(log), delay_s=0.06 if request.qualifier == "1" else 0.01)

    world = World().function(FUNCTION, CodeSha256="same", MemorySize=2048)
    world.version(FUNCTION, 1, "same", MemorySize=1024)
    verdict = measured(
        world, respond, "memory_sizes_compared", function=FUNCTION, event={"body": "{}"}, sizes_mb=[512, 2048]
    )
    assert verdict.status == "partial"
    assert (
        "with 1,024 MB (version 1), an invocation takes 100.0 ms, and a million invocations cost $1.87. "
        in verdict.message
    )
    assert "With 2,048 MB ($LATEST), it takes 58.0 ms, and a million cost $2.13. So 2,048 MB is " in verdict.message
