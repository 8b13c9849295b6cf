"""The REST API of a function that keeps todo items."""

from __future__ import annotations

from typing import Any

from tests.checks.world import REGION, World, function_arn

TODO = "user1-todo-api"
ROUTES = ["GET /todos", "POST /todos", "GET /todos/{id}", "DELETE /todos/{id}"]


def todo_api(*routes: str, authorization: str = "NONE") -> World:
    """Make the API with these routes: ``GET /todos``."""
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function_arn(TODO)}/invocations"
    method: dict[str, Any] = {
        "authorizationType": authorization,
        "methodIntegration": {"type": "AWS_PROXY", "uri": uri},
    }
    named = {(path, verb): method for verb, path in (route.split() for route in routes)}
    return World().function(TODO).api("user1-Todo API").routes("api1", named)
