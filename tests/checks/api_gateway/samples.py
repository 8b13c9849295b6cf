"""A function behind a deployed REST API, with a usage plan and a key."""

from __future__ import annotations

from typing import Any

from tests.checks.world import ACCOUNT, REGION, World, function_arn

FUNCTION = "user1-performance-function"
API = "user1-optimized-api"
PLAN, KEY = "user1-performance-plan", "user1-performance-key"
EXECUTE = f"arn:aws:execute-api:{REGION}:{ACCOUNT}"
GATEWAY = "apigateway.amazonaws.com"


def method(function: str = FUNCTION, qualifier: str = "prod", **changes: Any) -> dict[str, Any]:
    """Return a method in the form of GetResources."""
    uri = (
        f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function_arn(function, qualifier)}/invocations"
    )
    integration = {"type": changes.pop("type", "AWS_PROXY"), "uri": changes.pop("uri", uri)}
    return {"authorizationType": "NONE", "apiKeyRequired": False, "methodIntegration": integration, **changes}


def statement(*sources: str, principal: str = GATEWAY, qualifier: str = "prod", **changes: Any) -> dict[str, Any]:
    """Return a permission in the form of GetPolicy."""
    condition = {"Condition": {"ArnLike": {"AWS:SourceArn": list(sources)}}} if sources else {}
    return {
        "Sid": "sid",
        "Effect": "Allow",
        "Principal": {"Service": principal},
        "Action": "lambda:InvokeFunction",
        "Resource": function_arn(FUNCTION, qualifier),
        **condition,
        **changes,
    }


def deployed_api(**route: Any) -> World:
    """Make a function with an alias behind a deployed API."""
    made = World().function(FUNCTION).version(FUNCTION, 1).alias(FUNCTION, "prod", "1")
    made.api(API).routes("api1", {("/performance", "POST"): method(**route)})
    made.stages("api1", {"stageName": "prod", "cacheClusterEnabled": True, "cacheClusterSize": "0.5"})
    return made.permit(FUNCTION, statement(f"{EXECUTE}:api1/*/*"), qualifier="prod")


def with_plan(made: World, name: str = PLAN, **changes: Any) -> World:
    """Give the student a usage plan."""
    settings = {
        "id": "plan1",
        "name": name,
        "throttle": {"rateLimit": 500.0, "burstLimit": 1000},
        "quota": {"limit": 10000, "period": "DAY"},
        "apiStages": [{"apiId": "api1", "stage": "prod"}],
        **changes,
    }
    return made.list("apigateway:GetUsagePlans", name, [settings])


def with_key(made: World, name: str = KEY, *, enabled: bool = True, bound: bool = True) -> World:
    """Give the student an API key."""
    made.list("apigateway:GetApiKeys", name, [{"id": "key1", "name": name, "enabled": enabled}])
    return made.say("apigateway:GetUsagePlanKeys", [{"id": "key1", "name": name}] if bound else [], usagePlanId="plan1")
