"""AWS clients and the course's execution role, which simulated students share."""

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
"""Actions that the functions of the handouts need. A course's role allows at least these."""


class Connections:
    """The boto3 clients of simulated students, for one account and Region.

    Args:
        make_client: creates the boto3 client of a service. It is called once for each service.
        account_id, region: the account and Region of the clients.
    """

    def __init__(self, make_client: Callable[[str], Any], account_id: str, region: str) -> None:
        self._make_client = make_client
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()  # several threads build students, but boto3 must not create clients in parallel
        self.account_id = account_id
        self.region = region

    def client(self, service: str) -> Any:
        """Return the client of a service, by its boto3 name (``apigateway``)."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._make_client(service)
            return self._clients[service]

    @cached_property
    def lab_role(self) -> str:
        """The ARN of the execution role of the handouts. A missing role is created, as in a course."""
        iam = self.client("iam")
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        try:
            iam.create_role(RoleName=LAB_ROLE, AssumeRolePolicyDocument=policy([trust]))
            logs = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
            iam.attach_role_policy(RoleName=LAB_ROLE, PolicyArn=logs)
            allowed = {"Effect": "Allow", "Action": _LAB_ROLE_ALLOWS, "Resource": "*"}
            iam.put_role_policy(RoleName=LAB_ROLE, PolicyName="LabWork", PolicyDocument=policy([allowed]))
        except iam.exceptions.EntityAlreadyExistsException:
            pass  # the course's role, or another thread has just created it
        return f"arn:aws:iam::{self.account_id}:role/{LAB_ROLE}"


def policy(statements: list[dict[str, Any]]) -> str:
    """Return an IAM policy document with the statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def connect(session: boto3.Session | None = None, endpoint_url: str = "") -> Connections:
    """Connect simulated students to AWS or the embedded AWS.

    Args:
        session: the boto3 session. If none is given, boto3's default environment.
        endpoint_url: the URL of the embedded AWS. Empty for boto3's default endpoints.
    """
    session = session or boto3.Session()

    def make_client(service: str) -> Any:
        if not endpoint_url:
            return session.client(service, config=_CONFIG)  # type: ignore[call-overload]
        # a proxy cannot reach a loopback address
        config = _CONFIG.merge(Config(proxies={}))
        return session.client(service, config=config, endpoint_url=endpoint_url)  # type: ignore[call-overload]

    account_id = make_client("sts").get_caller_identity()["Account"]
    return Connections(make_client, account_id, make_client("lambda").meta.region_name)
