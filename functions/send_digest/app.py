"""Send digest: store the results of a course's nightly audit, and send them to the subscribers."""

from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from labgrader.logs import function_logger
from labgrader.steps.send_digest import default_topic, send_digest
from labgrader.store import default_store

logger = function_logger("send_digest")
metrics = Metrics(namespace="labgrader", service="send_digest")


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:
    """Take ``course``, ``night``, ``started_at`` and ``runs``; return the name and the status of the audit."""
    logger.append_keys(course=event["course"], night=event["night"])
    digest = send_digest(
        default_store(), default_topic(), event["course"], event["night"], event["started_at"], event["runs"]
    )
    metrics.add_dimension("Course", event["course"])
    metrics.add_metric("NightsAudited", MetricUnit.Count, int(digest["status"] == "complete"))
    logger.info("sent", extra={"status": digest["status"], "counts": digest["counts"]})
    return {"night": digest["night"], "status": digest["status"]}
