"""routes_offered, route_authorized, environment_is_read, object_event_read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labgrader.evidence.probe import Invocation
from tests.checks.world import ACCOUNT, REGION, World, answer, crash, function_arn, probed

TODO = "user1-todo-api"
PROCESSOR = "user1-s3-object-processor"
ROUTES = ["GET /todos", "POST /todos", "GET /todos/{id}", "DELETE /todos/{id}"]
OBJECT: dict[str, Any] = {"function": PROCESSOR, "prefix": "uploads/", "suffix": ".json"}


def method(function: str = TODO, authorization: str = "NONE") -> dict[str, Any]:
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function_arn(function)}/invocations"
    return {"authorizationType": authorization, "methodIntegration": {"type": "AWS_PROXY", "uri": uri}}


def built(*routes: str, **settings: str) -> World:
    world = World().function(TODO).api("user1-Todo API")
    named = {(path, verb): method(**settings) for verb, path in (route.split() for route in routes)}
    return world.routes("api1", named)


# --- routes_offered ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "routes",
    [
        ROUTES,
        ["ANY /todos", "ANY /todos/{todoId}"],
        ["GET /todos", "POST /todos", "ANY /todos/{proxy+}"],
        ["ANY /{proxy+}"],
    ],
)
def test_every_way_to_offer_the_routes_is_right(routes: list[str]) -> None:
    assert built(*routes).judge("routes_offered", function=TODO, routes=ROUTES).status == "passed"


def test_missing_routes_come_with_the_commands_that_build_them() -> None:
    verdict = built("GET /todos").judge("routes_offered", function=TODO, routes=ROUTES[:3], explanation="No points.")
    assert (verdict.status, verdict.fraction, verdict.observed) == ("partial", 1 - 2 / 3, "1 of 3 routes")
    assert verdict.message == (
        "user1-Todo API has no route POST /todos and GET /todos/{id}: over HTTP they are answered with 403, Missing "
        f"Authentication Token, whatever {TODO} would say. No points."
    )
    lines = verdict.hint.splitlines()
    assert lines[1:5] == [
        f"URI=arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function_arn(TODO)}/invocations",
        "aws apigateway create-resource --rest-api-id api1 --parent-id 'ID-OF-/todos' --path-part '{id}'",
        "aws apigateway put-method --rest-api-id api1 --resource-id 'ID-OF-/todos' --http-method POST "
        "--authorization-type NONE",
        "aws apigateway put-integration --rest-api-id api1 --resource-id 'ID-OF-/todos' --http-method POST "
        '--type AWS_PROXY --integration-http-method POST --uri "$URI"',
    ]
    assert lines[-1] == "aws apigateway create-deployment --rest-api-id api1 --stage-name prod"


def test_an_api_with_none_of_the_routes_fails() -> None:
    assert built("GET /todo").judge("routes_offered", function=TODO, routes=["GET /todos"]).status == "failed"


@pytest.mark.parametrize(("check", "parameters"), [("routes_offered", {"routes": ROUTES}), ("route_authorized", {})])
@pytest.mark.parametrize("world", [World(), World().function(TODO)])
def test_there_is_no_advice_without_an_api(world: World, check: str, parameters: Any) -> None:
    assert world.judge(check, function=TODO, **parameters).status == "passed"


# --- route_authorized -------------------------------------------------------------------------------------------------


def test_an_open_route_is_named() -> None:
    verdict = built("GET /todos").judge("route_authorized", function=TODO, explanation="Not yours.")
    assert verdict.message == (
        f"user1-Todo API asks nobody who they are at GET /todos, so the event that {TODO} gets has no "
        'requestContext.authorizer: code that reads ["authorizer"]["claims"] from it ends with a KeyError, and over '
        "HTTP that is a 502. Not yours."
    )
    assert verdict.hint.splitlines()[1].startswith(
        "aws apigateway update-method --rest-api-id api1 --resource-id RESOURCE-ID --http-method GET "
    )


@pytest.mark.parametrize("authorization", ["COGNITO_USER_POOLS", "CUSTOM", "AWS_IAM"])
def test_a_route_that_asks_who_calls_needs_no_advice(authorization: str) -> None:
    world = built("GET /todos", "OPTIONS /todos", authorization=authorization)
    assert world.judge("route_authorized", function=TODO).status == "passed"


def test_a_preflight_may_be_open() -> None:
    assert built("OPTIONS /todos").judge("route_authorized", function=TODO).status == "passed"


# --- environment_is_read ----------------------------------------------------------------------------------------------


def coded(*imports: str, variables: Any = None, problem: str = "") -> World:
    world = World().function(TODO, Environment={"Variables": {"TABLE_NAME": "t"} if variables is None else variables})
    source = {"Path": "todo_api.py", "Imports": list(imports), "Calls": [], "Undefined": [], "Problem": problem}
    return world.say("labgrader:ReadCode", [source], FunctionName=TODO)


def test_a_variable_that_nothing_reads_is_named() -> None:
    verdict = coded("json", "boto3", "uuid", "datetime").judge(
        "environment_is_read", function=TODO, variables=["TABLE_NAME"], explanation="The hand-out's mistake."
    )
    assert verdict.message == (
        f"{TODO} has the environment variable TABLE_NAME, but no file of its package imports os, so nothing reads it. "
        "The hand-out's mistake."
    )


@pytest.mark.parametrize(
    "world",
    [
        World(),
        coded("os", "boto3"),
        coded("os.path"),
        coded("aws_lambda_powertools.utilities"),
        coded("settings_of_a_layer"),
        coded("json", variables={}),
        coded(problem="a syntax error in line 1"),
        World()
        .function(TODO, Environment={"Variables": {"TABLE_NAME": "t"}})
        .say("labgrader:ReadCode", None, FunctionName=TODO),
    ],
)
def test_there_is_no_advice_where_a_variable_may_be_read(world: World) -> None:
    assert world.judge("environment_is_read", function=TODO, variables=["TABLE_NAME"]).status == "passed"


# --- object_event_read ------------------------------------------------------------------------------------------------


def processor(*buckets: str, calling: str = "") -> World:
    world = World().function(PROCESSOR)
    for bucket in buckets:
        notification = {"LambdaFunctionArn": function_arn(PROCESSOR), "Events": ["s3:ObjectCreated:*"]}
        world.bucket(bucket, *([notification] if bucket == calling else []))
    return world


def client_error(status: str, operation: str) -> Invocation:
    return crash("ClientError", f"An error occurred ({status}) when calling the {operation} operation: …")


@pytest.mark.parametrize(
    "call",
    [
        client_error("404", "HeadObject"),
        client_error("403", "HeadObject"),
        client_error("NoSuchKey", "GetObject"),
        crash("NoSuchKey", "The specified key does not exist."),
        crash("Exception", "Access Denied"),
        answer(200),
        answer(404, "gone"),
        Invocation("t", "answered", "null", 4),
    ],
)
def test_a_function_that_asks_s3_passes_whatever_it_makes_of_the_answer(call: Invocation) -> None:
    assert probed(processor("user1-b"), "object_event_read", [call], **OBJECT)[0].status == "passed"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (crash("KeyError", "'s3'"), "crashed: KeyError: 's3'"),
        (
            crash("Runtime.HandlerNotFound", "Handler 'handler' missing on module 'lambda_function'"),
            "crashed: Runtime.HandlerNotFound: Handler 'handler' missing on module 'lambda_function'",
        ),
        (
            crash("Runtime.ImportModuleError", "Unable to import module 'x': No module named 'lambda_function'"),
            "cannot be loaded: version 1 has no module lambda_function in its package or layers",
        ),
        (crash("", "Task timed out after 30.00 seconds"), "did not finish: it ran into its timeout of 30 seconds"),
        (Invocation("t", "timeout"), "did not answer before the grader stopped waiting"),
    ],
)
def test_a_function_that_dies_before_fails(call: Invocation, says: str) -> None:
    verdict, _ = probed(processor("user1-b"), "object_event_read", [call], **OBJECT)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{PROCESSOR}, called with the event of an object that is not there, {says}; it should get as far as asking "
        "S3.",
    )


@pytest.mark.parametrize(
    ("deployed", "call", "ends"),
    [
        (
            "index.handler",
            crash("Runtime.ImportModuleError", "Unable to import module 'index': No module named 'index'"),
            "no module index in its package or layers. Its handler is index.handler instead of "
            "lambda_function.lambda_handler: mend that first.",
        ),
        (
            "lambda_function.handler",
            crash("Runtime.HandlerNotFound", "Handler 'handler' missing"),
            "Handler 'handler' missing. Its handler is lambda_function.handler instead of "
            "lambda_function.lambda_handler: mend that first.",
        ),
        ("index.handler", crash("KeyError", "'s3'"), "KeyError: 's3'; it should get as far as asking S3."),
    ],
)
def test_a_handler_that_explains_it_is_named(deployed: str, call: Invocation, ends: str) -> None:
    world = World().function(PROCESSOR, Handler=deployed).bucket("user1-b")
    wanted = {**OBJECT, "handler": "lambda_function.lambda_handler"}
    verdict, _ = probed(world, "object_event_read", [call], **wanted)
    assert verdict.status == "failed"
    assert verdict.message.endswith(ends)


@pytest.mark.parametrize(
    ("world", "bucket"),
    [
        (processor("user1-a", "user1-b", calling="user1-b"), "user1-b"),
        (processor("user1-b", "user1-a"), "user1-a"),
        (processor(), "user1-bucket"),
    ],
)
def test_the_event_is_of_an_object_in_a_bucket_of_the_students(world: World, bucket: str) -> None:
    _, asked = probed(world, "object_event_read", [answer()], **OBJECT)
    record = asked[0].arguments["Payload"]["Records"][0]
    assert record["s3"]["bucket"] == {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"}
    assert record["s3"]["object"]["key"] == "uploads/labgrader-no-such-object.json"
    assert record["eventName"] == "ObjectCreated:Put"
    assert ACCOUNT not in json.dumps(record)


def test_without_the_function_nothing_is_called() -> None:
    verdict, asked = probed(World(), "object_event_read", [], **OBJECT)
    assert (verdict.message, asked) == (f"There is no function {PROCESSOR}.", [])
