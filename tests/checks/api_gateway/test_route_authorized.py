"""route_authorized: advice on routes without an authorizer."""

from __future__ import annotations

import pytest

from tests.checks.api_gateway.todo_api import TODO, todo_api
from tests.checks.world import World


@pytest.mark.parametrize("world", [World(), World().function(TODO)])
def test_gives_no_advice_without_an_api(world: World) -> None:
    assert world.judge("route_authorized", function=TODO).status == "passed"


def test_names_a_route_without_an_authorizer() -> None:
    verdict = todo_api("GET /todos").judge("route_authorized", function=TODO, explanation="Not yours.")
    assert verdict.message == (
        f"user1-Todo API has no authorizer at GET /todos, so the event of {TODO} has no requestContext.authorizer. "
        'Code that reads ["authorizer"]["claims"] raises a KeyError, and API Gateway returns 502. Not yours.'
    )
    assert verdict.hint.splitlines()[1].startswith(
        "aws apigateway update-method --rest-api-id api1 --resource-id RESOURCE-ID --http-method GET "
    )


@pytest.mark.parametrize("authorization", ["COGNITO_USER_POOLS", "CUSTOM", "AWS_IAM"])
def test_passes_when_the_route_has_an_authorizer(authorization: str) -> None:
    world = todo_api("GET /todos", "OPTIONS /todos", authorization=authorization)
    assert world.judge("route_authorized", function=TODO).status == "passed"


def test_passes_when_only_the_preflight_has_no_authorizer() -> None:
    assert todo_api("OPTIONS /todos").judge("route_authorized", function=TODO).status == "passed"
