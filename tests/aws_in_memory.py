"""AWS in memory, by moto. Sessions are created once, and requests are handled one at a time."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

REGION = "us-east-1"

_process = BotocoreStubber.process_request


@contextlib.contextmanager
def one_at_a_time(lock: AbstractContextManager[Any]) -> Iterator[None]:
    """Let moto answer one request after the other.

    A conditional write of DynamoDB is atomic; so are a conditional put of S3 and the name of an execution of Step
    Functions. moto reads first and then writes, without a lock, so another thread can write in between. SQS is left
    out: a long poll waits for a message from another thread.

    Args:
        lock: held by each request until its response.
    """

    def process(stubber: BotocoreStubber, request: Any) -> Any:
        host = urlsplit(request.url).hostname or ""
        with contextlib.nullcontext() if host.startswith("sqs.") else lock:
            return _process(stubber, request)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(BotocoreStubber, "process_request", process)
        yield


def new_lock() -> AbstractContextManager[Any]:
    """Return a lock for ``one_at_a_time``. It is reentrant: moto's services call each other in one thread."""
    return threading.RLock()


@cache
def _session() -> boto3.Session:
    """Return the session of all tests. Only the first client of a session takes a tenth of a second."""
    return boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION)


@cache
def client(service: str) -> Any:
    """Return the shared client of a service. Register event handlers on another client."""
    return _session().client(service)  # type: ignore[call-overload]


@cache
def dynamodb() -> Any:
    """Return the shared DynamoDB resource of boto3."""
    return _session().resource("dynamodb")


@contextlib.contextmanager
def empty_account() -> Iterator[None]:
    """Provide an empty account to boto3's default session and to the shared clients."""
    with pytest.MonkeyPatch.context() as patched:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patched.setenv(name, "testing")
        patched.setenv("AWS_DEFAULT_REGION", REGION)
        for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
            patched.delenv(name, raising=False)
        with mock_aws(), pytest.MonkeyPatch.context() as default:
            default.setattr(boto3, "DEFAULT_SESSION", _session())
            yield


def create_bucket_and_table(bucket: str, table: str, s3: Any = None, tables: Any = None) -> Any:
    """Create the bucket and the table of a store. Return the table."""
    (s3 or client("s3")).create_bucket(Bucket=bucket)
    keys = {"pk": "HASH", "sk": "RANGE"}
    return (tables or dynamodb()).create_table(
        TableName=table,
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        BillingMode="PAY_PER_REQUEST",
    )
