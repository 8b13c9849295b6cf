"""endpoint_answers: a stage answers an HTTP request as the lab requires."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labgrader.errors import NotGradedError
from labgrader.evidence.probe_results import HttpReply
from tests.checks.api_gateway.samples import API, FUNCTION, PLAN, deployed_api, method, with_key, with_plan
from tests.checks.replies import probed
from tests.checks.world import World

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
    """Return the reply to a request."""
    content = {"result": {"operation": "default"}} if body is None else body
    return HttpReply("answered", status, {}, content if isinstance(content, str) else json.dumps(content), **changes)


def test_passes_when_the_endpoint_answers() -> None:
    verdict, questions = probed(deployed_api(), "endpoint_answers", [reply()], **CALL)
    assert (verdict.status, verdict.observed) == ("passed", "200")
    arguments = questions[0].arguments
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
            "returned 403 (Missing Authentication Token): the deployed stage has no such method at this path. Deploy "
            "the API again after its last change",
            "aws apigateway create-deployment --rest-api-id api1 --stage-name prod",
        ),
        (
            reply(403, {"error": "not yours"}),
            'returned 403 instead of 200 ({"error": "not yours"})',
            f"aws logs tail /aws/lambda/{FUNCTION} --since 1h",
        ),
        (
            reply(500, {"error": "no"}),
            'returned 500 instead of 200 ({"error": "no"})',
            f"aws logs tail /aws/lambda/{FUNCTION} --since 1h",
        ),
        (
            reply(502, {"message": "Internal server error"}),
            "returned 502: the function crashed, or it did not return a proxy response (an object with a statusCode "
            "and a text as body)",
            f"aws logs tail /aws/lambda/{FUNCTION} --since 1h",
        ),
        (
            reply(504, {"message": "Endpoint request timed out"}),
            "returned 504: the function took longer than API Gateway's timeout of 29 seconds",
            f"aws logs tail /aws/lambda/{FUNCTION} --since 1h",
        ),
        (
            reply(200, "<b>no JSON"),
            "returned 200, but the body is not valid JSON",
            f"aws logs tail /aws/lambda/{FUNCTION} --since 1h",
        ),
        (
            reply(200, {"result": {"operation": "heavy"}}),
            'returned 200, but result.operation is "heavy" instead of "default"',
            f"aws logs tail /aws/lambda/{FUNCTION} --since 1h",
        ),
        (
            reply(200, "{", truncated=True),
            "returned 200, but the body has more than 32768 characters, which is too large",
            f"aws logs tail /aws/lambda/{FUNCTION} --since 1h",
        ),
        (
            HttpReply("timeout"),
            "did not respond before labgrader stopped waiting",
            f"aws logs tail /aws/lambda/{FUNCTION} --since 1h",
        ),
    ],
)
def test_fails_with_the_meaning_of_the_reply_and_the_command_that_fixes_it(
    got: HttpReply, says: str, hint: str
) -> None:
    verdict, _ = probed(deployed_api(), "endpoint_answers", [got], **CALL)
    assert (verdict.status, verdict.message, verdict.hint) == ("failed", f"{TARGET} {says}.", hint)


@pytest.mark.parametrize(
    ("got", "says"),
    [
        (reply(200, {"result": {"operation": "default", "ms": 1.5}}), ""),
        (
            reply(200, {"result": {"operation": "default", "ms": "1.5"}}),
            'returned 200, but result.ms is "1.5" (a text) instead of a number',
        ),
        (reply(200, {"result": {"operation": "x"}}), 'returned 200, but result.operation is "x" instead of "default"'),
        (reply(200, "["), "returned 200, but the body is not valid JSON"),
    ],
)
@pytest.mark.parametrize("structure", [{}, {"contains": None}])
def test_compares_the_reply_with_a_schema(got: HttpReply, says: str, structure: dict[str, Any]) -> None:
    schema = {"required": ["result"], "properties": {"result": {"properties": {"ms": {"type": "number"}}}}}
    verdict, _ = probed(deployed_api(), "endpoint_answers", [got], **{**CALL, **structure, "matches": schema})
    if structure and "operation" in says:  # the schema does not restrict the operation
        says = ""
    assert (verdict.status, verdict.message) == ("failed" if says else "passed", f"{TARGET} {says}." if says else "")


@pytest.mark.parametrize(
    ("status", "authorization", "said"),
    [(403, "AWS_IAM", "Missing Authentication Token"), (401, "COGNITO_USER_POOLS", "Unauthorized")],
)
def test_a_method_with_authorization_is_not_reported_as_missing(status: int, authorization: str, said: str) -> None:
    made = deployed_api(authorizationType=authorization)
    verdict, _ = probed(made, "endpoint_answers", [reply(status, {"message": said})], **CALL)
    assert verdict.message == (
        f"{TARGET} returned {status}: the method requires authorization ({authorization}), but the lab uses none."
    )
    assert verdict.hint == (
        "aws apigateway update-method --rest-api-id api1 --resource-id $(aws apigateway get-resources --rest-api-id "
        "api1 --query \"items[?path=='/performance'].id\" --output text) --http-method POST "
        "--patch-operations op=replace,path=/authorizationType,value=NONE\n"
        "aws apigateway create-deployment --rest-api-id api1 --stage-name prod"
    )


def test_names_an_api_key_that_the_lab_does_not_use() -> None:
    made, refused = deployed_api(apiKeyRequired=True), reply(403, {"message": "Forbidden"})
    verdict, _ = probed(made, "endpoint_answers", [refused], **CALL)
    assert verdict.message == f"{TARGET} returned 403: the method requires an API key, but the lab uses none."
    assert verdict.hint.splitlines()[0].endswith("op=replace,path=/apiKeyRequired,value=false")
    verdict, _ = probed(made, "endpoint_answers", [refused], **CALL, plan=PLAN)
    assert verdict.message == (
        f"{TARGET} returned 403 (Forbidden): the method requires an API key of the stage's usage plan."
    )


def test_is_not_graded_when_the_endpoint_cannot_be_reached() -> None:
    lost = HttpReply("unreachable", error="no such host")
    with pytest.raises(NotGradedError, match=f"{TARGET} could not be reached: no such host"):
        probed(deployed_api(), "endpoint_answers", [lost], **CALL)


def test_a_used_up_limit_is_not_graded_but_a_switched_off_function_is() -> None:
    limited = reply(429, {"message": "Limit Exceeded"})
    with pytest.raises(NotGradedError, match="returned 429: the quota of its usage plan is used up"):
        probed(deployed_api(), "endpoint_answers", [limited], **CALL)
    off = deployed_api()
    off.functions[FUNCTION]["Concurrency"] = {"ReservedConcurrentExecutions": 0}
    verdict, _ = probed(off, "endpoint_answers", [limited], **CALL)
    assert verdict.message == (
        f"{TARGET} returned 429: the reserved concurrency of {FUNCTION} is 0, so Lambda throttles every invocation."
    )


@pytest.mark.parametrize(("enabled", "bound", "sent"), [(True, True, "key1"), (False, True, ""), (True, False, "")])
def test_sends_the_key_if_the_method_requires_one(enabled: bool, bound: bool, sent: str) -> None:
    made = with_key(with_plan(deployed_api(apiKeyRequired=True)), enabled=enabled, bound=bound)
    for name in (PLAN, ""):
        _, questions = probed(made, "endpoint_answers", [reply()], **CALL, plan=name)
        assert questions[0].arguments["ApiKeyId"] == sent


def test_finds_api_stage_and_path_by_the_function() -> None:
    made = deployed_api().routes("api1", {("/files/{id}/{proxy+}", "ANY"): method(qualifier="")})
    made.stages("api1", {"stageName": "default"}).say("lambda:GetPolicy", None, FunctionName=FUNCTION)
    call = {"function": FUNCTION, "query": {"name": "A"}, "status": [200, 204]}
    _, questions = probed(made, "endpoint_answers", [reply()], **call)
    arguments = questions[0].arguments
    assert (arguments["Stage"], arguments["Method"], arguments["Path"]) == (
        "default",
        "GET",
        "/files/labgrader/labgrader",
    )
    assert (arguments["Query"], arguments["Body"]) == ({"name": "A"}, None)


def test_sends_no_request_to_a_missing_resource() -> None:
    verdict, questions = probed(World(), "endpoint_answers", [], **CALL)
    assert (verdict.message, questions) == (f"There is no function {FUNCTION}.", [])
    verdict, _ = probed(World().function(FUNCTION), "endpoint_answers", [], **CALL)
    assert verdict.message == f"There is no REST API {API}."
    verdict, _ = probed(deployed_api(), "endpoint_answers", [], **{**CALL, "stage": "dev"})
    assert verdict.message == f"{API} has no stage dev, so requests cannot reach it."
    verdict, _ = probed(deployed_api().stages("api1"), "endpoint_answers", [], function=FUNCTION, method="POST")
    assert verdict.message == f"{API} is not deployed, so requests cannot reach it."
    verdict, _ = probed(deployed_api(), "endpoint_answers", [], **{**CALL, "method": "GET"})
    assert verdict.message == f"{API} has no method GET at /performance. Its methods: POST /performance."


def test_the_body_must_mention_the_texts() -> None:
    call = {**CALL, "contains": {"result": "…"}, "mentions": ["DEFAULT"]}
    assert probed(deployed_api(), "endpoint_answers", [reply()], **call)[0].status == "passed"
    got = reply(200, {"result": 1})
    verdict, _ = probed(deployed_api(), "endpoint_answers", [got], **call)
    assert verdict.message == f'{TARGET} returned 200, but the body does not mention DEFAULT: {{"result": 1}}.'


def test_the_command_lists_the_methods_when_the_route_invokes_no_function() -> None:
    made = deployed_api(methodIntegration={"type": "MOCK"})
    verdict, _ = probed(made, "endpoint_answers", [reply(500, {"error": "no"})], **CALL)
    assert verdict.message == f'{TARGET} returned 500 instead of 200 ({{"error": "no"}}).'
    assert verdict.hint == "aws apigateway get-resources --rest-api-id api1 --embed methods"
