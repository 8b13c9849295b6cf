"""How a report says things: text made safe to store and show, numbers, and each status in a word and a symbol."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from decimal import Decimal

MAX_TEXT = 4_000
"""Characters of one text in a report; a check quotes at most 200 of a student's, so this is for what went wrong."""

SYMBOLS = {"passed": "✓", "partial": "◐", "failed": "✗", "skipped": "–", "not_graded": "?"}
"""A status as one character, so that no reader needs to see colours."""

WORDS = {
    "passed": "Passed",
    "partial": "Partly",
    "failed": "Failed",
    "skipped": "Skipped",
    "not_graded": "Not graded",
}
"""A status as a word."""

_UNSHOWABLE = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters but tab and line feed
    "\ud800-\udfff"  # lone surrogates: no encoding can write them
    "\u202a-\u202e\u2066-\u2069"  # marks that turn the direction of the text around them
    "\ufdd0-\ufdef\ufffe\uffff"  # not characters
    "]"
)


def clean(text: object, limit: int = MAX_TEXT) -> str:
    """Return text that can be stored as JSON and shown in a page, cut with a notice.

    Characters that cannot be written or that change how their neighbours are shown become U+FFFD.

    Args:
        text: anything; what is not a string is shown as ``str`` has it.
        limit: how many characters to keep.
    """
    whole = text if isinstance(text, str) else str(text)
    shown = _UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", whole[:limit].replace("\r\n", "\n"))
    dropped = len(whole) - limit
    return f"{shown}… ({dropped} more characters)" if dropped > 0 else shown


def rounded(value: float, digits: int = 2) -> float:
    """Return a number as JSON shall have it: rounded, whole where it is whole, and 0 where it is no number at all."""
    if not math.isfinite(value):
        return 0
    short = round(float(value), digits)
    return int(short) if short.is_integer() else short


def milliseconds_text(value: float) -> str:
    """A latency as people read it: ``0.84 ms``, ``53 ms``, ``2,150 ms``."""
    return f"{value:,.0f} ms" if value >= 10 else f"{value:.3g} ms"


def ratio_text(value: float) -> str:
    """How many times, as people read it: ``0.98``, ``1.07``, ``36.4``, ``1,200``."""
    if value < 0.095:
        return f"{value:.2g}"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def dollars_text(value: float) -> str:
    """US dollars to two digits that matter: ``$0.00012``, ``$0.05``, ``$12``."""
    return f"${Decimal(f'{value:.2g}'):f}"


def money_text(value: float) -> str:
    """US dollars as a bill has them, ``$3.60``; what is less than a cent in two digits that matter."""
    return f"${value:,.2f}" if value >= 0.01 or value <= 0 else dollars_text(value)


def moment_text(moment: str) -> str:
    """A moment as people read it: ``1 January 2026, 09:30 UTC``; what is no ISO 8601 is shown as it is."""
    try:
        read = datetime.fromisoformat(moment)
    except ValueError:
        return moment
    read = read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    return f"{read.day} {read:%B %Y, %H:%M} UTC"


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: ``1 student``, ``12 students``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def waiting_words(skipped: int, named: int, least: str = "") -> str:
    """Say of checks that are only skipped that they wait: ``and 10 checks that come after it``.

    Args:
        skipped: how many.
        named: how many checks are named before them; where it is one, it is what they wait for.
        least: ``at least ``, where not all of them are known.
    """
    checks = counted(skipped, "check")
    if not named:
        return f"{least}{checks} skipped, because {'another comes' if skipped == 1 else 'others come'} first"
    verb = "comes" if skipped == 1 else "come"
    return f"and {least}{checks} that {verb} after {'it' if named == 1 else 'these'}"
