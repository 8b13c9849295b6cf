"""Errors of AWS as labgrader errors, and values for DynamoDB."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.retries.standard import ThrottledRetryableChecker

from labgrader.aws import from_dynamodb, to_domain_error, to_dynamodb
from labgrader.errors import RefusedError, ServiceFaultError, ThrottledError
from labgrader.reasons import THROTTLES


def error(code: str, status: int = 400) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "said"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Operation")


def test_every_throttle_of_botocore_is_a_throttle_and_a_quota_is_not() -> None:
    known = ThrottledRetryableChecker._THROTTLED_ERROR_CODES  # type: ignore[attr-defined]  # missing in the stubs
    assert set(known) - THROTTLES == {"LimitExceededException"}
    assert {"Throttled", "KMSThrottlingException"} <= THROTTLES


@pytest.mark.parametrize("code", sorted(THROTTLES))
def test_throttle_can_be_retried(code: str) -> None:
    assert type(to_domain_error(error(code))) is ThrottledError


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (error("AccessDenied", 403), RefusedError),
        (error("LimitExceededException", 400), RefusedError),
        (error("ConditionalRequestConflict", 409), ServiceFaultError),
        (error("Other", 499), RefusedError),
        (error("Other", 500), ServiceFaultError),
        (ReadTimeoutError(endpoint_url="https://sts.amazonaws.com"), ServiceFaultError),
    ],
)
def test_errors_below_500_are_refusals_and_others_are_faults(given: Exception, expected: type[Exception]) -> None:
    assert type(to_domain_error(given)) is expected  # type: ignore[arg-type]


def test_value_from_dynamodb_is_unchanged() -> None:
    value = {"points": 2.5, "checks": [1, "é", None, True], "text": "half \ud83d"}
    assert to_dynamodb(value) == {"points": Decimal("2.5"), "checks": [1, "é", None, True], "text": "half ?"}
    assert from_dynamodb({"pk": "1", "sk": "2", **to_dynamodb(value)}) == {**value, "text": "half ?"}
