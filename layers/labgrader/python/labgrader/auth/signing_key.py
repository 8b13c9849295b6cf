"""The key that signs tokens. The stack creates it in Secrets Manager."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from labgrader.aws import to_domain_error
from labgrader.environment import Environment

KEPT_S = 300.0
"""Seconds that a function caches the key. For this time after a rotation, tokens of the old key are still valid."""


def read_key(client: Any, arn: str) -> str:
    """Return the key.

    Raises:
        RefusedError, ThrottledError, ServiceFaultError: Secrets Manager did not return it.
    """
    try:
        return str(client.get_secret_value(SecretId=arn)["SecretString"])
    except (ClientError, BotoCoreError) as error:
        raise to_domain_error(error) from error


class SigningKey:
    """A cache of the key. It never returns a key that is older than ``KEPT_S``.

    Args:
        client: a Secrets Manager client.
        arn: the secret's ARN.
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, client: Any, arn: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._arn = arn
        self._clock = clock
        self._kept: tuple[str, float] | None = None

    def read(self) -> str:
        """Return the key.

        Raises:
            RefusedError, ThrottledError, ServiceFaultError: as ``read_key``.
        """
        now = self._clock()
        if self._kept is None or now >= self._kept[1]:
            self._kept = (read_key(self._client, self._arn), now + KEPT_S)
        return self._kept[0]


@cache
def default_signing_key() -> SigningKey:
    """Return the signing key of the function's environment (``TOKEN_KEY_ARN``). The client is created on first use."""
    config = Config(retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=2, read_timeout=5)
    return SigningKey(boto3.client("secretsmanager", config=config), Environment().token_key_arn)
