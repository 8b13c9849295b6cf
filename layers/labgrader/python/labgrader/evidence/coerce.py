"""Reading values that nobody vouches for: what has another type than it should is taken for missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def mapping(value: Any) -> Mapping[str, Any]:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def sequence(value: Any) -> Sequence[Any]:
    """The value where it is a list, one value as a list of one, nothing as an empty list."""
    if isinstance(value, list | tuple):
        return value
    return () if value is None else (value,)


def text(value: Any) -> str:
    """The value as text; nothing is an empty text."""
    return value if isinstance(value, str) else "" if value is None else str(value)


def arn_parts(arn: str) -> list[str]:
    """The eight parts that the ARN of a function or layer has at most, empty where it is shorter.

    ``arn:PARTITION:SERVICE:REGION:ACCOUNT:TYPE:NAME:QUALIFIER``. Source: AWS General Reference, Amazon Resource Names.
    """
    return [*arn.split(":"), *[""] * 8][:8]


def number(value: Any) -> int | None:
    """The value where it is a whole number, also one written as text (SQS writes all attributes so), else ``None``."""
    if isinstance(value, str) and value.isdecimal() and len(value) < 19:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
