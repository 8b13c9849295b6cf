"""Write report: score one student, write the report to S3 and the record to DynamoDB."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from labgrader.steps.write_report import write_report
from labgrader.store import store_of_this_function

logger = Logger(service="write_report")
metrics = Metrics(namespace="labgrader", service="write_report")


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:
    """Take the state of one student (``run_id``, ``mode``, ``username``, ``results``); return the report's status."""
    logger.append_keys(run_id=event["run_id"], student=event["username"])
    outcomes = [outcome for results in event["results"].values() for outcome in results]
    report = write_report(store_of_this_function(), event["run_id"], event["mode"], event["username"], outcomes)
    metrics.add_metric("StudentsGraded" if report["status"] == "complete" else "StudentsNotGraded", MetricUnit.Count, 1)
    logger.info("reported", extra={"status": report["status"]})
    return {"status": report["status"]}
