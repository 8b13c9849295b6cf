"""Api: the function behind the API."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from labgrader.api.app import Api, Services, keys_of, log_fields, resolver
from labgrader.environment import Environment
from labgrader.logs import function_logger
from labgrader.store import default_store

logger = function_logger("api")


@logger.inject_lambda_context(clear_state=True, log_event=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take a request from API Gateway's Lambda proxy integration; return the response."""
    logger.append_keys(**keys_of(event))
    answer = _api().resolve(event, context)
    logger.info("answered", extra=log_fields(event, answer))
    return answer


@cache
def _api() -> Api:
    """Return the API of this environment (``GRADE_CLASS_ARN``, ``GRADE_STUDENT_ARN``). It is created on first use."""
    config = Config(retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=3, read_timeout=8)
    states = boto3.client("stepfunctions", config=config)
    environment = Environment()
    services = Services(
        default_store(),
        states,
        environment.grade_class_arn,
        environment.grade_student_arn,
        now=lambda: datetime.now(UTC),
    )
    return resolver(services)
