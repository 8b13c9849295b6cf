"""An account that denies access to labgrader: its role expects another external ID than the one in the roster."""

from __future__ import annotations

import contextlib

from checks.simulation.connections import Connections, policy

ACCOUNT_ID = "111122223333"
ROLE = "labgrader-reader"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT_ID}:role/{ROLE}"

EXPECTED_EXTERNAL_ID = "course-2026-spring"
ROSTER_EXTERNAL_ID = "course-2025-spring"
"""The external ID of last year in the roster. STS denies the role with it."""


def build(connections: Connections, grader_account_id: str) -> None:
    """Create the role of ``infra/student_account.yaml`` without its permissions, because access is denied anyway.

    Args:
        connections: the student's account.
        grader_account_id: the account that may assume the role, with the right external ID.
    """
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{grader_account_id}:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": EXPECTED_EXTERNAL_ID}},
    }
    iam = connections.client("iam")
    with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):  # an earlier class created it
        iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=policy([trust]))
