"""The API's Lambda authorizer, of type TOKEN.

API Gateway invokes it for every request and caches no result (the result's TTL is 0), so a token that is revoked stops
working at once. The policy allows what the role may do, not only the current request. It would be correct with a cache.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from labgrader.auth.tokens import BadTokenError, Claims, read
from labgrader.errors import LabgraderError
from labgrader.store.tokens import Tokens

VERBS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
"""The HTTP methods of a REST API. The policy names each one, because ``*`` also matches slashes: ``*/v1/self-checks``
would match the path ``/v1/runs/v1/self-checks``."""

STUDENTS_PATHS = ("v1/labs", "v1/labs/", "v1/self-checks", "v1/self-checks/*", "v1/me/*")
"""The paths that a student may request. The API checks that a self-check belongs to the student, and returns 405 for a
method that a path does not have. All other paths are denied, also those that do not exist. A deny list could have a
gap."""

TRICKS = ("*//*", "*/.*", "*%*", "*;*", "*\\*")
"""Patterns that no path of the API has, and that could lead from a student's path to another path: an empty segment, a
segment that begins with a dot, percent-encoding, a path parameter, and a backslash."""

_BEARER = re.compile(r"[ \t]*bearer +([^\s,]+)[ \t]*", re.IGNORECASE | re.ASCII)

_METHOD_ARN = re.compile(
    r"(arn:aws[a-z-]*:execute-api:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9]+/[A-Za-z0-9_-]+)/[A-Z]+/.*", re.DOTALL
)


class UnauthorizedError(LabgraderError):
    """The token is missing or invalid. API Gateway returns 401 for exactly this message, and 500 for any other.

    Args:
        reason: why, for the log.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__("Unauthorized")


def authorize(store: Tokens, key: str, stack: str, event: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return the IAM policy for the bearer of a token.

    Args:
        store: the table of tokens.
        key: the stack's signing key.
        stack: the name of the stack.
        event: ``authorizationToken`` and ``methodArn``, as API Gateway sends them.
        now: the time of the request.

    Returns:
        The bearer and the policy: ``principalId``, ``policyDocument``, and ``context`` for the function behind the API.

    Raises:
        UnauthorizedError: the token is missing, invalid, not recorded, or revoked.
        LabgraderError, ValueError: labgrader could not check the token. API Gateway then denies the request.
    """
    try:
        claims = read(_bearer_token(event.get("authorizationToken")), key, stack, now)
        _check_recorded(claims, store)
    except BadTokenError as error:
        raise UnauthorizedError(error.reason) from None
    return {
        "principalId": claims.subject,
        "policyDocument": {"Version": "2012-10-17", "Statement": _statements(claims, event["methodArn"])},
        "context": {"subject": claims.subject, "role": claims.role, "jti": claims.jti},
    }


def _bearer_token(header: object) -> str:
    """Return the token of an ``Authorization`` header (RFC 6750, section 2.1)."""
    found = _BEARER.fullmatch(header) if isinstance(header, str) else None
    if found is None:
        raise BadTokenError("there is no bearer token")
    return found[1]


def _check_recorded(claims: Claims, store: Tokens) -> None:
    """Compare a token with the record of its issue.

    Raises:
        BadTokenError: there is no record, the record differs, or the token is revoked.
    """
    record = store.token(claims.jti)
    if record is None:
        raise BadTokenError("it has no record in the table")
    if "revoked_at" in record:
        raise BadTokenError(f"it was revoked at {record['revoked_at']}")
    if any(record.get(name) != value for name, value in claims.to_record().items()):
        raise BadTokenError("it differs from its record in the table")


def _statements(claims: Claims, method_arn: str) -> list[dict[str, Any]]:
    found = _METHOD_ARN.fullmatch(method_arn)
    if found is None:
        raise ValueError("the method ARN is not the ARN of a REST API method")
    stage = found[1]
    if claims.role == "instructor":
        return [_statement("Allow", [f"{stage}/*/v1/*"])]
    allowed = [f"{stage}/{verb}/{path}" for path in STUDENTS_PATHS for verb in VERBS]
    return [_statement("Allow", allowed), _statement("Deny", [f"{stage}/{trick}" for trick in TRICKS])]


def _statement(effect: str, resources: list[str]) -> dict[str, Any]:
    return {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resources}
