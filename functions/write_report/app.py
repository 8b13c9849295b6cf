"""Write report: score one student, write the report to S3 and the record to DynamoDB, and send the event."""

from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from labgrader.events import default_publisher
from labgrader.logs import function_logger
from labgrader.steps.check_outcomes import ungraded_checks
from labgrader.steps.write_report import write_report
from labgrader.store import default_store

logger = function_logger("write_report")
metrics = Metrics(namespace="labgrader", service="write_report")


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:
    """Take the state of one student (``run_id``, ``mode``, ``username``, ``results``); return the report's status."""
    logger.append_keys(run_id=event["run_id"], student=event["username"])
    outcomes = [outcome for results in event["results"].values() for outcome in results]
    report = write_report(
        default_store(),
        event["run_id"],
        event["mode"],
        event["username"],
        outcomes,
        publish=default_publisher().publish,
    )
    open_checks = len(ungraded_checks(report))
    metrics.add_metric("StudentsNotGraded" if open_checks else "StudentsGraded", MetricUnit.Count, 1)
    metrics.add_metric("ChecksNotGraded", MetricUnit.Count, open_checks)
    metrics.add_metadata("mode", event["mode"])
    logger.info("reported", extra={"status": report["status"]})
    return {"status": report["status"]}
