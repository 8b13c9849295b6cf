"""Parse JSON from a student's code, or say why it cannot be parsed."""

from __future__ import annotations

import json
import math
from typing import Any


def parse_json(text: str) -> tuple[Any, str]:
    """Parse JSON that a student's function wrote.

    Returns:
        the document and an empty string, or ``None`` and why it cannot be read. Depth, endless integers, ``NaN`` and
        infinite numbers are refused, not raised.
    """
    try:
        document = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except RecursionError:
        return None, "is nested too deeply to be read"
    except ValueError:
        return None, "is not valid JSON"
    return document, ""


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not a finite number")
    return number
