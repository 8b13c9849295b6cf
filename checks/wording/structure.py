"""Comparison of a response with an expected structure of JSON values, with placeholders for any text or value."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from labgrader.judging import among, asked_for, below, listed, quote, shown

ANY = "…"
"""Placeholder for any value; inside a text, for any text (``Hello…``)."""

NEAR = 1e-9
"""Largest difference, relative or absolute, between two numbers that count as equal."""

_MAX_SHOWN = 80


def difference(seen: Any, wanted: Any, path: str = "") -> str:
    """Return the first difference between a value and the expected structure: ``result.total is 3 instead of 30``.

    Objects may have additional keys; lists must have the same length. The recursion follows the expected structure,
    which a lab's author wrote, so a deeply nested value is harmless.

    Args:
        seen: the value from the response.
        wanted: the expected structure.
        path: the name of the value in the sentence.

    Returns:
        The difference, or an empty text.
    """
    name = path or "the response"
    if wanted == ANY and isinstance(wanted, str):
        return ""
    if isinstance(wanted, Mapping):
        if not isinstance(seen, Mapping):
            return f"{name} is {shown(seen)} instead of an object with {listed(wanted)}"
        for key, value in wanted.items():
            here = below(path, key)
            if key not in seen:
                return f"{here} is missing{among(seen)}"
            if found := difference(seen[key], value, here):
                return found
        return ""
    if isinstance(wanted, list):
        if not isinstance(seen, list):
            return f"{name} is {shown(seen)} instead of {shown(wanted)}"
        if len(seen) != len(wanted):
            return f"{name} has {_entries(seen)} instead of {len(wanted)}: {shown(seen)}"
        pairs = enumerate(zip(seen, wanted, strict=True))
        differences = (difference(entry, expected, f"{path}[{index}]") for index, (entry, expected) in pairs)
        return next((text for text in differences if text), "")
    return "" if _same(seen, wanted) else f"{name} is {shown(seen)} instead of {shown(wanted)}"


def unmentioned(text: str, mentions: Iterable[str]) -> str:
    """Return which texts a response lacks, ignoring case: ``does not mention a or b``; empty if it has all."""
    absent = [mention for mention in mentions if mention.lower() not in text.lower()]
    return f"does not mention {' or '.join(map(quote, absent))}" if absent else ""


def read_json(text: str) -> tuple[Any, str]:
    """Parse JSON that a student's code wrote.

    Returns:
        The value, and the problem in words if the text cannot be parsed; never an exception.
    """
    try:
        return json.loads(text, parse_constant=_refuse), ""
    except RecursionError:
        return None, "is nested too deeply to be read"
    except ValueError:
        return None, "is not valid JSON"


def as_text(value: Any) -> str:
    """Return a value as it is sent: text unchanged, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)  # a stored lab orders its keys


def wanted_in_words(
    statuses: Iterable[int],
    contains: Mapping[str, Any] | None,
    mentions: Iterable[str] | None,
    matches: Mapping[str, Any] | None = None,
) -> str:
    """Return what is expected of a response, in short: ``200 with {"result": …}``."""
    parts = [" or ".join(str(status) for status in statuses if status)]
    if contains:
        parts.append(quote(contains, _MAX_SHOWN))
    if matches is not None:
        parts.append(quote(asked_for(matches), _MAX_SHOWN))
    if mentions:
        parts.append(f"a mention of {listed(mentions)}")
    return " with ".join(part for part in parts if part)


def _same(seen: Any, wanted: Any) -> bool:
    if isinstance(wanted, str) and isinstance(seen, str) and ANY in wanted:
        return re.fullmatch(".*".join(map(re.escape, wanted.split(ANY))), seen, re.DOTALL) is not None
    if isinstance(wanted, bool) or isinstance(seen, bool):
        return wanted is seen
    if isinstance(wanted, int | float) and isinstance(seen, int | float):
        try:
            return math.isclose(seen, wanted, rel_tol=NEAR, abs_tol=NEAR)
        except OverflowError:  # a whole number beyond every float
            return bool(seen == wanted)
    return type(seen) is type(wanted) and bool(seen == wanted)


def _entries(values: list[Any]) -> str:
    return "1 entry" if len(values) == 1 else f"{len(values)} entries"


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
