"""Summarise run: write the gradebook, the class report and the run's record, or the record of a failed run."""

from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from labgrader.events import default_publisher
from labgrader.logs import function_logger
from labgrader.steps.summarise_run import record_failure, summarise_run
from labgrader.store import RunRecord, default_store

logger = function_logger("summarise_run")
metrics = Metrics(namespace="labgrader", service="summarise_run")


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take ``run_id``, ``started_at`` and optionally ``error``; return the run's status and counts."""
    logger.append_keys(run_id=event["run_id"])
    store, run_id, started_at, error = default_store(), event["run_id"], event["started_at"], event.get("error")
    publish = default_publisher().publish
    if error:
        failure = record_failure(store, run_id, started_at, error, publish=publish)
        run, again = failure.record, failure.again
    else:
        run, again = RunRecord.from_dict(summarise_run(store, run_id, started_at, publish=publish)), False
    count = int(not again)  # after a failed execution, the state machine and the rule both invoke this function
    metrics.add_metric("RunsFailed" if run.status == "failed" else "RunsCompleted", MetricUnit.Count, count)
    if count:
        metrics.add_metric("RunDuration", MetricUnit.Seconds, run.duration_s)
    metrics.add_metadata("mode", run.mode)
    logger.info("summarised", extra={"status": run.status, "counts": run.counts.to_dict()})
    return {"run_id": run.run_id, "status": run.status, "counts": run.counts.to_dict()}
