"""A simulated student's error-handling function: its outside service fails by plan, so that a run can be repeated."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from lambda_utils import guarded, read_request, respond

FIRST_DELAY_S = 0.02


class TransientError(Exception):
    """Worth another try."""


class PermanentError(Exception):
    """Not worth one."""


def service(attempt: int) -> Callable[[], str]:
    """An outside service: the first caller is served at the third try, the second never, the third is refused."""
    plans = {1: ["busy", "busy", "served"], 2: ["busy"] * 9}
    plan: Iterator[str] = iter(plans.get(attempt, ["refused"]))

    def call() -> str:
        happens = next(plan)
        if happens == "busy":
            raise TransientError("rate limit exceeded")
        if happens == "refused":
            raise PermanentError("invalid data format")
        return happens

    return call


def with_retries(call: Callable[[], str], retries: int = 3) -> str:
    """Try again after growing delays."""
    for number in range(retries):
        try:
            return call()
        except TransientError as error:
            print(f"try {number + 1} failed: {error}")
            time.sleep(FIRST_DELAY_S * 2**number)
    return call()


@guarded
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Do one operation, and say what went wrong with a status."""
    operation = read_request(event).get("operation", "default")
    data: dict[str, Any] = {"operation": operation}
    try:
        if operation == "retry_demo":
            data["result"] = with_retries(service(event.get("attempt", 1)))
        elif operation == "timeout_demo":
            if context.get_remaining_time_in_millis() < 5000:
                raise TimeoutError("too little time is left")
            time.sleep(0.1)
            data["result"] = "done in time"
        elif operation == "memory_demo":
            data["result"] = f"{len(list(range(1_000_000)))} items"
        else:
            data["result"] = "done"
    except TransientError:
        return respond(503, {"error": "Service Unavailable", "retryable": True})
    except PermanentError as error:
        return respond(400, {"error": "Bad Request", "message": str(error), "retryable": False})
    return respond(200, data)
