"""A function with a role, and a bucket that invokes it."""

from __future__ import annotations

from typing import Any

from tests.checks.world import ACCOUNT, World, function_arn

PROCESSOR = "user1-s3-object-processor"
ROLE = "user1-S3ProcessorLambdaRole"
OBJECTS = "arn:aws:s3:::user1-upload-bucket/*"


def role_arn(role: str) -> str:
    """Return the ARN of a role of the account."""
    return f"arn:aws:iam::{ACCOUNT}:role/{role}"


def allow(actions: Any = "s3:GetObject", resource: Any = OBJECTS, **more: Any) -> dict[str, Any]:
    """Return a statement that allows the actions on the resource."""
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}


def built(*attached: str, inline: Any = None, role: str = ROLE, trusts: str = "lambda.amazonaws.com") -> World:
    """Make a function with a role and a bucket that invokes it; its policies are attached or inline."""
    notification = {"LambdaFunctionArn": function_arn(PROCESSOR), "Events": ["s3:ObjectCreated:*"]}
    world = World().function(PROCESSOR, Role=role_arn(role))
    world.bucket("user1-other").bucket("user1-upload-bucket", notification)
    return world.role(role, *attached, inline=inline or {}, trusts=trusts)
