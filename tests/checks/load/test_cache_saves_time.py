"""cache_saves_time: the cache of a stage is faster than the function, from recorded comparisons."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.errors import NotGradedError
from labgrader.evidence.services.api_gateway import MethodCaching
from tests.checks.load_results import comparison, loaded, loading
from tests.checks.world import World

API = "user1-api"
CALL: dict[str, Any] = {"api": API, "path": "/todos", "method": "GET", "stage": "prod"}
POST: dict[str, Any] = {**CALL, "method": "POST", "body": {"a": 1}}
CACHED = {"cachingEnabled": True, "cacheTtlInSeconds": 60, "requireAuthorizationForCacheControl": False}
SLOW, FAST = (30.0, 31.0, 31.0, 31.0, 32.0), (9.0, 10.0, 10.0, 10.0, 11.0)


def account(settings: dict[str, Any] | None = None, *, required: bool = False, **stage: Any) -> World:
    """Return a student with a stage that has a cache and these settings of the methods."""
    cache = {"cacheClusterEnabled": True, "cacheClusterSize": "0.5", "cacheClusterStatus": "AVAILABLE"}
    settings = {"~1todos/GET": CACHED, "~1todos/POST": CACHED} if settings is None else settings
    world = World().api(API).stages("api1", {"stageName": "prod", "methodSettings": settings, **cache, **stage})
    method = {"apiKeyRequired": required}
    world.routes("api1", {("/todos", "GET"): method, ("/todos", "POST"): method})
    plan = {"id": "plan1", "name": "user1-plan", "apiStages": [{"apiId": "api1", "stage": "prod"}]}
    world.list("apigateway:GetUsagePlans", "user1-plan", [plan])
    world.list("apigateway:GetApiKeys", "user1-key", [{"id": "key1", "name": "user1-key", "enabled": True}])
    return world.say("apigateway:GetUsagePlanKeys", [{"id": "key1"}], usagePlanId="plan1")


def test_passes_when_the_cache_saves_time() -> None:
    result = comparison(SLOW, FAST, (2.7, 3.5), notes=("20 rounds were added",))
    verdict, questions = loading(account(), "cache_saves_time", [result], **CALL)
    assert (verdict.status, verdict.message, verdict.observed) == (
        "passed",
        "GET /todos of user1-api: the cache of the stage prod responded in 10 ms, the function in 31 ms. The cache is "
        "3.1 times faster (95% interval 2.7 to 3.5). 20 rounds were added.",
        "10 ms against 31 ms",
    )
    question = questions[0].arguments
    assert question["Baseline"]["Headers"] == {"Cache-Control": "max-age=0"}
    assert question["Candidate"]["Headers"] == {}
    assert {**question["Baseline"], "Headers": {}} == question["Candidate"]
    assert (question["Rounds"], question["MostRounds"], question["Factor"]) == (10, 40, 1.0)
    assert (question["Candidate"]["ApiKeyId"], question["Candidate"]["Body"]) == ("", None)


@pytest.mark.parametrize(("ttl_s", "said"), [(60, "60 seconds"), (None, "300 seconds")])
def test_a_cached_post_earns_half(ttl_s: int | None, said: str) -> None:
    settings = {"~1todos/POST": {**CACHED, "cacheTtlInSeconds": ttl_s}}
    verdict, questions = loading(account(settings, required=True), "cache_saves_time", [comparison(SLOW, FAST)], **POST)
    assert (verdict.status, verdict.fraction, verdict.message) == (
        "partial",
        0.5,
        "POST /todos of user1-api: the cache of the stage prod responded in 10 ms, the function in 31 ms. The cache is "
        "3.1 times faster (95% interval 3.1 to 3.1). But the cache key does not include the body of a POST. For "
        f"{said}, every POST gets the response to the first one, even with another body. Cache only GET methods.",
    )
    assert verdict.hint == (
        "aws apigateway update-stage --rest-api-id api1 --stage-name prod --patch-operations "
        "op=replace,path=/~1todos/POST/caching/enabled,value=false"
    )
    target = questions[0].arguments["Candidate"]
    assert (target["ApiKeyId"], target["Body"]) == ("key1", '{"a": 1}')


@pytest.mark.parametrize(
    ("interval", "status", "end"),
    [
        ((1.01, 4.0), "passed", " The cache is 3.1 times faster (95% interval 1.0 to 4.0)."),
        (
            (1.0, 4.0),
            "failed",
            " There is no measurable difference (ratio 3.1, 95% interval 1.0 to 4.0). The cache saves no time, but AWS "
            "bills it by the hour.",
        ),
        (
            (0.5, 1.0),
            "failed",
            " There is no measurable difference (ratio 3.1, 95% interval 0.5 to 1.0). The cache saves no time, but AWS "
            "bills it by the hour.",
        ),
        ((0.5, 0.9), "failed", " The cache makes requests slower (ratio 3.1, 95% interval 0.5 to 0.9)."),
    ],
)
def test_the_interval_decides(interval: tuple[float, float], status: str, end: str) -> None:
    verdict = loaded(account(), "cache_saves_time", comparison(SLOW, FAST, interval), **CALL)
    assert verdict.status == status
    assert verdict.message == (
        f"GET /todos of user1-api: the cache of the stage prod responded in 10 ms, the function in 31 ms.{end}"
    )
    if interval == (1.0, 4.0):
        assert verdict.hint == "aws apigateway get-stage --rest-api-id api1 --stage-name prod --query methodSettings"


@pytest.mark.parametrize(
    "world",
    [
        World(),
        World().api(API),
        account({}),
        account({"~1todos/GET": {**CACHED, "cachingEnabled": False}}),
        account({"~1todos/GET": {**CACHED, "cacheTtlInSeconds": 0}}),
        account({"~1todos/GET": {**CACHED, "requireAuthorizationForCacheControl": True}}),
        account({"~1other/GET": CACHED}),
        account({"~1todos/GET": "nonsense"}),
        account(cacheClusterEnabled=False),
        account(cacheClusterStatus="CREATE_IN_PROGRESS"),
        account(cacheClusterStatus=None),  # the embedded AWS, which caches nothing
        account(stageName="dev"),
        account().routes("api1", {}),
        account(required=True).list("apigateway:GetUsagePlans", "user1-plan", []),
        account(required=True).say("apigateway:GetUsagePlanKeys", [], usagePlanId="plan1"),
    ],
)
def test_sends_nothing_if_nothing_is_cached(world: World) -> None:
    verdict = loaded(world, "cache_saves_time", **CALL)
    assert (verdict.status, verdict.message) == ("passed", "")


def test_settings_for_all_methods_cache_only_get() -> None:
    world = account({"*/*": CACHED})
    assert len(loading(world, "cache_saves_time", [comparison(SLOW, FAST)], **CALL)[1]) == 1
    assert loaded(world, "cache_saves_time", **POST).message == ""


@pytest.mark.parametrize("name", ["~1todos~1{id}/GET", "/todos/{id}/GET", "todos/{id}/GET"])
def test_finds_the_settings_of_a_method_in_every_notation(name: str) -> None:
    stage = account({name: CACHED}).snapshot().api_gateway.stages("api1")[0]
    assert stage.caching_of("GET", "/todos/{id}") == MethodCaching(enabled=True, ttl_s=60)
    assert stage.caching_of("GET", "/todos") == MethodCaching()


@pytest.mark.parametrize("result", [comparison((), FAST, baseline_errors=("HTTP 403",)), comparison(SLOW, ()), None])
def test_is_not_graded_when_a_side_cannot_be_timed(result: Any) -> None:
    with pytest.raises(NotGradedError, match="GET user1-api/prod/todos could not be timed"):
        loaded(account(), "cache_saves_time", result, **CALL)


def test_a_hostile_stage_is_quoted() -> None:
    world = account(stageName="<b>;\n")
    verdict = loaded(world, "cache_saves_time", comparison(SLOW, FAST, (0.5, 4.0)), **{**CALL, "stage": ""})
    assert "the cache of the stage <b>;� responded in" in verdict.message
    assert verdict.hint == "aws apigateway get-stage --rest-api-id api1 --stage-name '<b>;�' --query methodSettings"
