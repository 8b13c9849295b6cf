"""Summarise run: gradebook, class report, the run's record; or the record of a run that failed."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from labgrader.steps.summarise_run import record_failure, summarise_run
from labgrader.store import store_of_this_function

logger = Logger(service="summarise_run")
metrics = Metrics(namespace="labgrader", service="summarise_run")


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take ``run_id``, ``started_at`` and perhaps ``error``; return the run's status and counts."""
    logger.append_keys(run_id=event["run_id"])
    store, error = store_of_this_function(), event.get("error")
    asked = (store, event["run_id"], event["started_at"])
    run = record_failure(*asked, error) if error else summarise_run(*asked)
    metrics.add_metric("RunsFailed" if error else "RunsCompleted", MetricUnit.Count, 1)
    logger.info("summarised", extra={"status": run["status"], "counts": run["counts"]})
    return {"run_id": run["run_id"], "status": run["status"], "counts": run["counts"]}
