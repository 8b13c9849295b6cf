"""Start run: start the run that a `Grade Requested` event requests."""

from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools.metrics import MetricUnit, single_metric
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from labgrader.environment import Environment
from labgrader.events import default_publisher
from labgrader.logs import function_logger
from labgrader.runs.event_trigger import start_from_event
from labgrader.store import default_store

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

logger = function_logger("start_run")


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take an event as EventBridge delivers it; return the run's id and whether it was started."""
    logger.append_keys(event_id=str(event.get("id", "")))
    machine_arn, publish = Environment().grade_class_arn, default_publisher().publish
    run_id, started = start_from_event(default_store(), _states(), machine_arn, publish, event)
    if started is None:
        _count_refused()
    logger.info("started" if started else "refused", extra={"run_id": run_id})
    return {"run_id": run_id, "started": started is not None}


def _count_refused() -> None:
    """Count an invalid request, for the alarm ``request-refused``."""
    with single_metric(name="RunsFailed", unit=MetricUnit.Count, value=1, namespace="labgrader") as metric:
        metric.add_dimension("service", "start_run")


@cache
def _states() -> "SFNClient":
    config = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=5, read_timeout=15)
    return boto3.client("stepfunctions", config=config)
