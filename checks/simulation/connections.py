"""The clients that simulated students share, and the role that a course gives them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config

_CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=5, read_timeout=60, max_pool_connections=32
)

LAB_ROLE = "LabRole"

_LAB_ROLE_ALLOWS = [
    "cloudwatch:PutMetricData",
    "dynamodb:*",
    "lambda:InvokeFunction",
    "logs:*",
    "s3:*",
    "sns:Publish",
    "sqs:*",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
]
"""What the functions of the hand-outs do; a course's own role allows at least as much."""


class Connections:
    """The clients that simulated students share, and the account they act in.

    Args:
        make_client: makes a boto3 client of a service; asked once for each, when it is needed.
        account_id, region: where the clients point.
    """

    def __init__(self, make_client: Callable[[str], Any], account_id: str, region: str) -> None:
        self._make_client = make_client
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()  # students are built in several threads; boto3 makes clients in one at a time
        self.account_id = account_id
        self.region = region

    def client(self, service: str) -> Any:
        """The client of a service, as boto3 calls it (``apigateway``)."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._make_client(service)
            return self._clients[service]

    @cached_property
    def lab_role(self) -> str:
        """The ARN of the role that the hand-outs run functions under; made where it is not there, as in a course."""
        iam = self.client("iam")
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        try:
            iam.create_role(RoleName=LAB_ROLE, AssumeRolePolicyDocument=policy([trust]))
            logs = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
            iam.attach_role_policy(RoleName=LAB_ROLE, PolicyArn=logs)
            allowed = {"Effect": "Allow", "Action": _LAB_ROLE_ALLOWS, "Resource": "*"}
            iam.put_role_policy(RoleName=LAB_ROLE, PolicyName="LabWork", PolicyDocument=policy([allowed]))
        except iam.exceptions.EntityAlreadyExistsException:
            pass  # the course's own, or made by another student's thread a moment ago
        return f"arn:aws:iam::{self.account_id}:role/{LAB_ROLE}"


def policy(statements: list[dict[str, Any]]) -> str:
    """A policy document with some statements, as IAM takes it."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def connect(session: boto3.Session | None = None, endpoint_url: str = "") -> Connections:
    """Connect simulated students to an AWS.

    Args:
        session: where clients come from; the ordinary AWS environment where none is given.
        endpoint_url: the embedded AWS; empty for where boto3 points by itself.
    """
    session = session or boto3.Session()

    def make_client(service: str) -> Any:
        if not endpoint_url:
            return session.client(service, config=_CONFIG)  # type: ignore[call-overload]
        # a proxy of this machine knows no loopback address
        config = _CONFIG.merge(Config(proxies={}))
        return session.client(service, config=config, endpoint_url=endpoint_url)  # type: ignore[call-overload]

    account_id = make_client("sts").get_caller_identity()["Account"]
    return Connections(make_client, account_id, make_client("lambda").meta.region_name)
