"""AWS's quotas of API requests that the operations of a service share. An operation's own quota is in its row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Quota:
    """What AWS allows in one account and Region.

    Args:
        family: the operations that share it.
        per_s: requests a second.
    """

    family: str
    per_s: float


LAMBDA_CONTROL_PLANE = Quota("lambda control plane", 15)
"""Source: Lambda quotas, API requests."""

API_GATEWAY_CONTROL_PLANE = Quota("api gateway control plane", 7.5)
"""AWS allows 10 for all management operations together, GetResources included, which has 2.5 of them. Source: API
Gateway quotas."""

EVENT_BRIDGE = Quota("eventbridge", 20)
"""Less than half of the 50 that the CloudWatch Events limits gave for all operations but PutEvents."""

IAM = Quota("iam", 10)
"""IAM publishes no quota, and the consoles of a class share it."""

STS = Quota("sts", 60)
"""A tenth of the 600 that STS allows."""

SERVICE_QUOTAS: Mapping[str, Quota] = {
    "lambda": LAMBDA_CONTROL_PLANE,
    "apigateway": API_GATEWAY_CONTROL_PLANE,
    "events": EVENT_BRIDGE,
    "iam": IAM,
    "sts": STS,
}
"""What the operations of a service without a quota of their own share."""

DEFAULT_PER_S = 10
"""Requests a second of every other operation: SQS, DynamoDB's control plane and S3's bucket settings publish none."""
