"""The checks of API Gateway: routes, permissions, stages, usage plans, keys, and calls over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from checks.wording.endpoints import route_for
from labgrader.errors import NotGradedError
from labgrader.evidence.live_answers import HttpReply
from labgrader.evidence.snapshot import Route
from tests.checks.world import ACCOUNT, REGION, World, function_arn, probed

FUNCTION = "user1-performance-function"
API = "user1-optimized-api"
PLAN, KEY = "user1-performance-plan", "user1-performance-key"
EXECUTE = f"arn:aws:execute-api:{REGION}:{ACCOUNT}"
GATEWAY = "apigateway.amazonaws.com"


def method(function: str = FUNCTION, qualifier: str = "prod", **changes: Any) -> dict[str, Any]:
    """What GetResources says of a method."""
    uri = (
        f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function_arn(function, qualifier)}/invocations"
    )
    integration = {"type": changes.pop("type", "AWS_PROXY"), "uri": changes.pop("uri", uri)}
    return {"authorizationType": "NONE", "apiKeyRequired": False, "methodIntegration": integration, **changes}


def statement(*sources: str, principal: str = GATEWAY, qualifier: str = "prod", **changes: Any) -> dict[str, Any]:
    """A permission as GetPolicy has it."""
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


def world(**route: Any) -> World:
    """A function with an alias behind a deployed API."""
    made = World().function(FUNCTION).version(FUNCTION, 1).alias(FUNCTION, "prod", "1")
    made.api(API).routes("api1", {("/performance", "POST"): method(**route)})
    made.stages("api1", {"stageName": "prod", "cacheClusterEnabled": True, "cacheClusterSize": "0.5"})
    return made.permit(FUNCTION, statement(f"{EXECUTE}:api1/*/*"), qualifier="prod")


def plan(made: World, name: str = PLAN, **changes: Any) -> World:
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


def key(made: World, name: str = KEY, *, enabled: bool = True, bound: bool = True) -> World:
    """Give the student an API key."""
    made.list("apigateway:GetApiKeys", name, [{"id": "key1", "name": name, "enabled": enabled}])
    return made.say("apigateway:GetUsagePlanKeys", [{"id": "key1", "name": name}] if bound else [], usagePlanId="plan1")


# --- routes -----------------------------------------------------------------------------------------------------------

ROUTES: dict[str, Any] = {
    "function": FUNCTION,
    "api": API,
    "path": "/performance",
    "methods": ["POST"],
    "qualifiers": ["prod"],
}


def test_a_method_leads_to_the_alias() -> None:
    verdict = world().judge("api_routes_to", **ROUTES)
    assert verdict.status == "passed"
    assert verdict.expected == f"POST /performance → {FUNCTION}:prod, AWS_PROXY"
    assert verdict.observed == f"POST /performance → {FUNCTION}:prod"


@pytest.mark.parametrize(
    ("route", "fraction", "says"),
    [
        (
            {"type": "AWS"},
            2 / 3,
            "POST /performance has an integration of type AWS instead of AWS_PROXY",
        ),
        (
            {"qualifier": ""},
            2 / 3,
            f"POST /performance calls {FUNCTION} instead of {FUNCTION}:prod",
        ),
        (
            {"qualifier": "2"},
            2 / 3,
            f"POST /performance calls {FUNCTION}:2 instead of {FUNCTION}:prod",
        ),
        (
            {"function": "user2-performance-function"},
            2 / 3,
            f"POST /performance calls the function user2-performance-function:prod instead of {FUNCTION}:prod",
        ),
        (
            {"uri": "https://example.com/", "type": "HTTP"},
            1 / 3,
            "POST /performance has an integration of type HTTP instead of AWS_PROXY and POST /performance calls "
            f"https://example.com/ instead of the function {FUNCTION}:prod",
        ),
        ({"methodIntegration": None}, 1 / 3, "POST /performance has no integration"),
    ],
)
def test_a_third_for_the_method_the_proxy_and_the_target(route: dict[str, Any], fraction: float, says: str) -> None:
    verdict = world(**route).judge("api_routes_to", **ROUTES)
    assert (verdict.status, verdict.fraction) == ("partial", fraction)
    assert verdict.message == f"{API}: {says}."
    assert f"functions/{function_arn(FUNCTION, 'prod')}/invocations" in verdict.hint


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (f":{ACCOUNT}:", ":210987654321:", "of another account"),
        (f"lambda:{REGION}:", "lambda:us-east-1:", f"in another Region than {REGION}"),
    ],
)
def test_a_function_of_the_same_name_elsewhere_is_not_ours(old: str, new: str, says: str) -> None:
    uri = method()["methodIntegration"]["uri"].replace(old, new)
    verdict = world(uri=uri).judge("api_routes_to", **ROUTES)
    assert verdict.fraction == 2 / 3
    assert verdict.message == f"{API}: POST /performance calls {FUNCTION} {says}: {uri}."


def test_the_command_names_the_path_and_the_stage_that_there_are() -> None:
    made = world().routes("api1", {("/hello", "GET"): method(qualifier="")}).stages("api1", {"stageName": "default"})
    verdict = made.judge("api_routes_to", function=FUNCTION, methods=["GET", "POST"])
    assert verdict.message == f"{API}: there is no method POST."
    resource = "$(aws apigateway get-resources --rest-api-id api1 --query \"items[?path=='/hello'].id\" --output text)"
    lines = verdict.hint.splitlines()
    assert lines[0] == (
        f"aws apigateway put-method --rest-api-id api1 --resource-id {resource} --http-method POST "
        "--authorization-type NONE"
    )
    assert lines[1].startswith(
        f"aws apigateway put-integration --rest-api-id api1 --resource-id {resource} --http-method POST "
    )
    assert lines[2:] == ["aws apigateway create-deployment --rest-api-id api1 --stage-name default"]
    hostile = world().routes("api1", {("/x'`rm`", "GET"): method()})
    assert "`rm`" not in hostile.judge("api_routes_to", function=FUNCTION, methods=["POST"]).hint


def test_an_api_that_leads_elsewhere_is_not_blamed() -> None:
    made = World().function(FUNCTION).api("user1-other-api").routes("api1", {("/x", "GET"): method("user1-other")})
    verdict = made.judge("api_routes_to", function=FUNCTION, methods=["GET", "POST"])
    assert (verdict.message, verdict.hint) == (
        f"None of your REST APIs has a route that leads to {FUNCTION}. In the console, “Add trigger” on the function "
        "makes one.",
        f"aws apigateway create-rest-api --name {FUNCTION}-API",
    )


def test_commands_look_up_the_ids_that_are_not_known() -> None:
    by_name = f"$(aws apigateway get-usage-plans --query \"items[?name=='{PLAN}'].id\" --output text)"
    verdict = key(world()).judge("api_key_bound", plan=PLAN, key=KEY)
    assert verdict.hint == (
        f"aws apigateway create-usage-plan-key --usage-plan-id {by_name} --key-id key1 --key-type API_KEY"
    )
    by_name = f"$(aws apigateway get-rest-apis --query \"items[?name=='{API}'].id\" --output text)"
    assert f"--api-stages apiId={by_name},stage=prod" in world().judge("usage_plan_limits", **LIMITS).hint


def test_any_counts_for_every_method_and_any_qualifier_is_right_where_none_is_named() -> None:
    made = world().routes("api1", {("/{proxy+}", "ANY"): method(qualifier="")})
    call = {"function": FUNCTION, "methods": ["GET", "POST"]}
    assert made.judge("api_routes_to", **call).status == "passed"
    assert made.judge("api_routes_to", **call, qualifiers=["$LATEST"]).status == "passed"
    assert made.judge("api_routes_to", **call, qualifiers=["prod", "$LATEST"]).status == "passed"
    assert made.judge("api_routes_to", **call, qualifiers=["prod"]).fraction == 2 / 3


def test_each_method_is_worth_the_same() -> None:
    call = {**ROUTES, "methods": ["GET", "POST"]}
    verdict = world().judge("api_routes_to", **call)
    assert verdict.fraction == 1 / 2
    assert verdict.message == f"{API}: there is no method GET at /performance."
    assert [line.split()[2] for line in verdict.hint.splitlines()] == [
        "put-method",
        "put-integration",
        "create-deployment",
    ]
    assert "--http-method GET" in verdict.hint


@pytest.mark.parametrize("path", ["/Performance", "/performance/"])
def test_a_path_that_comes_near_is_named(path: str) -> None:
    made = world().routes("api1", {(path, "POST"): method()})
    verdict = made.judge("api_routes_to", **ROUTES)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{API} has no method POST at /performance; it has POST {path}. Paths must match exactly: {path} is not "
        "/performance.",
    )
    assert verdict.hint.splitlines()[0] == (
        "aws apigateway create-resource --rest-api-id api1 --parent-id $(aws apigateway get-resources --rest-api-id "
        "api1 --query \"items[?path=='/'].id\" --output text) --path-part 'performance'"
    )


def test_no_api_and_one_that_comes_near() -> None:
    made = World().function(FUNCTION)
    assert made.judge("api_routes_to", **ROUTES).message == f"There is no REST API {API}."
    made.api("user1-Optimized-API")
    assert made.judge("api_routes_to", **ROUTES).message == (
        f"There is no REST API {API}, but there is user1-Optimized-API: a name must match exactly."
    )
    assert World().judge("api_routes_to", **ROUTES).message == f"There is no function {FUNCTION}."
    verdict = World().function(FUNCTION).judge("api_routes_to", function=FUNCTION, methods=["GET"])
    assert verdict.message == (
        f"You have no REST API whose name begins with user1-, so nothing leads to {FUNCTION}. "
        "(An HTTP API is something else: the lab asks for a REST API.)"
    )


def test_of_several_apis_the_one_that_leads_there_counts() -> None:
    made = world().api("user1-aaa", "api0").api("user1-zzz", "api9").routes("api9", {("/x", "POST"): method("user1-x")})
    assert made.judge("api_routes_to", function=FUNCTION, methods=["POST"]).status == "passed"
    verdict = made.judge("api_routes_to", function=FUNCTION, methods=["GET"])
    assert verdict.status == "failed"
    assert f"has no method GET that leads to {FUNCTION}; it has " in verdict.message


def test_of_two_apis_of_one_name_the_deployed_one_counts() -> None:
    made = world().api(API, "api2")
    assert made.judge("api_routes_to", **ROUTES).status == "passed"
    assert made.judge("stage_serves", api=API, stage="prod", cache_size="0.5").status == "passed"


@pytest.mark.parametrize("stale", ["api0", "api2"])
def test_of_two_deployed_apis_of_one_name_the_one_that_may_call_counts(stale: str) -> None:
    made = world().api(API, stale).routes(stale, {("/performance", "GET"): method()})
    made.stages(stale, {"stageName": "prod"})
    assert made.judge("api_routes_to", **ROUTES).status == "passed"
    assert made.judge("permission_granted", **PERMIT).status == "passed"
    assert made.judge("permission_granted", **{**PERMIT, "api": ""}).status == "passed"


def test_a_greedy_resource_takes_a_path_that_has_none_of_its_own() -> None:
    made = world().routes("api1", {("/{proxy+}", "ANY"): method()})
    verdict = made.judge("api_routes_to", **ROUTES)
    assert (verdict.status, verdict.observed) == ("passed", f"ANY /{{proxy+}} → {FUNCTION}:prod")
    made.routes("api1", {("/{proxy+}", "ANY"): method(), ("/performance", "GET"): method()})
    verdict = made.judge("api_routes_to", **ROUTES)  # API Gateway looks no further than /performance
    assert (verdict.status, verdict.observed) == ("failed", "it has GET /performance and ANY /{proxy+}")


# --- permissions ------------------------------------------------------------------------------------------------------

PERMIT: dict[str, Any] = {"function": FUNCTION, "principal": GATEWAY, "qualifiers": ["prod"], "api": API}


def _permitted(*statements: dict[str, Any]) -> World:
    return world().permit(FUNCTION, *statements, qualifier="prod")


@pytest.mark.parametrize(
    "source",
    [
        f"{EXECUTE}:api1/*/*",
        f"{EXECUTE}:api1/*",
        f"{EXECUTE}:api1/prod/POST/performance",
        f"{EXECUTE}:api1/*/POST/performance",
        f"arn:aws:execute-api:*:{ACCOUNT}:api1/*",
    ],
)
def test_the_api_may_call_the_alias(source: str) -> None:
    verdict = _permitted(statement(source)).judge("permission_granted", **PERMIT)
    assert (verdict.status, verdict.message) == ("passed", "")
    assert verdict.expected == f"API Gateway may call {FUNCTION}:prod, from the REST API {API} (api1) only"


def test_one_right_permission_beside_others_is_enough() -> None:
    others = [statement(f"{EXECUTE}:old/*/*"), statement(principal="s3.amazonaws.com")]
    assert (
        _permitted(*others, statement(f"{EXECUTE}:api1/*/*")).judge("permission_granted", **PERMIT).status == "passed"
    )


def test_a_permission_without_a_source_is_half() -> None:
    verdict = _permitted(statement()).judge("permission_granted", **PERMIT)
    assert (verdict.fraction, verdict.message) == (
        0.5,
        f"API Gateway may call {FUNCTION}:prod, but from anywhere: the permission names no source. "
        f"Limit it to the REST API {API} (api1).",
    )
    assert verdict.hint == (
        f"aws lambda remove-permission --function-name {FUNCTION} --qualifier prod --statement-id sid\n"
        f"aws lambda add-permission --function-name {FUNCTION}:prod --statement-id apigateway-invoke "
        "--action lambda:InvokeFunction --principal apigateway.amazonaws.com "
        f"--source-arn 'arn:aws:execute-api:{REGION}:{ACCOUNT}:api1/*/*'"
    )


@pytest.mark.parametrize("source", [f"{EXECUTE}:*/*/*", "arn:aws:execute-api:*", "*"])
def test_a_permission_for_every_api_is_half(source: str) -> None:
    verdict = _permitted(statement(source)).judge("permission_granted", **PERMIT)
    assert (verdict.fraction, verdict.message) == (
        0.5,
        f"API Gateway may call {FUNCTION}:prod from {source}, which is more than the REST API {API} (api1): "
        "limit it to that.",
    )


@pytest.mark.parametrize(
    "source",
    [
        f"{EXECUTE}:other/*/*",
        f"{EXECUTE}:api11/*/*",
        f"arn:aws:execute-api:eu-west-1:{ACCOUNT}:api1/*/*",
        f"arn:aws:execute-api:{REGION}:[ACCOUNT-ID]:api1/*/*",
    ],
)
def test_a_permission_for_something_else_is_none(source: str) -> None:
    verdict = _permitted(statement(source)).judge("permission_granted", **PERMIT)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"API Gateway may call {FUNCTION}:prod, but only from {source}, and that is not the REST API {API} (api1): "
        "its calls are refused.",
    )


@pytest.mark.parametrize("source", [f"{EXECUTE}:api1/dev/*", f"{EXECUTE}:api1/*/GET/performance"])
def test_a_permission_for_another_place_of_the_same_api_is_none(source: str) -> None:
    verdict = _permitted(statement(source)).judge("permission_granted", **PERMIT)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"API Gateway may call {FUNCTION}:prod, but only from {source}, and that is another stage, method or path of "
        f"the REST API {API} (api1) than calls it: its calls are refused.",
    )


def test_each_method_that_is_wanted_needs_the_permission() -> None:
    made = world().routes("api1", {("/hello", one): method() for one in ("GET", "POST")})
    call = {**PERMIT, "methods": ["GET", "POST"]}
    only_get = statement(f"{EXECUTE}:api1/*/GET/hello")
    verdict = made.permit(FUNCTION, only_get, qualifier="prod").judge("permission_granted", **call)
    assert (verdict.fraction, verdict.message, verdict.observed) == (
        0.5,
        f"API Gateway may call {FUNCTION}:prod, but not for POST: the permission is only for "
        f"{EXECUTE}:api1/*/GET/hello.",
        "not for POST",
    )
    assert made.judge("permission_granted", **PERMIT).status == "passed"
    both = [only_get, statement(f"{EXECUTE}:api1/*/POST/hello")]
    assert made.permit(FUNCTION, *both, qualifier="prod").judge("permission_granted", **call).status == "passed"
    anywhere = made.permit(FUNCTION, statement(), qualifier="prod").judge("permission_granted", **call)
    assert "from anywhere" in anywhere.message
    made.routes("api1", {("/hello", "ANY"): method()}).permit(FUNCTION, only_get, qualifier="prod")
    assert made.judge("permission_granted", **call).observed == "not for POST"


def test_a_permission_on_the_function_does_not_count_for_the_alias() -> None:
    made = world().permit(FUNCTION, qualifier="prod").permit(FUNCTION, statement(f"{EXECUTE}:api1/*", qualifier=""))
    verdict = made.judge("permission_granted", **PERMIT)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"API Gateway may not call {FUNCTION}:prod: its policy has no such permission. There is one on {FUNCTION} "
        "without the alias, which does not count for the alias.",
    )
    assert f"--function-name {FUNCTION}:prod " in verdict.hint


def test_a_list_that_mixes_the_aliases_permissions_in_is_read_right() -> None:
    """As the embedded AWS gives it."""
    made = world(qualifier="").permit(FUNCTION, statement(f"{EXECUTE}:api1/*/*", qualifier="prod"))
    verdict = made.judge("permission_granted", **{**PERMIT, "qualifiers": ["$LATEST"]})
    assert verdict.message == f"API Gateway may not call {FUNCTION}: its policy has no such permission."


@pytest.mark.parametrize(
    "changes",
    [{"Effect": "Deny"}, {"Action": "lambda:GetFunction"}, {"Principal": {"Service": "s3.amazonaws.com"}}],
)
def test_what_permits_no_such_call(changes: dict[str, Any]) -> None:
    made = _permitted(statement(f"{EXECUTE}:api1/*/*", **changes)).permit(FUNCTION)
    verdict = made.judge("permission_granted", **PERMIT)
    assert verdict.message == f"API Gateway may not call {FUNCTION}:prod: its policy has no such permission."


@pytest.mark.parametrize(
    ("source", "fraction"),
    [
        (f"arn:aws:events:{REGION}:{ACCOUNT}:rule/user1-nightly", 1.0),
        (f"arn:aws:events:{REGION}:{ACCOUNT}:rule/*", 0.5),
        (f"arn:aws:events:{REGION}:{ACCOUNT}:rule/user1-other", 0.0),
        ("", 0.5),
    ],
)
def test_a_rule_may_call(source: str, fraction: float) -> None:
    given = statement(*[source] if source else [], principal="events.amazonaws.com", qualifier="")
    made = World().function(FUNCTION).rule("user1-nightly").permit(FUNCTION, given)
    call = {"function": FUNCTION, "principal": "events.amazonaws.com", "rule": "user1-nightly"}
    assert made.judge("permission_granted", **call).fraction == fraction
    missing = made.judge("permission_granted", **{**call, "rule": "user1-daily"})
    assert missing.message == "There is no rule user1-daily."


@pytest.mark.parametrize(
    ("condition", "fraction", "says"),
    [
        ({"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::user1-files-1"}}, 1.0, ""),
        ({"StringEquals": {"AWS:SourceAccount": ACCOUNT}}, 1.0, ""),
        (
            {
                "StringEquals": {"AWS:SourceAccount": ACCOUNT},
                "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::user1-files-1"},
            },
            1.0,
            "",
        ),
        ({"StringEquals": {"AWS:SourceAccount": "210987654321"}}, 0.0, "only for the account 210987654321"),
        ({"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::user2-files"}}, 0.0, "only from arn:aws:s3:::user2-files"),
        ({"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::*"}}, 0.5, "which is more than the bucket user1-files-1"),
        ({}, 0.5, "from anywhere"),
    ],
)
def test_a_bucket_may_call(condition: dict[str, Any], fraction: float, says: str) -> None:
    given = statement(principal="s3.amazonaws.com", qualifier="", Condition=condition)
    made = World().function(FUNCTION).bucket("user1-files-1").permit(FUNCTION, given)
    call = {"function": FUNCTION, "principal": "s3.amazonaws.com", "bucket_prefix": "user1-files"}
    verdict = made.judge("permission_granted", **call)
    assert verdict.fraction == fraction
    assert says in verdict.message
    none = made.judge("permission_granted", **{**call, "bucket_prefix": "user1-other"})
    assert none.message == "There is no bucket whose name begins with user1-other."


def test_the_bucket_that_calls_is_the_one_that_needs_the_permission() -> None:
    calling = {"LambdaFunctionArn": function_arn(FUNCTION), "Events": ["s3:ObjectCreated:*"]}
    made = World().function(FUNCTION).bucket("user1-files-1", calling).bucket("user1-files-2")
    call = {"function": FUNCTION, "principal": "s3.amazonaws.com", "bucket_prefix": "user1-"}
    given = statement("arn:aws:s3:::user1-files-2", principal="s3.amazonaws.com", qualifier="")
    assert made.permit(FUNCTION, given).judge("permission_granted", **call).message == (
        f"S3 may call {FUNCTION}, but only from arn:aws:s3:::user1-files-2, and that is not the bucket user1-files-1: "
        "its calls are refused."
    )
    given = statement("arn:aws:s3:::user1-files-1", principal="s3.amazonaws.com", qualifier="")
    assert made.permit(FUNCTION, given).judge("permission_granted", **call).status == "passed"


ALIAS_CALLED: list[tuple[World, dict[str, Any], str]] = [
    (
        World()
        .function(FUNCTION)
        .bucket("user1-b", {"LambdaFunctionArn": function_arn(FUNCTION, "live"), "Events": ["s3:ObjectCreated:*"]}),
        {"principal": "s3.amazonaws.com", "bucket_prefix": "user1-"},
        "arn:aws:s3:::user1-b",
    ),
    (
        World().function(FUNCTION).rule("user1-daily", function_arn(FUNCTION, "live")),
        {"principal": "events.amazonaws.com", "rule": "user1-daily"},
        f"arn:aws:events:{REGION}:{ACCOUNT}:rule/user1-daily",
    ),
    (
        World().function(FUNCTION).api(API).routes("api1", {("/x", "ANY"): method(qualifier="live")}),
        {"principal": GATEWAY},
        f"{EXECUTE}:api1/*/POST/x",
    ),
]


@pytest.mark.parametrize(("made", "call", "source"), ALIAS_CALLED, ids=["bucket", "rule", "API"])
def test_what_calls_an_alias_needs_the_permission_there(made: World, call: dict[str, Any], source: str) -> None:
    on_alias = statement(source, principal=call["principal"], qualifier="live")
    on_function = statement(source, principal=call["principal"], qualifier="")
    made.permit(FUNCTION, qualifier="live").permit(FUNCTION, on_function)
    verdict = made.judge("permission_granted", function=FUNCTION, **call)
    assert f"may not call {FUNCTION}:live: its policy has no such permission. There is one on" in verdict.message
    verdict = made.permit(FUNCTION, on_alias, qualifier="live").judge("permission_granted", function=FUNCTION, **call)
    assert (verdict.status, verdict.message) == ("passed", "")
    assert f"may call {FUNCTION}:live, from " in verdict.expected


@pytest.mark.parametrize("partition", ["aws-cn", "aws-us-gov"])
def test_other_partitions_name_the_same_source(partition: str) -> None:
    source = f"{EXECUTE}:api1/*/*".replace("arn:aws:", f"arn:{partition}:")
    assert _permitted(statement(source)).judge("permission_granted", **PERMIT).status == "passed"


def test_a_permission_needs_what_it_is_for() -> None:
    call = {"function": FUNCTION, "principal": GATEWAY}
    assert World().judge("permission_granted", **call).message == f"There is no function {FUNCTION}."
    verdict = World().function(FUNCTION).judge("permission_granted", **call)
    assert verdict.message == f"None of your REST APIs has a route that leads to {FUNCTION}."
    verdict = World().function(FUNCTION).api(API).judge("permission_granted", **call, qualifiers=["prod"])
    assert verdict.message == f"{FUNCTION} has no alias or version prod."


# --- stages, plans, keys ----------------------------------------------------------------------------------------------

STAGE: dict[str, Any] = {"api": API, "stage": "prod", "cache_size": "0.5"}


@pytest.mark.parametrize(
    ("stage", "fraction", "says"),
    [
        ({"stageName": "prod", "cacheClusterEnabled": True, "cacheClusterSize": "0.5"}, 1.0, ""),
        (
            {
                "stageName": "prod",
                "cacheClusterEnabled": True,
                "cacheClusterSize": "0.5",
                "cacheClusterStatus": "CREATE_IN_PROGRESS",
            },
            1.0,
            "",
        ),
        (
            {"stageName": "prod", "cacheClusterEnabled": False, "cacheClusterSize": "0.5"},
            0.5,
            f"The stage prod of {API} has no cache cluster; the lab enables one of 0.5 GB.",
        ),
        (
            {"stageName": "prod", "cacheClusterEnabled": True, "cacheClusterSize": "1.6"},
            0.5,
            f"The stage prod of {API} has a cache of 1.6 GB instead of 0.5 GB.",
        ),
        (
            {"stageName": "prod", "cacheClusterEnabled": True},
            0.5,
            f"The stage prod of {API} has a cache of unknown size instead of 0.5 GB.",
        ),
        ({"stageName": "dev"}, 0.0, f"{API} has no stage prod; it has dev."),
        (None, 0.0, f"{API} has no stage prod: it is not deployed."),
    ],
)
def test_a_stage_with_its_cache(stage: dict[str, Any] | None, fraction: float, says: str) -> None:
    verdict = world().stages("api1", *[stage] if stage else []).judge("stage_serves", **STAGE)
    assert (verdict.fraction, verdict.message) == (fraction, says)
    if fraction == 0:
        assert verdict.hint == (
            "aws apigateway create-deployment --rest-api-id api1 --stage-name prod --cache-cluster-enabled "
            "--cache-cluster-size 0.5"
        )


def test_a_stage_without_a_cache_is_enough_where_none_is_wanted() -> None:
    made = world().stages("api1", {"stageName": "prod"})
    assert made.judge("stage_serves", api=API, stage="prod").status == "passed"
    assert World().judge("stage_serves", **STAGE).message == f"There is no REST API {API}."


LIMITS: dict[str, Any] = {
    "plan": PLAN,
    "rate": 500.0,
    "burst": 1000,
    "quota": 10000,
    "period": "DAY",
    "api": API,
    "stage": "prod",
}


@pytest.mark.parametrize(
    ("changes", "fraction", "says"),
    [
        ({}, 1.0, ""),
        ({"throttle": {"rateLimit": 500, "burstLimit": 1000}}, 1.0, ""),
        (
            {"throttle": {"rateLimit": 500.5, "burstLimit": 1000}},
            0.75,
            "the rate is 500.5 instead of 500 requests a second",
        ),
        ({"throttle": {"rateLimit": 500.0, "burstLimit": 999}}, 0.75, "the burst is 999 instead of 1000"),
        (
            {"throttle": None},
            0.5,
            "the rate is not set instead of 500 requests a second, the burst is not set instead of 1000",
        ),
        ({"quota": {"limit": 10001, "period": "DAY"}}, 0.75, "the quota is 10001 a DAY instead of 10000 a DAY"),
        ({"quota": {"limit": 10000, "period": "MONTH"}}, 0.75, "the quota is 10000 a MONTH instead of 10000 a DAY"),
        ({"quota": None}, 0.75, "the quota is not set instead of 10000 a DAY"),
        ({"apiStages": []}, 0.75, f"it is not bound to the stage prod of {API}, nor to any other"),
        (
            {"apiStages": [{"apiId": "api1", "stage": "dev"}, {"apiId": "gone", "stage": "prod"}]},
            0.75,
            f"it is not bound to the stage prod of {API} but to {API}/dev and gone/prod",
        ),
    ],
)
def test_each_limit_is_a_quarter(changes: dict[str, Any], fraction: float, says: str) -> None:
    verdict = plan(world(), **changes).judge("usage_plan_limits", **LIMITS)
    assert (verdict.fraction, verdict.message) == (fraction, f"{PLAN}: {says}." if says else "")
    if says:
        assert verdict.hint.startswith("aws apigateway update-usage-plan --usage-plan-id plan1 --patch-operations op=")


def test_no_usage_plan() -> None:
    assert world().judge("usage_plan_limits", **LIMITS).message == f"There is no usage plan {PLAN}."
    verdict = plan(world(), "user1-Performance-Plan").judge("usage_plan_limits", **LIMITS)
    assert "but there is user1-Performance-Plan" in verdict.message


@pytest.mark.parametrize(
    ("enabled", "bound", "fraction", "says"),
    [
        (True, True, 1.0, ""),
        (False, True, 0.5, f"The API key {KEY} is bound to {PLAN}, but it is disabled: a call with it is refused."),
        (True, False, 0.5, f"The API key {KEY} is not bound to {PLAN}."),
        (False, False, 0.0, f"The API key {KEY} is disabled, and not bound to {PLAN}."),
    ],
)
def test_a_key_is_enabled_and_bound(enabled: bool, bound: bool, fraction: float, says: str) -> None:
    verdict = key(plan(world()), enabled=enabled, bound=bound).judge("api_key_bound", plan=PLAN, key=KEY)
    assert (verdict.fraction, verdict.message) == (fraction, says)


def test_an_api_is_there_or_not() -> None:
    assert world().judge("api_exists", api=API).status == "passed"
    verdict = World().judge("api_exists", api=API)
    assert (verdict.message, verdict.hint) == (
        f"There is no REST API {API}.",
        f"aws apigateway create-rest-api --name {API}",
    )


def test_a_key_without_its_plan_and_no_key() -> None:
    verdict = key(world()).judge("api_key_bound", plan=PLAN, key=KEY)
    assert (verdict.fraction, verdict.message) == (
        0.5,
        f"The API key {KEY} is bound to no usage plan {PLAN}, as there is none.",
    )
    verdict = world().judge("api_key_bound", plan=PLAN, key=KEY)
    assert (verdict.message, verdict.hint) == (
        f"There is no API key {KEY}.",
        f"aws apigateway create-api-key --name {KEY} --enabled",
    )


APPLIES: dict[str, Any] = {"plan": PLAN, "api": API, "path": "/performance", "method": "POST"}


def test_a_plan_that_no_call_comes_under_is_worth_a_word() -> None:
    verdict = plan(world()).judge("usage_plan_applies", **APPLIES)
    assert verdict.message == (
        f"POST /performance of {API} wants no API key, so the usage plan {PLAN} limits nothing: it counts only the "
        "calls that come with one of its keys."
    )
    assert "path=/apiKeyRequired,value=true" in verdict.hint


@pytest.mark.parametrize(
    "made",
    [
        world(),
        World(),
        plan(world(), apiStages=[]),
        plan(world(apiKeyRequired=True)),
        plan(world().routes("api1", {})),
    ],
    ids=["no plan", "nothing", "unbound", "key required", "no route"],
)
def test_nothing_is_said_where_there_is_nothing_to_say(made: World) -> None:
    assert made.judge("usage_plan_applies", **APPLIES).status == "passed"


# --- over HTTP --------------------------------------------------------------------------------------------------------

CALL: dict[str, Any] = {
    "function": FUNCTION,
    "api": API,
    "stage": "prod",
    "path": "/performance",
    "method": "POST",
    "body": {"operation": "default"},
    "contains": {"result": {"operation": "default"}},
}
TARGET = f"POST {API} /prod/performance"


def reply(status: int = 200, body: Any = None, **changes: Any) -> HttpReply:
    """What came back from a call."""
    content = {"result": {"operation": "default"}} if body is None else body
    return HttpReply("answered", status, {}, content if isinstance(content, str) else json.dumps(content), **changes)


def test_the_endpoint_answers() -> None:
    verdict, asked = probed(world(), "endpoint_answers", [reply()], **CALL)  # type: ignore[list-item]
    assert (verdict.status, verdict.observed) == ("passed", "200")
    arguments = asked[0].arguments
    assert (arguments["ApiId"], arguments["Stage"], arguments["Method"]) == ("api1", "prod", "POST")
    assert (arguments["Path"], arguments["Body"], arguments["ApiKeyId"]) == (
        "/performance",
        '{"operation": "default"}',
        "",
    )


@pytest.mark.parametrize(
    ("got", "says", "hint"),
    [
        (
            reply(403, {"message": "Missing Authentication Token"}),
            "answered 403 (Missing Authentication Token): what is deployed on the stage has no such method at this "
            "path; deploy the API after its last change",
            "aws apigateway create-deployment --rest-api-id api1 --stage-name prod",
        ),
        (
            reply(403, {"message": "Forbidden"}),
            "answered 403 (Forbidden): it wants an API key that the usage plan of this stage knows",
            "aws apigateway create-usage-plan-key --usage-plan-id PLAN-ID --key-id KEY-ID --key-type API_KEY",
        ),
        (
            reply(403, {"error": "not yours"}),
            'answered 403 instead of 200 ({"error": "not yours"})',
            f"aws logs tail /aws/lambda/{FUNCTION} --since 1h",
        ),
        (
            reply(500, {"message": "Internal server error"}),
            "answered 500 (Internal server error): API Gateway is not permitted to call the function",
            f"aws lambda add-permission --function-name {FUNCTION}:prod --statement-id apigateway-invoke "
            "--action lambda:InvokeFunction --principal apigateway.amazonaws.com "
            f"--source-arn 'arn:aws:execute-api:{REGION}:{ACCOUNT}:api1/*/*'",
        ),
        (
            reply(500, {"error": "no"}),
            'answered 500 instead of 200 ({"error": "no"})',
            f"aws logs tail /aws/lambda/{FUNCTION} --since 1h",
        ),
        (
            reply(502, {"message": "Internal server error"}),
            "answered 502: the function crashed, or what it returned is no proxy response (an object with a "
            "statusCode, and a body that is text)",
            f"aws logs tail /aws/lambda/{FUNCTION} --since 1h",
        ),
        (
            reply(504, {"message": "Endpoint request timed out"}),
            "answered 504: the function took longer than API Gateway waits (29 seconds)",
            f"aws logs tail /aws/lambda/{FUNCTION} --since 1h",
        ),
        (
            reply(200, "<b>no JSON"),
            "answered 200, but the body is not valid JSON",
            f"aws logs tail /aws/lambda/{FUNCTION} --since 1h",
        ),
        (
            reply(200, {"result": {"operation": "heavy"}}),
            'answered 200, but result.operation is "heavy" instead of "default"',
            f"aws logs tail /aws/lambda/{FUNCTION} --since 1h",
        ),
        (
            reply(200, "{", truncated=True),
            "answered 200, but the body has more than 32768 characters, too many to read",
            f"aws logs tail /aws/lambda/{FUNCTION} --since 1h",
        ),
        (
            HttpReply("timeout"),
            "did not answer before the grader stopped waiting",
            f"aws logs tail /aws/lambda/{FUNCTION} --since 1h",
        ),
    ],
)
def test_what_a_reply_means_is_said_with_the_command_that_mends_it(got: HttpReply, says: str, hint: str) -> None:
    verdict, _ = probed(world(), "endpoint_answers", [got], **CALL)  # type: ignore[list-item]
    assert (verdict.status, verdict.message, verdict.hint) == ("failed", f"{TARGET} {says}.", hint)


@pytest.mark.parametrize(
    ("got", "says"),
    [
        (reply(200, {"result": {"operation": "default", "ms": 1.5}}), ""),
        (
            reply(200, {"result": {"operation": "default", "ms": "1.5"}}),
            'answered 200, but result.ms is "1.5", a text, where a number is wanted',
        ),
        (reply(200, {"result": {"operation": "x"}}), 'answered 200, but result.operation is "x" instead of "default"'),
        (reply(200, "["), "answered 200, but the body is not valid JSON"),
    ],
)
@pytest.mark.parametrize("structure", [{}, {"contains": None}])
def test_a_reply_is_held_against_a_schema(got: HttpReply, says: str, structure: dict[str, Any]) -> None:
    schema = {"required": ["result"], "properties": {"result": {"properties": {"ms": {"type": "number"}}}}}
    verdict, _ = probed(world(), "endpoint_answers", [got], **{**CALL, **structure, "matches": schema})  # type: ignore[list-item]
    if structure and "instead of" in says:  # the structure's to say
        says = ""
    assert (verdict.status, verdict.message) == ("failed" if says else "passed", f"{TARGET} {says}." if says else "")


@pytest.mark.parametrize(
    ("status", "authorization", "said"),
    [(403, "AWS_IAM", "Missing Authentication Token"), (401, "COGNITO_USER_POOLS", "Unauthorized")],
)
def test_a_method_that_asks_who_calls_is_not_taken_for_one_that_is_missing(
    status: int, authorization: str, said: str
) -> None:
    made = world(authorizationType=authorization)
    verdict, _ = probed(made, "endpoint_answers", [reply(status, {"message": said})], **CALL)  # type: ignore[list-item]
    assert verdict.message == (
        f"{TARGET} answered {status}: the method asks who calls (authorization {authorization}), and the lab leaves it "
        "open."
    )
    assert verdict.hint == (
        "aws apigateway update-method --rest-api-id api1 --resource-id $(aws apigateway get-resources --rest-api-id "
        "api1 --query \"items[?path=='/performance'].id\" --output text) --http-method POST "
        "--patch-operations op=replace,path=/authorizationType,value=NONE\n"
        "aws apigateway create-deployment --rest-api-id api1 --stage-name prod"
    )


def test_a_key_that_no_lab_asked_for_is_said() -> None:
    made, refused = world(apiKeyRequired=True), reply(403, {"message": "Forbidden"})
    verdict, _ = probed(made, "endpoint_answers", [refused], **CALL)  # type: ignore[list-item]
    assert verdict.message == f"{TARGET} answered 403: the method wants an API key, and the lab leaves it open."
    assert verdict.hint.splitlines()[0].endswith("op=replace,path=/apiKeyRequired,value=false")
    verdict, _ = probed(made, "endpoint_answers", [refused], **CALL, plan=PLAN)  # type: ignore[list-item]
    assert verdict.message == (
        f"{TARGET} answered 403 (Forbidden): it wants an API key that the usage plan of this stage knows."
    )


def test_what_the_grader_could_not_reach_is_not_graded() -> None:
    lost = HttpReply("unreachable", error="no such host")
    with pytest.raises(NotGradedError, match=f"{TARGET} could not be reached: no such host"):
        probed(world(), "endpoint_answers", [lost], **CALL)  # type: ignore[list-item]


def test_a_limit_that_is_used_up_is_not_graded_and_a_function_that_is_switched_off_is() -> None:
    limited = reply(429, {"message": "Limit Exceeded"})
    with pytest.raises(NotGradedError, match="the quota of its usage plan or a limit of the account is used up"):
        probed(world(), "endpoint_answers", [limited], **CALL)  # type: ignore[list-item]
    off = world()
    off.functions[FUNCTION]["Concurrency"] = {"ReservedConcurrentExecutions": 0}
    verdict, _ = probed(off, "endpoint_answers", [limited], **CALL)  # type: ignore[list-item]
    assert verdict.message == (
        f"{TARGET} answered 429: the reserved concurrency of {FUNCTION} is 0, which switches it off."
    )


@pytest.mark.parametrize(("enabled", "bound", "sent"), [(True, True, "key1"), (False, True, ""), (True, False, "")])
def test_a_key_is_sent_where_one_is_wanted(enabled: bool, bound: bool, sent: str) -> None:
    made = key(plan(world(apiKeyRequired=True)), enabled=enabled, bound=bound)
    for name in (PLAN, ""):
        _, asked = probed(made, "endpoint_answers", [reply()], **CALL, plan=name)  # type: ignore[list-item]
        assert asked[0].arguments["ApiKeyId"] == sent


def test_the_api_stage_and_path_are_found_by_the_function() -> None:
    made = world().routes("api1", {("/files/{id}/{proxy+}", "ANY"): method(qualifier="")})
    made.stages("api1", {"stageName": "default"})
    call = {"function": FUNCTION, "query": {"name": "A"}, "status": [200, 204]}
    _, asked = probed(made, "endpoint_answers", [reply()], **call)  # type: ignore[list-item]
    arguments = asked[0].arguments
    assert (arguments["Stage"], arguments["Method"], arguments["Path"]) == (
        "default",
        "GET",
        "/files/labgrader/labgrader",
    )
    assert (arguments["Query"], arguments["Body"]) == ({"name": "A"}, None)


def test_nothing_is_called_that_is_not_there() -> None:
    verdict, asked = probed(World(), "endpoint_answers", [], **CALL)
    assert (verdict.message, asked) == (f"There is no function {FUNCTION}.", [])
    verdict, _ = probed(World().function(FUNCTION), "endpoint_answers", [], **CALL)
    assert verdict.message == f"There is no REST API {API}."
    verdict, _ = probed(world(), "endpoint_answers", [], **{**CALL, "stage": "dev"})
    assert verdict.message == f"{API} has no stage dev: nothing can call it."
    verdict, _ = probed(world().stages("api1"), "endpoint_answers", [], function=FUNCTION, method="POST")
    assert verdict.message == f"{API} is not deployed: nothing can call it."
    verdict, _ = probed(world(), "endpoint_answers", [], **{**CALL, "method": "GET"})
    assert verdict.message == f"{API} has no method GET at /performance; it has POST /performance."


def test_the_body_may_have_to_mention_something() -> None:
    call = {**CALL, "contains": {"result": "…"}, "mentions": ["DEFAULT"]}
    assert probed(world(), "endpoint_answers", [reply()], **call)[0].status == "passed"  # type: ignore[list-item]
    got = reply(200, {"result": 1})
    verdict, _ = probed(world(), "endpoint_answers", [got], **call)  # type: ignore[list-item]
    assert verdict.message == f'{TARGET} answered 200, but the body does not mention DEFAULT: {{"result": 1}}.'


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("/todos", "/todos"),
        ("/todos/7", "/todos/{id}"),
        ("/todos/mine", "/todos/mine"),
        ("/todos/7/8", "/{proxy+}"),
        ("/else", "/{proxy+}"),
    ],
)
def test_the_nearest_route_takes_a_call(path: str, taken: str) -> None:
    routes = [Route(one, "ANY") for one in ("/{proxy+}", "/todos", "/todos/{id}", "/todos/mine")]
    found = route_for(routes, "GET", path)
    assert found is not None
    assert found.path == taken
    assert route_for([Route("/todos", "POST")], "GET", "/todos") is None


def test_a_stage_may_be_that_of_the_api_that_leads_to_a_function() -> None:
    made = world().api("user1-zzz", "api9").stages("api9", {"stageName": "test"})
    assert made.judge("stage_serves", function=FUNCTION, stage="prod").status == "passed"
    verdict = made.judge("stage_serves", function=FUNCTION, stage="test")
    assert verdict.message == f"{API} has no stage test; it has prod."
    verdict = made.judge("stage_serves", function="user1-other", stage="prod")
    assert verdict.message == "None of your REST APIs has a route that leads to user1-other."
