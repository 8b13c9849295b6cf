"""The conversion of AWS's errors, and of values to and from DynamoDB."""

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


def test_all_throttle_codes_of_botocore_are_known_but_no_quota() -> None:
    known = ThrottledRetryableChecker._THROTTLED_ERROR_CODES  # type: ignore[attr-defined]  # missing in the stubs
    assert set(known) - THROTTLES == {"LimitExceededException"}
    assert {"Throttled", "KMSThrottlingException"} <= THROTTLES


@pytest.mark.parametrize("code", sorted(THROTTLES))
def test_a_throttle_code_becomes_a_throttled_error(code: str) -> None:
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
def test_other_errors_are_refused_below_500_and_faults_above(given: Exception, expected: type[Exception]) -> None:
    assert type(to_domain_error(given)) is expected  # type: ignore[arg-type]


def test_a_value_survives_dynamodb() -> None:
    value = {"points": 2.5, "checks": [1, "é", None, True], "text": "half \ud83d"}
    assert to_dynamodb(value) == {"points": Decimal("2.5"), "checks": [1, "é", None, True], "text": "half ?"}
    assert from_dynamodb({"pk": "1", "sk": "2", **to_dynamodb(value)}) == {**value, "text": "half ?"}
