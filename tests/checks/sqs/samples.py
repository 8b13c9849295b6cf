"""A queue and a function that reads it."""

from __future__ import annotations

from typing import Any

from tests.checks.world import ACCOUNT, REGION, World

SCALER = "user1-sqs-scaler"
QUEUE = "user1-high-throughput-queue"
URL = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{QUEUE}"
ATTRIBUTES = {"VisibilityTimeout": "60", "MessageRetentionPeriod": "1209600", "ReceiveMessageWaitTimeSeconds": "0"}
SETTINGS = {
    "BatchSize": 10,
    "MaximumBatchingWindowInSeconds": 1,
    "FunctionResponseTypes": ["ReportBatchItemFailures"],
}


def with_queue(timeout: int = 60, **attributes: str) -> World:
    """Make a function, and a queue that it does not read."""
    return World().function(SCALER, Timeout=timeout).queue(QUEUE, **{**ATTRIBUTES, **attributes})


def feeding(**settings: Any) -> World:
    """Make a function that reads its queue."""
    return with_queue().mapping(SCALER, QUEUE, **{**SETTINGS, **settings})
