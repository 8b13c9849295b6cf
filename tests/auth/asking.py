"""Invoke the authorizer, and evaluate its policy as IAM does."""

from __future__ import annotations

import re
from typing import Any

import pytest

from labgrader.auth.authorizer import UnauthorizedError, authorize
from labgrader.auth.tokens import issue
from labgrader.store import Store
from tests.auth.hand_made import KEY, NOW, STACK

STAGE = "arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/api"


def recorded(store: Store, subject: str = "user1", role: str = "student", days: int = 1) -> str:
    """Issue a token and record it, as `token issue` does."""
    token, claims = issue(KEY, subject, role, days, NOW, STACK)
    assert store.record_token(claims.to_record())
    return token


def ask(store: Store, header: object, method: str = "GET/v1/labs", **changes: Any) -> dict[str, Any]:
    event = {"type": "TOKEN", "authorizationToken": header, "methodArn": f"{STAGE}/{method}"}
    return authorize(store, changes.get("key", KEY), STACK, event, changes.get("now", NOW))


def refused(store: Store, header: object, **changes: Any) -> str:
    with pytest.raises(UnauthorizedError) as caught:
        ask(store, header, **changes)
    assert str(caught.value) == "Unauthorized"  # API Gateway returns 401 for this message
    return caught.value.reason


def lets_in(policy: dict[str, Any], method: str) -> bool:
    """Evaluate a policy as IAM does: ``*`` matches anything, slashes included; a Deny overrides any Allow."""
    effects = {
        statement["Effect"]
        for statement in policy["policyDocument"]["Statement"]
        for pattern in statement["Resource"]
        if re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), f"{STAGE}/{method}", re.DOTALL)
    }
    return effects == {"Allow"}
