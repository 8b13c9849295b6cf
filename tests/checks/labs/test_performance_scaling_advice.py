"""The lab pack performance-scaling: its advice."""

from __future__ import annotations

import json
from typing import Any

from labgrader.evidence.question import Answers, Question
from labgrader.judging.check import find_check
from labgrader.judging.judge import judge
from tests.checks.labs.performance_scaling import (
    API,
    FUNCTION,
    LAB,
    PLAN,
    QUEUE,
    SCALER,
    Respond,
    judged,
    offered,
    operation_of,
    perfect,
    respond,
)
from tests.checks.replies import crash
from tests.checks.world import World


def advice(world: World, live: Respond = respond) -> dict[str, str]:
    """What the advice says, from all recorded answers of the student, as the report has it."""
    snapshot = world.snapshot()
    everything: dict[str, Any] = {}
    measuring = [item for item in LAB.advice if find_check(item.check).kind == "performance"]
    for item in (*LAB.checks, *measuring):
        if find_check(item.check).kind != "configuration":
            everything |= judged(item, snapshot, live)[1].to_dict()
    merged = Answers.from_dict(everything)
    verdicts = {item.id: judge(item, snapshot, merged) for item in LAB.advice}
    return {name: verdict.message for name, verdict in verdicts.items() if verdict.status in ("failed", "partial")}


def test_a_student_who_follows_the_handout_gets_advice_on_what_it_omits() -> None:
    world = perfect(2048).queue(QUEUE, VisibilityTimeout="60")
    world.configure(SCALER, Runtime="python3.9")
    dimensions = ["FunctionName", "Operation", "ColdStart", "MemorySize"]
    directive = {"Namespace": "HighPerformance", "Dimensions": [dimensions], "Metrics": [{"Name": "ExecutionTime"}]}

    def live(question: Question) -> Any:
        if operation_of(question) == "no JSON":
            return crash("UnboundLocalError", "dimensions").to_dict()
        value = respond(question)
        if operation_of(question) == "default":
            value["log_tail"] = json.dumps({"_aws": {"CloudWatchMetrics": [directive]}})
        return value

    said = advice(world, live)
    assert set(said) == {
        "bad-json-crashes",
        "custom-metrics-stay-empty",
        "usage-plan-without-effect",
        "prod-keeps-its-memory",
        "no-dead-letter-queue",
        "provisioned-concurrency-costs",
        "runtime-is-old",
    }
    assert said["bad-json-crashes"].startswith(
        f'{FUNCTION}:prod, invoked with {{"body": "{{\\"operation\\": "}}, crashed: UnboundLocalError: dimensions. '
        "In the handout's code, this is not your mistake: "
    )


def test_a_student_who_knew_better_gets_only_advice_on_costs() -> None:
    world = perfect(1024)
    method = {"apiKeyRequired": True, "methodIntegration": {"type": "AWS_PROXY", "uri": ""}}
    world.routes("api1", {("/performance", "POST"): method})
    assert set(advice(world)) == {"provisioned-concurrency-costs"}


def test_a_student_who_goes_beyond_the_handout_gets_advice_on_the_effects() -> None:
    """The method wants the key, the stage caches it, and the versions of one code have different memory."""
    world = perfect(2048)
    world.configure(FUNCTION, CodeSha256="sha-1")
    method = {"apiKeyRequired": True, "methodIntegration": {"type": "AWS_PROXY", "uri": ""}}
    world.routes("api1", {("/performance", "POST"): method})
    cache = {"cacheClusterEnabled": True, "cacheClusterSize": "0.5", "cacheClusterStatus": "AVAILABLE"}
    settings = {"~1performance/POST": {"cachingEnabled": True}}
    world.stages("api1", {"stageName": "prod", "methodSettings": settings, **cache})

    def live(question: Question) -> Any:
        return offered(question, 0) if question.arguments.get("Model") == "open" else respond(question)

    said = advice(world, live)
    assert set(said) == {
        "usage-plan-throttles",
        "cache-saves-time",
        "memory-sizes-compared",
        "prod-keeps-its-memory",
        "provisioned-concurrency-costs",
    }
    assert said["usage-plan-throttles"] == (
        f"POST /performance of {API}: at 1,500 requests a second, 0 of 2250 were throttled (429); at 250 a second, "
        f"none of 500. But the usage plan {PLAN} allows only 500 requests a second with a burst of 1000, so it does "
        "not limit the API key."
    )
    assert said["cache-saves-time"].startswith(
        f"POST /performance of {API}: the cache of the stage prod responded in 101 ms, the function in 181 ms. The "
        "cache is 1.8 times faster (95% interval 1.7 to 1.9). But the cache key does not include the body of a POST. "
    )
    assert "with 1,024 MB (version 1), an invocation takes 180.0 ms" in said["memory-sizes-compared"]
    assert (
        "512 MB was not measured. Estimated from 1,024 MB, an invocation is billed 180 to 360 ms"
        in (said["memory-sizes-compared"])
    )


def test_who_follows_the_handout_is_not_measured_again() -> None:
    """The method wants no key, nothing is cached, and the sizes differ only where the code is the same."""
    snapshot = perfect(1024).configure(FUNCTION, CodeSha256="sha-1").snapshot()
    for item in LAB.advice:
        if find_check(item.check).kind == "performance":
            assert len(judged(item, snapshot)[1]) == 0, item.id


def test_who_built_nothing_is_given_no_advice() -> None:
    snapshot = World().snapshot()
    for item in LAB.advice:
        if find_check(item.check).kind == "configuration":
            assert judge(item, snapshot).status == "passed"
