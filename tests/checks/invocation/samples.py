"""A function with several operations, and events to invoke it with."""

from __future__ import annotations

import json
from typing import Any

from labgrader.evidence.probe import Invocation
from tests.checks.replies import answer
from tests.checks.world import World

FUNCTION = "user1-performance-function"
EVENT = {"body": '{"operation": "cpu_intensive", "iterations": 10}'}
CALL: dict[str, Any] = {"function": FUNCTION, "event": EVENT, "qualifiers": ["prod", "1", "$LATEST"]}
BAD_JSON = {"body": '{"operation": '}
SCHEMA = {
    "type": "object",
    "required": ["user_id"],
    "properties": {"users": {"type": "array", "items": {"properties": {"age": {"type": "integer"}}}}},
}


def performance_function() -> World:
    """Make a function with version 1 and the alias ``prod`` for it."""
    return World().function(FUNCTION).version(FUNCTION, 1).alias(FUNCTION, "prod", "1")


def json_body(**content: Any) -> Invocation:
    """Return a response of 200 with this body."""
    return answer(200, json.dumps(content))
