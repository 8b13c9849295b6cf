"""usage_plan_throttles: requests above the rate of the plan are throttled, from recorded load tests of a stage."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.errors import NotGradedError
from labgrader.evidence.load.load_test import LoadResult
from tests.checks.load_results import load_result, loaded, loading
from tests.checks.world import World

API, PLAN, KEY = "user1-api", "user1-plan", "user1-key"
CALL: dict[str, Any] = {"plan": PLAN, "api": API, "path": "/performance", "method": "POST", "body": {"a": 1}}
HANDOUT = {"rateLimit": 500.0, "burstLimit": 1000}


def account(
    throttle: dict[str, Any] | None = None, quota: int | None = 10_000, *, required: bool = True, enabled: bool = True
) -> World:
    """Return a student with a method that requires a key of a plan."""
    world = World().api(API).stages("api1", {"stageName": "prod"})
    world.routes("api1", {("/performance", "POST"): {"apiKeyRequired": required}})
    plan = {
        "id": "plan1",
        "name": PLAN,
        "throttle": HANDOUT if throttle is None else throttle,
        "quota": {} if quota is None else {"limit": quota, "period": "DAY"},
        "apiStages": [{"apiId": "api1", "stage": "prod"}],
    }
    world.list("apigateway:GetUsagePlans", PLAN, [plan])
    world.list("apigateway:GetApiKeys", KEY, [{"id": "key1", "name": KEY, "enabled": enabled}])
    return world.say("apigateway:GetUsagePlanKeys", [{"id": "key1", "name": KEY}], usagePlanId="plan1")


def below(throttled: int = 0, requests: int = 500, offered_rps: float = 250.0, **fields: Any) -> LoadResult:
    fields = {"throttle_reasons": {"TooManyRequestsException": throttled} if throttled else {}, **fields}
    return load_result(requests - throttled, throttled=throttled, offered_rps=offered_rps, model="open", **fields)


def above(throttled: int = 480, requests: int = 2250, offered_rps: float = 1500.0, **fields: Any) -> LoadResult:
    fields = {"throttle_reasons": {"TooManyRequestsException": throttled} if throttled else {}, **fields}
    return load_result(requests - throttled, throttled=throttled, offered_rps=offered_rps, model="open", **fields)


def test_passes_when_the_plan_throttles() -> None:
    verdict, questions = loading(account(), "usage_plan_throttles", [below(), above()], **CALL)
    assert (verdict.status, verdict.message, verdict.observed) == (
        "passed",
        "POST /performance of user1-api: at 1,500 requests a second, 480 of 2250 were throttled (429); at 250 a "
        "second, none of 500.",
        "480 throttled above the limit, none below",
    )
    slow, fast = (question.arguments for question in questions)
    assert (slow["Model"], slow["Rate"], slow["DurationSeconds"], slow["Concurrency"]) == ("open", 250.0, 2.0, 100)
    assert (fast["Model"], fast["Rate"], fast["DurationSeconds"]) == ("open", 1500.0, 1.5)
    for question in (slow, fast):
        assert question["Target"]["ApiKeyId"] == "key1"
        assert (question["Target"]["ApiName"], question["Target"]["Stage"]) == (API, "prod")
        assert (question["Target"]["Method"], question["Target"]["Path"]) == ("POST", "/performance")
        assert question["Target"]["Body"] == '{"a": 1}'


def test_a_large_burst_is_used_up_at_a_higher_rate() -> None:
    world = account({"rateLimit": 10.0, "burstLimit": 450}, quota=None)
    _, questions = loading(world, "usage_plan_throttles", [below(0, 10, 5.0), above(50, 550, 110.0)], **CALL)
    assert (questions[1].arguments["Rate"], questions[1].arguments["DurationSeconds"]) == (110.0, 5.0)


def test_fails_when_nothing_is_throttled_above_the_limit() -> None:
    verdict = loaded(account(), "usage_plan_throttles", below(), above(0, notes=("slower than planned <b>",)), **CALL)
    assert (verdict.status, verdict.message) == (
        "failed",
        "POST /performance of user1-api: at 1,500 requests a second, 0 of 2250 were throttled (429); at 250 a second, "
        "none of 500. But the usage plan user1-plan allows only 500 requests a second with a burst of 1000, so it does "
        "not limit the API key.",
    )
    assert verdict.hint.splitlines() == [
        "aws apigateway get-usage-plan-keys --usage-plan-id plan1",
        "aws apigateway get-usage-plan --usage-plan-id plan1 --query throttle",
    ]


@pytest.mark.parametrize(
    ("offered_rps", "planned_rps", "said"),
    [(31.0, 30.0, "30"), (29.4, 30.0, "29"), (9.96, 10.0, "10"), (5.5, 5.0, "5"), (0.25, 0.25, "0.25")],
)
def test_names_the_offered_rate_but_never_more_than_planned(offered_rps: float, planned_rps: float, said: str) -> None:
    world = account({"rateLimit": 10, "burstLimit": 10})
    results = (below(0, 10, 5.0), above(12, 30, offered_rps, rate_rps=planned_rps))
    verdict = loaded(world, "usage_plan_throttles", *results, **CALL)
    assert verdict.message.startswith(f"POST /performance of user1-api: at {said} requests a second, 12 of 30 were")


@pytest.mark.parametrize(
    ("requests", "offered_rps", "graded"),
    [
        (2250, 1500.0, True),  # the plan allows 1,000 + 500 · 1.5 s = 1,750
        (1926, 1500.0, True),  # 1.1 times that
        (1924, 1500.0, False),
        (2250, 1000.0, False),  # the load tester was late: in 2.25 s the plan allows 2,125
        (900, 1500.0, False),  # slower than the limit
    ],
)
def test_is_not_graded_when_the_requests_were_too_slow(requests: int, offered_rps: float, *, graded: bool) -> None:
    results = (below(), above(0, requests, offered_rps, dropped=2250 - requests))
    if graded:
        assert loaded(account(), "usage_plan_throttles", *results, **CALL).status == "failed"
        return
    with pytest.raises(NotGradedError) as caught:
        loaded(account(), "usage_plan_throttles", *results, **CALL)
    assert caught.value.reason == (
        "requests to POST /performance of user1-api could not be sent faster than its usage plan allows (500 requests "
        "a second with a burst of 1000)"
    )


@pytest.mark.parametrize(("sent", "tests"), [(250, 2), (249, 1)])
def test_no_second_test_when_the_first_was_too_slow(sent: int, tests: int) -> None:
    first = below(0, sent, 250.0, dropped=500 - sent)
    if tests == 2:
        assert loaded(account(), "usage_plan_throttles", first, above(), **CALL).status == "passed"
        return
    with pytest.raises(NotGradedError, match="could not be sent faster than its usage plan allows"):
        loaded(account(), "usage_plan_throttles", first, **CALL)


def test_fails_when_requests_below_the_limit_are_throttled() -> None:
    verdict = loaded(account(), "usage_plan_throttles", below(7), **CALL)
    assert (verdict.status, verdict.message) == (
        "failed",
        "POST /performance of user1-api: at 250 requests a second, 7 of 500 were throttled (429), although the usage "
        "plan user1-plan allows 500 requests a second with a burst of 1000. Another limit is lower: that of the stage "
        "prod, of its methods, of the plan for this method, or of the account for all of its APIs.",
    )
    assert verdict.hint.splitlines() == [
        "aws apigateway get-stage --rest-api-id api1 --stage-name prod --query methodSettings",
        "aws apigateway get-usage-plan --usage-plan-id plan1 --query apiStages",
        "aws apigateway get-account --query throttleSettings",
    ]


def test_a_429_of_the_function_does_not_count() -> None:
    own: dict[str, Any] = {"throttle_reasons": {"HTTP 429": 500}}
    verdict = loaded(account(), "usage_plan_throttles", below(500, **own), above(500, **own), **CALL)
    assert (verdict.status, verdict.observed) == ("failed", "0 throttled above the limit, none below")


def test_a_hostile_stage_is_quoted() -> None:
    world = account()
    world.lists["apigateway:GetUsagePlans"][PLAN][0]["apiStages"] = [{"apiId": "api1", "stage": "<b>;\n"}]
    verdict = loaded(world, "usage_plan_throttles", below(7), **CALL)
    assert "Another limit is lower: that of the stage <b>;�, of its methods" in verdict.message
    assert "--stage-name '<b>;�' --query" in verdict.hint


@pytest.mark.parametrize("reason", ["LimitExceededException", "Limit Exceeded"])
@pytest.mark.parametrize("first", [True, False])
def test_is_not_graded_when_the_quota_is_used_up(reason: str, *, first: bool) -> None:
    used_up: dict[str, Any] = {"throttle_reasons": {reason: 3}}
    results = (below(3, **used_up),) if first else (below(), above(3, **used_up))
    with pytest.raises(NotGradedError, match="the quota of the usage plan is used up"):
        loaded(account(), "usage_plan_throttles", *results, **CALL)


@pytest.mark.parametrize(
    "result",
    [
        below(requests=0),
        load_result(200, other_errors=300, offered_rps=250.0),
    ],
)
def test_is_not_graded_when_the_stage_cannot_be_called(result: LoadResult) -> None:
    with pytest.raises(NotGradedError, match="POST user1-api/prod/performance could not be called"):
        loaded(account(), "usage_plan_throttles", result, **CALL)


def test_is_not_graded_when_the_requests_were_too_fast() -> None:
    with pytest.raises(
        NotGradedError, match="received requests faster than planned, so its usage plan cannot be judged"
    ):
        loaded(account({"rateLimit": 10, "burstLimit": 5}), "usage_plan_throttles", below(0, 10, 1000.0), **CALL)


def _elsewhere(world: World) -> World:
    world.lists["apigateway:GetUsagePlans"][PLAN][0]["apiStages"] = [{"apiId": "other", "stage": "prod"}]
    return world


@pytest.mark.parametrize(
    "world",
    [
        World(),
        account(required=False),
        account(enabled=False),
        account().routes("api1", {("/other", "POST"): {"apiKeyRequired": True}}),
        account().say("apigateway:GetUsagePlanKeys", [], usagePlanId="plan1"),
        _elsewhere(account()),
        account({}),
        account({"rateLimit": 500.0}),
        account({"rateLimit": 0, "burstLimit": 10}),
        account({"rateLimit": 10, "burstLimit": 0}),
        account({"rateLimit": 1e300, "burstLimit": 10}),
        account({"rateLimit": float("inf"), "burstLimit": 10}),
        account(quota=9000),  # 2,750 requests are more than 30% of it
    ],
)
def test_sends_nothing_if_the_plan_cannot_be_measured(world: World) -> None:
    assert loaded(world, "usage_plan_throttles", **CALL).message == ""


@pytest.mark.parametrize(("quota", "calls"), [(9166, 0), (9167, 2)])
def test_sends_nothing_if_the_quota_is_too_small(quota: int, calls: int) -> None:
    results = [below(), above()][:calls]
    assert len(loading(account(quota=quota), "usage_plan_throttles", results, **CALL)[1]) == calls


@pytest.mark.parametrize(("rate", "calls"), [(600.0, 2), (601.0, 0)])
def test_limits_the_number_of_requests(rate: float, calls: int) -> None:
    world = account({"rateLimit": rate, "burstLimit": 1000}, quota=None)
    results = [below(), above(480, 2400, 3 * rate)][:calls]
    assert len(loading(world, "usage_plan_throttles", results, **CALL)[1]) == calls
