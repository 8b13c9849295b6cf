"""Take snapshot: record the resources of every student, with one request per question."""

from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from labgrader.logs import function_logger
from labgrader.recording.recorder import FINISH_S
from labgrader.recording.sessions import Accounts
from labgrader.steps.take_snapshot import take_snapshot
from labgrader.store import default_store

TO_FINISH_S = FINISH_S + 60
"""Seconds reserved to finish the students in progress and the last requests, and to write the snapshots."""

logger = function_logger("take_snapshot")
metrics = Metrics(namespace="labgrader", service="take_snapshot")


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take ``run_id``; return how many students are recorded, and whether all of them are."""
    logger.append_keys(run_id=event["run_id"])
    deadline_s = context.get_remaining_time_in_millis() / 1000 - TO_FINISH_S
    run_id = event["run_id"]
    progress = take_snapshot(default_store(), run_id, Accounts(run_id), deadline_s)
    metrics.add_metric("CallsToStudentAccounts", MetricUnit.Count, progress.calls.total())
    metrics.add_metric("ThrottlesMet", MetricUnit.Count, progress.throttles)
    logger.info("recorded", extra={"recorded": progress.recorded, "done": progress.done, "calls": progress.calls})
    return {"recorded": progress.recorded, "done": progress.done}
