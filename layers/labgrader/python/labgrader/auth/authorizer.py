"""The door in front of the API: a Lambda authorizer of type TOKEN, which lets in what it knows to be right and no more.

API Gateway asks it for every request and remembers no answer (a result's time to live is 0): a revoked token is revoked
at once. The policy says what a role may do, not what this request may, so that it would be right if it were remembered.
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
"""What a REST API has methods for. They are named one by one: in a policy, ``*`` would match slashes, too, and
``*/v1/self-checks`` so the path ``/v1/runs/v1/self-checks``."""

STUDENTS_PATHS = ("v1/labs", "v1/labs/", "v1/self-checks", "v1/self-checks/*", "v1/me/*")
"""What a student may ask for; whose self-check it is, the API asks. A method that a path does not have is its 405.
What is not here is refused, also where there is nothing: a list of what is closed in place of it could have a gap."""

TRICKS = ("*//*", "*/.*", "*%*", "*;*", "*\\*")
"""What no path of ours holds, and what could lead from a student's path to another: an empty segment, one that begins
with a dot, anything that is still encoded, a parameter of a segment, a slash that leans the other way."""

_BEARER = re.compile(r"[ \t]*bearer +([^\s,]+)[ \t]*", re.IGNORECASE | re.ASCII)

_METHOD_ARN = re.compile(
    r"(arn:aws[a-z-]*:execute-api:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9]+/[A-Za-z0-9_-]+)/[A-Z]+/.*", re.DOTALL
)


class UnauthorizedError(LabgraderError):
    """API Gateway answers 401 to an error with exactly this message, and 500 to any other.

    Args:
        reason: why, for the log.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__("Unauthorized")


def authorize(store: Tokens, key: str, stack: str, event: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Say what the bearer of a token may do.

    Args:
        store: where tokens are recorded.
        key: the stack's signing key.
        stack: the name of the stack.
        event: ``authorizationToken`` and ``methodArn``, as API Gateway gives them.
        now: the moment of the request.

    Returns:
        The bearer and the policy: ``principalId``, ``policyDocument``, and ``context`` for the function behind the API.

    Raises:
        UnauthorizedError: there is no token, or it is not good, not recorded, or revoked.
        LabgraderError, ValueError: we could not tell. API Gateway lets nobody in then.
    """
    try:
        claims = read(_bearer_token(event.get("authorizationToken")), key, stack, now)
        _known(claims, store)
    except BadTokenError as error:
        raise UnauthorizedError(error.reason) from None
    return {
        "principalId": claims.subject,
        "policyDocument": {"Version": "2012-10-17", "Statement": _statements(claims, event["methodArn"])},
        "context": {"subject": claims.subject, "role": claims.role, "jti": claims.jti},
    }


def _bearer_token(header: object) -> str:
    """The token of an ``Authorization`` header (RFC 6750, section 2.1)."""
    found = _BEARER.fullmatch(header) if isinstance(header, str) else None
    if found is None:
        raise BadTokenError("there is no bearer token")
    return found[1]


def _known(claims: Claims, store: Tokens) -> None:
    """Hold a token against what was recorded when it was issued.

    Raises:
        BadTokenError: it was not, or another was, or it was revoked.
    """
    record = store.token(claims.jti)
    if record is None:
        raise BadTokenError("it was never recorded")
    if "revoked_at" in record:
        raise BadTokenError(f"it was revoked at {record['revoked_at']}")
    if any(record.get(name) != value for name, value in claims.to_record().items()):
        raise BadTokenError("it says something else than what was recorded")


def _statements(claims: Claims, method_arn: str) -> list[dict[str, Any]]:
    found = _METHOD_ARN.fullmatch(method_arn)
    if found is None:
        raise ValueError("the method ARN is not that of a REST API's method")
    stage = found[1]
    if claims.role == "instructor":
        return [_statement("Allow", [f"{stage}/*/v1/*"])]
    allowed = [f"{stage}/{verb}/{path}" for path in STUDENTS_PATHS for verb in VERBS]
    return [_statement("Allow", allowed), _statement("Deny", [f"{stage}/{trick}" for trick in TRICKS])]


def _statement(effect: str, resources: list[str]) -> dict[str, Any]:
    return {"Action": "execute-api:Invoke", "Effect": effect, "Resource": resources}
