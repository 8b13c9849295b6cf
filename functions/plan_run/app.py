"""Plan run: store copies of the lab and the class for a run."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from labgrader.events import default_publisher
from labgrader.load_testing.admission import default_concurrency_budget
from labgrader.logs import function_logger
from labgrader.rosters import GraderAccount
from labgrader.runs.request import Request
from labgrader.steps.plan_run import plan_run
from labgrader.store import default_store

logger = function_logger("plan_run")


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take ``run_id``, ``started_at``, ``request`` and ``alone``; return the plan."""
    logger.append_keys(run_id=event["run_id"])
    request = Request.from_dict(event["request"])
    plan = plan_run(
        default_store(),
        event["run_id"],
        event["started_at"],
        request,
        GraderAccount.from_arn(context.invoked_function_arn),
        alone=event["alone"],
        read_budget=default_concurrency_budget,
        publish=default_publisher().publish,
    )
    logger.info("planned", extra={"lab": request.lab, "mode": request.mode})
    return plan
