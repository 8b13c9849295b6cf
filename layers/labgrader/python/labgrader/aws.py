"""Convert errors of AWS to errors of labgrader, and values to and from DynamoDB."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from labgrader.errors import LabgraderError, RefusedError, ServiceFaultError, ThrottledError
from labgrader.reasons import THROTTLES

Json = Any


def error_code(error: ClientError | BotoCoreError) -> str:
    """Return AWS's error code, or the name of botocore's exception."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    return type(error).__name__


def to_domain_error(error: ClientError | BotoCoreError) -> LabgraderError:
    """Return labgrader's error for an error of AWS. Its class tells the state machine whether to retry."""
    code = error_code(error)
    if code in THROTTLES:
        return ThrottledError(str(error))
    if code == "ConditionalRequestConflict":  # another writer holds the same object: a retry can succeed
        return ServiceFaultError(str(error))
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
        if 400 <= status < 500:
            return RefusedError(str(error))
    return ServiceFaultError(str(error))


def to_dynamodb(value: Json) -> Json:
    """Return a value that DynamoDB accepts: decimals for floats, and text that UTF-8 can encode."""
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {key: to_dynamodb(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [to_dynamodb(element) for element in value]
    return value


def from_dynamodb(value: Json) -> Json:
    """Return a DynamoDB value as JSON, without the table's keys."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {key: from_dynamodb(member) for key, member in value.items() if key not in ("pk", "sk")}
    if isinstance(value, list):
        return [from_dynamodb(element) for element in value]
    return value
