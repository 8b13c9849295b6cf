"""endpoint_answers with the error responses of AWS: one status, several causes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labgrader.errors import NotGradedError
from labgrader.evidence.probe_results import HttpReply
from labgrader.reasons import Reason
from tests.checks.api_gateway.samples import (
    API,
    EXECUTE,
    FUNCTION,
    PLAN,
    deployed_api,
    method,
    statement,
    with_key,
    with_plan,
)
from tests.checks.replies import probed
from tests.checks.world import ACCOUNT, REGION, World
from tests.recorded_aws.reading import recorded

CALL: dict[str, Any] = {"function": FUNCTION, "api": API, "stage": "prod", "path": "/performance", "method": "POST"}
TARGET = f"POST {API} /prod/performance"
NOT_GRADED = "could not be graded, and no points are lost: execute-api:Invoke: "
REFUSED = "returned 500 (Internal server error)"
PERMIT = (
    f"aws lambda add-permission --function-name {FUNCTION}:prod --statement-id apigateway-invoke "
    "--action lambda:InvokeFunction --principal apigateway.amazonaws.com "
    f"--source-arn 'arn:aws:execute-api:{REGION}:{ACCOUNT}:api1/*/*'"
)
URI = (
    "aws apigateway get-integration --rest-api-id api1 --resource-id $(aws apigateway get-resources --rest-api-id "
    "api1 --query \"items[?path=='/performance'].id\" --output text) --http-method POST --query uri"
)
DEPLOY = "aws apigateway create-deployment --rest-api-id api1 --stage-name prod"


def reply(name: str, *, bare: bool = False) -> HttpReply:
    """Return a recorded response of API Gateway; ``bare`` without AWS's headers, as an emulator sends it."""
    response = recorded(f"apigateway_{name}")["response"]
    headers = {} if bare else {name.lower(): value for name, value in response["headers"].items()}
    return HttpReply("answered", response["status"], headers, json.dumps(response["body"]))


def not_graded(world: World, got: HttpReply, **more: Any) -> tuple[str, Reason]:
    """Return why a reply is not graded."""
    with pytest.raises(NotGradedError) as unknown:
        probed(world, "endpoint_answers", [got], **CALL, **more)
    return str(unknown.value).removeprefix(f"{NOT_GRADED}{TARGET} "), unknown.value.reason_code


def failure(world: World, got: HttpReply, **more: Any) -> tuple[str, str]:
    """Return the message after the request and the hint of a failed verdict."""
    verdict, _ = probed(world, "endpoint_answers", [got], **CALL, **more)
    assert (verdict.status, verdict.reason) == ("failed", Reason.STUDENT)
    return verdict.message.removeprefix(f"{TARGET} "), verdict.hint


def api_with(world: World, **settings: Any) -> World:
    """Set what GetRestApis says about the API."""
    world.lists["apigateway:GetRestApis"][API][0].update(settings)
    return world


# --- 500: Lambda refused the invocation -------------------------------------------------------------------------------


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize(
    "policy",
    [
        [],
        [statement(f"{EXECUTE}:api2/*/*")],
        [statement(f"{EXECUTE}:api1/dev/*")],
        [statement(f"{EXECUTE}:api1/*/GET/performance")],
        [statement(f"{EXECUTE}:api1/*/*", principal="events.amazonaws.com")],
        [statement(f"{EXECUTE}:api1/*/*", qualifier="dev")],
        [statement(f"{EXECUTE}:api1/*/*", Condition={"StringEquals": {"AWS:SourceAccount": "999999999999"}})],
        [statement(f"{EXECUTE}:api1/*/*", Action="lambda:GetFunction")],
    ],
)
def test_the_permission_is_blamed_where_the_policy_lacks_it(policy: list[dict[str, Any]], bare: bool) -> None:
    world = deployed_api().permit(FUNCTION, *policy, qualifier="prod")
    assert failure(world, reply("lambda_refused", bare=bare)) == (
        f"{REFUSED}: API Gateway has no permission to invoke the function.",
        PERMIT,
    )


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize(
    "policy",
    [
        statement(f"{EXECUTE}:api1/*/*"),
        statement(),
        statement(f"{EXECUTE}:api1/prod/POST/performance"),
        statement(f"arn:aws-us-gov:execute-api:{REGION}:{ACCOUNT}:api1/*"),
        statement(f"{EXECUTE}:api1/*/*", Principal="*", Action="lambda:*"),
    ],
)
def test_a_500_with_the_permission_is_not_graded(policy: dict[str, Any], bare: bool) -> None:
    world = deployed_api().permit(FUNCTION, policy, qualifier="prod")
    assert not_graded(world, reply("lambda_refused", bare=bare)) == (
        f"{REFUSED} each time. API Gateway has permission to invoke {FUNCTION}:prod, so Lambda throttled the "
        "invocations or failed",
        Reason.SERVICE_FAULT,
    )


@pytest.mark.parametrize("state", ["Pending", "Inactive", "Deactivating", "ActiveNonInvocable"])
def test_a_500_of_a_function_that_is_not_active_is_not_graded(state: str) -> None:
    world = deployed_api().configure(FUNCTION, State=state)
    assert not_graded(world, reply("lambda_refused")) == (
        f"{REFUSED} each time. {FUNCTION} was in the state {state}, in which Lambda may refuse invocations. Request "
        "grading again in a few minutes",
        Reason.INCONCLUSIVE,
    )


def test_a_500_of_a_function_with_a_kms_key_is_not_graded_and_names_the_key() -> None:
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k1"
    assert not_graded(deployed_api().configure(FUNCTION, KMSKeyArn=key), reply("lambda_refused")) == (
        f"{REFUSED} each time. API Gateway has permission to invoke {FUNCTION}:prod, so Lambda refused for another "
        f"reason. Check that the execution role may use kms:Decrypt with {key}",
        Reason.INCONCLUSIVE,
    )


def test_a_500_is_not_graded_where_the_policy_cannot_be_read() -> None:
    world = deployed_api()
    world.refused["lambda:GetPolicy"] = "AccessDeniedException"
    assert probed(world, "endpoint_answers", [HttpReply("answered", 200, {}, "{}")], **CALL)[0].status == "passed"
    assert not_graded(world, reply("lambda_refused")) == (
        f"{REFUSED} each time. labgrader could not read the resource-based policy of {FUNCTION}:prod "
        "(lambda:GetPolicy), so the cause is not known",
        Reason.DENIED,
    )


def test_a_500_of_an_integration_with_a_role_is_not_graded() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/gateway"
    integration = {**method()["methodIntegration"], "credentials": role}
    world = deployed_api(methodIntegration=integration).permit(FUNCTION, qualifier="prod")
    assert not_graded(world, reply("lambda_refused")) == (
        f"{REFUSED} each time. API Gateway invokes {FUNCTION}:prod with the role {role}, and the reply does not say "
        "whether the role or Lambda refused it",
        Reason.INCONCLUSIVE,
    )


@pytest.mark.parametrize("integration_method", ["GET", "ANY"])
def test_a_500_of_an_integration_without_post_names_the_method(integration_method: str) -> None:
    integration = {**method()["methodIntegration"], "httpMethod": integration_method}
    message, hint = failure(deployed_api(methodIntegration=integration), reply("lambda_refused"))
    assert message == (
        f"{REFUSED}: the integration HTTP method is {integration_method}, but API Gateway invokes a function only with "
        "POST."
    )
    update, deploy = hint.splitlines()
    assert update.startswith("aws apigateway update-integration --rest-api-id api1 --resource-id ")
    assert update.endswith(" --http-method POST --patch-operations op=replace,path=/httpMethod,value=POST")
    assert deploy == "aws apigateway create-deployment --rest-api-id api1 --stage-name prod"


def test_a_500_of_an_integration_with_post_is_not_blamed_on_the_method() -> None:
    integration = {**method()["methodIntegration"], "httpMethod": "POST"}
    assert not_graded(deployed_api(methodIntegration=integration), reply("lambda_refused")) == (
        f"{REFUSED} each time. API Gateway has permission to invoke {FUNCTION}:prod, so Lambda throttled the "
        "invocations or failed",
        Reason.SERVICE_FAULT,
    )


def test_a_500_of_an_integration_with_a_stage_variable_is_not_graded() -> None:
    uri = method()["methodIntegration"]["uri"].replace(":prod", ":${stageVariables.alias}")
    assert not_graded(deployed_api(uri=uri), reply("lambda_refused")) == (
        f"{REFUSED} each time. A stage variable names the integration's target, and labgrader does not read stage "
        "variables",
        Reason.INCONCLUSIVE,
    )


def test_reserved_concurrency_0_fails_with_500_on_aws_and_429_on_an_emulator() -> None:
    world = deployed_api()
    world.functions[FUNCTION]["Concurrency"] = {"ReservedConcurrentExecutions": 0}
    for got, status in ((reply("lambda_refused"), 500), (reply("throttled", bare=True), 429)):
        assert failure(world, got) == (
            f"returned {status}: the reserved concurrency of {FUNCTION} is 0, so Lambda throttles every invocation.",
            f"aws lambda delete-function-concurrency --function-name {FUNCTION}",
        )


def test_a_function_that_aws_could_not_create_fails() -> None:
    world = deployed_api().configure(FUNCTION, State="Failed", StateReason="no such image")
    assert failure(world, reply("lambda_refused"))[0] == f"{REFUSED}: AWS could not create {FUNCTION}: no such image."


@pytest.mark.parametrize(
    ("arn", "says"),
    [
        (
            f"arn:aws:lambda:us-west-2:{ACCOUNT}:function:{FUNCTION}",
            f"arn:aws:lambda:us-west-2:{ACCOUNT}:function:{FUNCTION}, which is not in your account {ACCOUNT} and the "
            f"Region {REGION}",
        ),
        (f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:user1-other", "user1-other, which does not exist"),
        (f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{FUNCTION}:gone", f"{FUNCTION}:gone, which does not exist"),
    ],
)
def test_an_integration_that_invokes_what_does_not_exist_fails(arn: str, says: str) -> None:
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"
    world = deployed_api(uri=uri)
    world.say("lambda:GetPolicy", None, FunctionName=FUNCTION, Qualifier="gone")
    assert failure(world, reply("lambda_refused")) == (f"{REFUSED}: the integration invokes {says}.", URI)


def test_an_integration_without_a_function_fails() -> None:
    world = deployed_api(methodIntegration={"type": "MOCK"})
    assert failure(world, reply("lambda_refused"))[0] == (
        f"{REFUSED}: API Gateway cannot use the integration of the method (MOCK)."
    )


def test_a_500_that_the_function_itself_returned_fails_with_any_text() -> None:
    assert failure(deployed_api(), reply("function_returned_500"))[0] == (
        'returned 500 instead of 200 ({"message": "Internal server error"}).'
    )


def test_an_authorizer_that_fails_is_named() -> None:
    message, hint = failure(deployed_api(), reply("authorizer_failed"))
    assert message == "returned 500: the authorizer of the method failed, but the lab uses none."
    assert hint.splitlines()[0].endswith("op=replace,path=/authorizationType,value=NONE")


# --- 403 --------------------------------------------------------------------------------------------------------------


def test_a_missing_api_key_fails() -> None:
    world = with_plan(deployed_api(apiKeyRequired=True))
    world.say("apigateway:GetUsagePlanKeys", [], usagePlanId="plan1")
    message, hint = failure(world, reply("api_key_refused"), plan=PLAN)
    assert message == "returned 403 (Forbidden): the method requires an API key of the stage's usage plan."
    assert hint.startswith("aws apigateway create-usage-plan-key --usage-plan-id $(")


def test_a_key_that_should_work_is_not_graded() -> None:
    world = with_key(with_plan(deployed_api(apiKeyRequired=True)))
    assert not_graded(world, reply("api_key_refused"), plan=PLAN) == (
        "returned 403 (Forbidden) each time. The API key is enabled and belongs to the usage plan, and a new key takes "
        "some minutes to work",
        Reason.INCONCLUSIVE,
    )


@pytest.mark.parametrize("got", [reply("private_api"), reply("private_api", bare=True)])
def test_a_private_api_fails(got: HttpReply) -> None:
    message, hint = failure(api_with(deployed_api(), endpointConfiguration={"types": ["PRIVATE"]}), got)
    assert message == (
        "returned 403 (Forbidden): the endpoint type of the API is PRIVATE, so only requests from a VPC reach it."
    )
    assert hint == (
        "aws apigateway update-rest-api --rest-api-id api1 --patch-operations "
        f"op=replace,path=/endpointConfiguration/types/PRIVATE,value=REGIONAL\n{DEPLOY}"
    )


def test_a_private_api_that_cannot_be_reached_fails() -> None:
    world = api_with(deployed_api(), endpointConfiguration={"types": ["PRIVATE"]})
    message, _ = failure(world, HttpReply("unreachable", error="no such host"))
    assert (
        message
        == "could not be reached: the endpoint type of the API is PRIVATE, so only requests from a VPC reach it."
    )


def test_a_disabled_endpoint_fails() -> None:
    message, hint = failure(api_with(deployed_api(), disableExecuteApiEndpoint=True), reply("endpoint_disabled"))
    assert message == "returned 403 (Forbidden): the default execute-api endpoint of the API is disabled."
    assert hint == (
        "aws apigateway update-rest-api --rest-api-id api1 --patch-operations "
        f"op=replace,path=/disableExecuteApiEndpoint,value=false\n{DEPLOY}"
    )


def test_a_web_acl_is_named_and_not_graded() -> None:
    acl = f"arn:aws:wafv2:{REGION}:{ACCOUNT}:regional/webacl/school/1"
    world = deployed_api().stages("api1", {"stageName": "prod", "webAclArn": acl})
    assert not_graded(world, reply("waf_filtered")) == (
        f"returned 403 (Forbidden) each time. The web ACL {acl} of the stage may have blocked labgrader",
        Reason.INCONCLUSIVE,
    )


def test_a_403_without_a_known_cause_is_not_graded() -> None:
    assert not_graded(deployed_api(), reply("waf_filtered")) == (
        "returned 403 (Forbidden) each time. The method requires no API key now. If it did before, deploy the API "
        "again; otherwise AWS WAF may have blocked labgrader",
        Reason.INCONCLUSIVE,
    )


def test_a_missing_method_of_the_deployed_stage_fails() -> None:
    assert failure(deployed_api(), reply("missing_authentication_token")) == (
        "returned 403 (Missing Authentication Token): the deployed stage has no such method at this path. Deploy the "
        "API again after its last change.",
        DEPLOY,
    )


# --- 429, 502, 503, 504 -----------------------------------------------------------------------------------------------


def test_throttles_are_not_graded_and_name_the_limit() -> None:
    assert not_graded(deployed_api(), reply("quota_exceeded")) == (
        "returned 429: the quota of its usage plan is used up",
        Reason.QUOTA,
    )
    assert not_graded(deployed_api(), reply("throttled")) == (
        "returned 429: the rate limit of its usage plan, its stage or the account is used up",
        Reason.QUOTA,
    )


def test_a_malformed_proxy_response_fails() -> None:
    assert failure(deployed_api(), reply("malformed_proxy_response"))[0] == (
        "returned 502: the function crashed, or it did not return a proxy response (an object with a statusCode and a "
        "text as body)."
    )


@pytest.mark.parametrize(("timeout_ms", "seconds"), [(None, "29"), (29_000, "29"), (2_500, "2.5")])
def test_a_slow_function_fails_with_the_timeout_of_its_integration(timeout_ms: int | None, seconds: str) -> None:
    integration = {**method()["methodIntegration"], "timeoutInMillis": timeout_ms}
    assert failure(deployed_api(methodIntegration=integration), reply("integration_timeout"))[0] == (
        f"returned 504: the function took longer than API Gateway's timeout of {seconds} seconds."
    )


def test_faults_of_api_gateway_are_not_graded() -> None:
    assert not_graded(deployed_api(), reply("integration_failure")) == (
        "returned 504: API Gateway lost its connection to Lambda",
        Reason.SERVICE_FAULT,
    )
    assert not_graded(deployed_api(), reply("service_unavailable")) == (
        "returned 503 (Service Unavailable) each time: API Gateway failed, not your API",
        Reason.SERVICE_FAULT,
    )
