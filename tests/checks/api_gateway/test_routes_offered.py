"""routes_offered: advice on missing routes of a REST API."""

from __future__ import annotations

import pytest

from tests.checks.api_gateway.todo_api import ROUTES, TODO, todo_api
from tests.checks.world import REGION, World, function_arn


@pytest.mark.parametrize(
    "routes",
    [
        ROUTES,
        ["ANY /todos", "ANY /todos/{todoId}"],
        ["GET /todos", "POST /todos", "ANY /todos/{proxy+}"],
        ["ANY /{proxy+}"],
    ],
)
def test_passes_with_every_way_to_define_the_routes(routes: list[str]) -> None:
    assert todo_api(*routes).judge("routes_offered", function=TODO, routes=ROUTES).status == "passed"


def test_names_missing_routes_with_the_commands_that_create_them() -> None:
    verdict = todo_api("GET /todos").judge("routes_offered", function=TODO, routes=ROUTES[:3], explanation="No points.")
    assert (verdict.status, verdict.fraction, verdict.observed) == ("partial", 1 - 2 / 3, "1 of 3 routes")
    assert verdict.message == (
        "user1-Todo API lacks the routes POST /todos and GET /todos/{id}. API Gateway returns 403 (Missing "
        f"Authentication Token) for such requests and does not invoke {TODO}. No points."
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


def test_fails_when_the_api_has_none_of_the_routes() -> None:
    verdict = todo_api("GET /todo").judge("routes_offered", function=TODO, routes=["GET /todos"])
    assert (verdict.status, verdict.message) == (
        "failed",
        "user1-Todo API lacks the route GET /todos. API Gateway returns 403 (Missing Authentication Token) for "
        f"such requests and does not invoke {TODO}.",
    )


@pytest.mark.parametrize("world", [World(), World().function(TODO)])
def test_gives_no_advice_without_an_api(world: World) -> None:
    assert world.judge("routes_offered", function=TODO, routes=ROUTES).status == "passed"
