"""Between AWS's types and ours: errors, and the values that DynamoDB takes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from labgrader.errors import LabgraderError, RefusedError, ServiceFaultError, ThrottledError
from labgrader.reasons import THROTTLES

Json = Any


def error_code(error: ClientError | BotoCoreError) -> str:
    """AWS's error code, or the name of botocore's exception."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    return type(error).__name__


def to_domain_error(error: ClientError | BotoCoreError) -> LabgraderError:
    """One of our errors for one of AWS's, so that the state machine knows whether a retry is worth it."""
    code = error_code(error)
    if code in THROTTLES:
        return ThrottledError(str(error))
    if code == "ConditionalRequestConflict":  # somebody else is writing the same object: write again
        return ServiceFaultError(str(error))
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
        if 400 <= status < 500:
            return RefusedError(str(error))
    return ServiceFaultError(str(error))


def to_dynamodb(value: Json) -> Json:
    """A value as DynamoDB takes it: no floats, and text that UTF-8 can hold."""
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {key: to_dynamodb(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [to_dynamodb(one) for one in value]
    return value


def from_dynamodb(value: Json) -> Json:
    """A DynamoDB value as JSON has it."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {key: from_dynamodb(one) for key, one in value.items() if key not in ("pk", "sk")}
    if isinstance(value, list):
        return [from_dynamodb(one) for one in value]
    return value
