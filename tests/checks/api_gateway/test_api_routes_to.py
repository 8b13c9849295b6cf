"""api_routes_to: the methods of a REST API invoke the function."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.api_gateway.samples import API, FUNCTION, deployed_api, method
from tests.checks.world import ACCOUNT, REGION, World, function_arn

ROUTES: dict[str, Any] = {
    "function": FUNCTION,
    "api": API,
    "path": "/performance",
    "methods": ["POST"],
    "qualifiers": ["prod"],
}


def test_passes_when_the_method_invokes_the_alias() -> None:
    verdict = deployed_api().judge("api_routes_to", **ROUTES)
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
            f"POST /performance invokes {FUNCTION} instead of {FUNCTION}:prod",
        ),
        (
            {"qualifier": "2"},
            2 / 3,
            f"POST /performance invokes {FUNCTION}:2 instead of {FUNCTION}:prod",
        ),
        (
            {"function": "user2-performance-function"},
            2 / 3,
            f"POST /performance invokes the function user2-performance-function:prod instead of {FUNCTION}:prod",
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
def test_method_proxy_and_target_are_a_third_each(route: dict[str, Any], fraction: float, says: str) -> None:
    verdict = deployed_api(**route).judge("api_routes_to", **ROUTES)
    assert (verdict.status, verdict.fraction) == ("partial", fraction)
    assert verdict.message == f"{API}: {says}."
    assert f"functions/{function_arn(FUNCTION, 'prod')}/invocations" in verdict.hint


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (f":{ACCOUNT}:", ":210987654321:", "of another account"),
        (f"lambda:{REGION}:", "lambda:us-east-1:", f"in a Region other than {REGION}"),
    ],
)
def test_a_function_of_the_same_name_in_another_account_or_region_does_not_count(old: str, new: str, says: str) -> None:
    uri = method()["methodIntegration"]["uri"].replace(old, new)
    verdict = deployed_api(uri=uri).judge("api_routes_to", **ROUTES)
    assert verdict.fraction == 2 / 3
    assert verdict.message == f"{API}: POST /performance invokes {FUNCTION} {says}: {uri}."


def test_the_uri_must_use_lambda_in_the_region_of_the_api() -> None:
    uri = method()["methodIntegration"]["uri"].replace(f":apigateway:{REGION}:", ":apigateway:us-east-1:")
    verdict = deployed_api(uri=uri).judge("api_routes_to", **ROUTES)
    assert verdict.fraction == 2 / 3
    assert verdict.message == f"{API}: POST /performance uses Lambda in the Region us-east-1: {uri}."


@pytest.mark.parametrize(("integration_method", "fraction"), [("POST", 1), ("GET", 2 / 3), ("ANY", 2 / 3)])
@pytest.mark.parametrize("route_method", ["POST", "ANY"])
def test_api_gateway_invokes_a_function_only_with_post(
    route_method: str, integration_method: str, fraction: float
) -> None:
    integration = {**method()["methodIntegration"], "httpMethod": integration_method}
    made = deployed_api().routes("api1", {("/performance", route_method): method(methodIntegration=integration)})
    verdict = made.judge("api_routes_to", **ROUTES)
    assert verdict.fraction == fraction
    if fraction < 1:
        assert verdict.message == (
            f"{API}: {route_method} /performance has the integration HTTP method {integration_method}, but API Gateway "
            "invokes a function only with POST."
        )
        assert "--integration-http-method POST" in verdict.hint


def test_the_command_names_the_existing_path_and_stage() -> None:
    made = (
        deployed_api()
        .routes("api1", {("/hello", "GET"): method(qualifier="")})
        .stages("api1", {"stageName": "default"})
    )
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
    hostile = deployed_api().routes("api1", {("/x'`rm`", "GET"): method()})
    assert "`rm`" not in hostile.judge("api_routes_to", function=FUNCTION, methods=["POST"]).hint


def test_fails_when_no_api_invokes_the_function() -> None:
    made = World().function(FUNCTION).api("user1-other-api").routes("api1", {("/x", "GET"): method("user1-other")})
    verdict = made.judge("api_routes_to", function=FUNCTION, methods=["GET", "POST"])
    assert (verdict.message, verdict.hint) == (
        f"None of your REST APIs has a route that invokes {FUNCTION}. In the Lambda console, “Add trigger” on the "
        "function creates one.",
        f"aws apigateway create-rest-api --name {FUNCTION}-API",
    )


def test_any_counts_for_every_method() -> None:
    made = deployed_api().routes("api1", {("/{proxy+}", "ANY"): method(qualifier="")})
    call = {"function": FUNCTION, "methods": ["GET", "POST"]}
    assert made.judge("api_routes_to", **call).status == "passed"
    assert made.judge("api_routes_to", **call, qualifiers=["$LATEST"]).status == "passed"
    assert made.judge("api_routes_to", **call, qualifiers=["prod", "$LATEST"]).status == "passed"
    assert made.judge("api_routes_to", **call, qualifiers=["prod"]).fraction == 2 / 3


def test_each_method_is_worth_the_same() -> None:
    call = {**ROUTES, "methods": ["GET", "POST"]}
    verdict = deployed_api().judge("api_routes_to", **call)
    assert verdict.fraction == 1 / 2
    assert verdict.message == f"{API}: there is no method GET at /performance."
    assert [line.split()[2] for line in verdict.hint.splitlines()] == [
        "put-method",
        "put-integration",
        "create-deployment",
    ]
    assert "--http-method GET" in verdict.hint


@pytest.mark.parametrize("path", ["/Performance", "/performance/"])
def test_names_a_similar_path(path: str) -> None:
    made = deployed_api().routes("api1", {(path, "POST"): method()})
    verdict = made.judge("api_routes_to", **ROUTES)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{API} has no method POST at /performance. Its methods: POST {path}. Paths must match exactly: {path} is not "
        "/performance.",
    )
    assert verdict.hint.splitlines()[0] == (
        "aws apigateway create-resource --rest-api-id api1 --parent-id $(aws apigateway get-resources --rest-api-id "
        "api1 --query \"items[?path=='/'].id\" --output text) --path-part 'performance'"
    )


def test_fails_when_the_api_or_the_function_does_not_exist() -> None:
    made = World().function(FUNCTION)
    assert made.judge("api_routes_to", **ROUTES).message == f"There is no REST API {API}."
    made.api("user1-Optimized-API")
    assert made.judge("api_routes_to", **ROUTES).message == (
        f"There is no REST API {API}, but there is user1-Optimized-API: a name must match exactly."
    )
    assert World().judge("api_routes_to", **ROUTES).message == f"There is no function {FUNCTION}."
    verdict = World().function(FUNCTION).judge("api_routes_to", function=FUNCTION, methods=["GET"])
    assert verdict.message == (
        f"You have no REST API with a name that begins with user1-, so no API invokes {FUNCTION}. "
        "An HTTP API does not count: the lab requires a REST API."
    )


def test_of_several_apis_the_one_that_invokes_the_function_counts() -> None:
    made = (
        deployed_api()
        .api("user1-aaa", "api0")
        .api("user1-zzz", "api9")
        .routes("api9", {("/x", "POST"): method("user1-x")})
    )
    assert made.judge("api_routes_to", function=FUNCTION, methods=["POST"]).status == "passed"
    verdict = made.judge("api_routes_to", function=FUNCTION, methods=["GET"])
    assert verdict.status == "failed"
    assert f"has no method GET that invokes {FUNCTION}. Its methods: " in verdict.message


def test_of_two_apis_with_one_name_the_deployed_one_counts() -> None:
    made = deployed_api().api(API, "api2")
    assert made.judge("api_routes_to", **ROUTES).status == "passed"


@pytest.mark.parametrize("stale", ["api0", "api2"])
def test_of_two_deployed_apis_with_one_name_the_one_with_a_permission_counts(stale: str) -> None:
    made = deployed_api().api(API, stale).routes(stale, {("/performance", "GET"): method()})
    made.stages(stale, {"stageName": "prod"})
    assert made.judge("api_routes_to", **ROUTES).status == "passed"


def test_a_greedy_resource_serves_a_path_without_its_own_resource() -> None:
    made = deployed_api().routes("api1", {("/{proxy+}", "ANY"): method()})
    verdict = made.judge("api_routes_to", **ROUTES)
    assert (verdict.status, verdict.observed) == ("passed", f"ANY /{{proxy+}} → {FUNCTION}:prod")
    made.routes("api1", {("/{proxy+}", "ANY"): method(), ("/performance", "GET"): method()})
    verdict = made.judge("api_routes_to", **ROUTES)  # API Gateway looks no further than /performance
    assert (verdict.status, verdict.observed) == ("failed", "GET /performance and ANY /{proxy+}")
