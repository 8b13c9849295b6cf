"""Quote students' text safely in a sentence, and build sentences that several checks share."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

MAX_QUOTED = 200
"""Characters of a student's text that one sentence quotes."""


_ERROR_MESSAGE = re.compile(r'"errorMessage"\s*:\s*("(?:[^"\\]|\\.)*")')


def quote(value: object, limit: int = MAX_QUOTED) -> str:
    """Return a student's value as printable text on one line, cut with a notice.

    Args:
        value: any value from a student's account. Values other than strings are shown as JSON.
        limit: maximum number of characters to keep.
    """
    if isinstance(value, str):
        text = value
    else:
        try:
            text = json.dumps(value, ensure_ascii=False, default=str)
        except (ValueError, RecursionError):
            text = f"a {type(value).__name__} that cannot be shown"
    shown = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text[:limit])
    dropped = len(text) - limit
    return f"{shown}… ({dropped} more characters)" if dropped > 0 else shown


def listed(values: Iterable[object]) -> str:
    """Join values for a sentence: ``a, b and c``, or ``nothing``."""
    words = [quote(value) for value in values]
    if not words:
        return "nothing"
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def said_by(cause: str) -> str:
    """Return the exception's message from the JSON that Lambda writes, or the whole cause if it has none."""
    found = _ERROR_MESSAGE.search(cause)
    try:
        return str(json.loads(found.group(1))) if found else cause
    except ValueError:
        return cause
