"""Run check: judge one configuration check of one student."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from labgrader.logs import function_logger
from labgrader.steps.error_reason import reason_in_text
from labgrader.steps.run_check import run_check
from labgrader.store import default_store

logger = function_logger("run_check")


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:
    """Take ``run_id``, ``username`` and ``check``; return the verdict's status."""
    logger.append_keys(run_id=event["run_id"], student=event["username"], check=event["check"])
    with reason_in_text():
        verdict = run_check(default_store(), event["run_id"], event["username"], event["check"])
    logger.info("judged", extra={"status": verdict.status})
    return {"check": event["check"], "status": verdict.status}
