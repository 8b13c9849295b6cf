"""Run probe: invoke a student's function for a behavior check, and judge the answers."""

import time
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from labgrader.environment import Environment
from labgrader.logs import function_logger
from labgrader.steps.error_reason import reason_in_text
from labgrader.steps.live_dispatcher import StudentsFunctions
from labgrader.steps.run_live_check import Delivery, run_live_check
from labgrader.store import default_store

logger = function_logger("run_probe")


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:
    """Take ``run_id``, ``username`` and ``check``; return the verdict's status."""
    logger.append_keys(run_id=event["run_id"], student=event["username"], check=event["check"])
    store, run_id, username = default_store(), event["run_id"], event["username"]
    functions = StudentsFunctions(store, run_id, username, stack=Environment().stack)
    delivery = Delivery(context.aws_request_id, time.time() + context.get_remaining_time_in_millis() / 1000)
    with reason_in_text():
        verdict = run_live_check(store, run_id, username, event["check"], functions.answer, delivery)
    logger.info("judged", extra={"status": verdict.status})
    return {"check": event["check"], "status": verdict.status}
