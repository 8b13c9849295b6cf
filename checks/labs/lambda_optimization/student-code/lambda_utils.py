"""A simulated student's utilities layer: what the handout's does, in code of our own."""

import functools
import json
import logging
import time
from collections.abc import Callable
from typing import Any

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

logger = logging.getLogger()


def timed(function: Callable[[], Any]) -> Callable[[], Any]:
    """Log how long a function takes."""

    @functools.wraps(function)
    def measured() -> Any:
        start = time.perf_counter()
        try:
            return function()
        finally:
            logger.warning("%s took %.4f s", function.__name__, time.perf_counter() - start)

    return measured


def read_request(event: dict[str, Any]) -> dict[str, Any]:
    """Return the request's body, or raise ValueError if it is no JSON object."""
    body = json.loads(event.get("body") or "{}")
    if not isinstance(body, dict):
        raise ValueError("the body is not a JSON object")  # noqa: TRY004  the one error that is answered with 400
    return body


def respond(status: int, content: dict[str, Any]) -> dict[str, Any]:
    """Make an API response."""
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(content)}


def guarded(handler: Handler) -> Handler:
    """Answer 400 for a bad request and 500 for every other exception."""

    @functools.wraps(handler)
    def safe(event: dict[str, Any], context: Any) -> dict[str, Any]:
        try:
            return handler(event, context)
        except ValueError as error:
            return respond(400, {"error": "Bad Request", "message": str(error)})
        except Exception as error:  # noqa: BLE001  the last line of defence, as in the handout
            logger.error("unexpected: %s", error)
            return respond(500, {"error": "Internal Server Error"})

    return safe
