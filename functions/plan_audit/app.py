"""Plan audit: choose the labs of a course to audit tonight, and their runs."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from labgrader.logs import function_logger
from labgrader.steps.plan_audit import plan_audit
from labgrader.store import default_store

logger = function_logger("plan_audit")


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take ``course``, ``scheduled``, ``execution`` and ``started_at``; return the name of the audit and its runs."""
    logger.append_keys(course=event["course"])
    plan = plan_audit(
        default_store(), event["course"], event["execution"], event["started_at"], scheduled=event["scheduled"]
    )
    logger.info("planned", extra={"night": plan["night"], "again": plan["again"], "labs": len(plan["runs"])})
    return plan
