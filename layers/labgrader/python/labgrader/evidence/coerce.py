"""Read untrusted values: a value of the wrong type counts as missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def mapping(value: Any) -> Mapping[str, Any]:
    """Return the value if it is an object, else an empty object."""
    return value if isinstance(value, Mapping) else {}


def sequence(value: Any) -> Sequence[Any]:
    """Return a list as it is, any other value as a list of it, and nothing as an empty list."""
    if isinstance(value, list | tuple):
        return value
    return () if value is None else (value,)


def text(value: Any) -> str:
    """Return the value as text; nothing is an empty text."""
    return value if isinstance(value, str) else "" if value is None else str(value)


def arn_parts(arn: str) -> list[str]:
    """Return the eight parts of the ARN of a function or layer; parts that it does not have are empty.

    ``arn:PARTITION:SERVICE:REGION:ACCOUNT:TYPE:NAME:QUALIFIER``. Source: AWS General Reference, Amazon Resource Names.
    """
    return [*arn.split(":"), *[""] * 8][:8]


def number(value: Any) -> int | None:
    """Return the value if it is a whole number, also as text (as SQS writes all attributes), else ``None``."""
    if isinstance(value, str) and value.isdecimal() and len(value) < 19:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
