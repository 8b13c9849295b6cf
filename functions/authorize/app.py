"""Authorize: say what the bearer of a token may ask of the API."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from labgrader.auth.authorizer import UnauthorizedError, authorize
from labgrader.auth.signing_key import default_signing_key
from labgrader.environment import Environment
from labgrader.logs import function_logger
from labgrader.store import default_store

logger = function_logger("authorize")


@logger.inject_lambda_context(clear_state=True, log_event=False)  # whatever the environment says: it holds the token
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take ``authorizationToken`` and ``methodArn``; return the bearer and the policy."""
    key = default_signing_key().read()
    stack = Environment().stack
    try:
        policy = authorize(default_store(), key, stack, event, datetime.now(UTC))
    except UnauthorizedError as refused:
        logger.info("refused", extra={"reason": refused.reason})
        raise
    bearer = policy["context"]
    logger.info("let in", extra={bearer["role"]: bearer["subject"], "jti": bearer["jti"]})
    return policy
