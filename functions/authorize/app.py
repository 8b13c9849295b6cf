"""Authorize: the API's Lambda authorizer."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from labgrader.auth.authorizer import UnauthorizedError, authorize
from labgrader.auth.signing_key import default_signing_key
from labgrader.environment import Environment
from labgrader.logs import function_logger
from labgrader.store import default_store

logger = function_logger("authorize")


# log_event=False overrides the environment: the event contains the token
@logger.inject_lambda_context(clear_state=True, log_event=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take ``authorizationToken`` and ``methodArn``; return the bearer and the IAM policy."""
    key = default_signing_key().read()
    stack = Environment().stack
    try:
        policy = authorize(default_store(), key, stack, event, datetime.now(UTC))
    except UnauthorizedError as refused:
        logger.info("refused", extra={"reason": refused.reason})
        raise
    bearer = policy["context"]
    logger.info("allowed", extra={bearer["role"]: bearer["subject"], "jti": bearer["jti"]})
    return policy
