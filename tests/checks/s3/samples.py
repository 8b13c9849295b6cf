"""A bucket that invokes a function."""

from __future__ import annotations

from typing import Any

from tests.checks.world import World, function_arn

FUNCTION = "user1-files"
BUCKET = "user1-lab-1"
EVERY = ("s3:ObjectCreated:*",)


def notification(
    prefix: str = "", suffix: str = "", events: tuple[str, ...] = EVERY, function: str = FUNCTION
) -> dict[str, Any]:
    """Return a notification of a bucket, with its filter."""
    rules = [{"Name": name, "Value": value} for name, value in (("Prefix", prefix), ("suffix", suffix)) if value]
    return {
        "LambdaFunctionArn": function_arn(function),
        "Events": list(events),
        **({"Filter": {"Key": {"FilterRules": rules}}} if rules else {}),
    }


def student(*notifications: dict[str, Any], bucket: str = BUCKET) -> World:
    """Make a function and a bucket with these notifications."""
    return World().function(FUNCTION).bucket(bucket, *notifications)
