"""Format the parts of a report: safe text, numbers, and the word and symbol of each status."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from decimal import Decimal

MAX_TEXT = 4_000
"""The most characters of one text in a report. Checks quote at most 200 characters of a student's output."""

SYMBOLS = {"passed": "✓", "partial": "◐", "failed": "✗", "skipped": "–", "not_graded": "?"}
"""Each status as one character, for readers who do not see colors."""

WORDS = {
    "passed": "Passed",
    "partial": "Partly",
    "failed": "Failed",
    "skipped": "Skipped",
    "not_graded": "Not graded",
}
"""Each status as a word."""

_UNSHOWABLE = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters, except tab and line feed
    "\ud800-\udfff"  # lone surrogates, which no encoding can write
    "\u202a-\u202e\u2066-\u2069"  # marks that change the direction of text
    "\ufdd0-\ufdef\ufffe\uffff"  # not characters
    "]"
)


def clean(text: object, limit: int = MAX_TEXT) -> str:
    """Return text that can be stored as JSON and shown in a page. A cut text says how much was cut.

    Characters that cannot be written, or that change how other characters are shown, become U+FFFD.

    Args:
        text: the text; any other value is converted with ``str``.
        limit: the most characters to keep.
    """
    whole = text if isinstance(text, str) else str(text)
    shown = _UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", whole[:limit].replace("\r\n", "\n"))
    dropped = len(whole) - limit
    return f"{shown}… ({dropped} more characters)" if dropped > 0 else shown


def rounded(value: float, digits: int = 2) -> float:
    """Return a number for JSON: rounded, an ``int`` if it is whole, and 0 for infinity and NaN."""
    if not math.isfinite(value):
        return 0
    short = round(float(value), digits)
    return int(short) if short.is_integer() else short


def milliseconds_text(value: float) -> str:
    """Return a latency in ms as text: ``0.84 ms``, ``53 ms``, ``2,150 ms``."""
    return f"{value:,.0f} ms" if value >= 10 else f"{value:.3g} ms"


def ratio_text(value: float) -> str:
    """Return a ratio as text: ``0.98``, ``1.07``, ``36.4``, ``1,200``."""
    if value < 0.095:
        return f"{value:.2g}"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def dollars_text(value: float) -> str:
    """Return US dollars with two significant digits: ``$0.00012``, ``$0.05``, ``$12``."""
    return f"${Decimal(f'{value:.2g}'):f}"


def money_text(value: float) -> str:
    """Return US dollars with cents: ``$3.60``. Less than a cent has two significant digits."""
    return f"${value:,.2f}" if value >= 0.01 or value <= 0 else dollars_text(value)


def moment_text(moment: str) -> str:
    """Return an ISO 8601 time as text: ``1 January 2026, 09:30 UTC``. Return any other text unchanged."""
    try:
        read = datetime.fromisoformat(moment)
    except ValueError:
        return moment
    read = read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    return f"{read.day} {read:%B %Y, %H:%M} UTC"


def counted(number: int, singular: str, plural: str = "") -> str:
    """Return a number with its noun: ``1 student``, ``12 students``."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def waiting_words(skipped: int, named: int, least: str = "") -> str:
    """Return a phrase that counts skipped checks: ``and 10 checks that come after it``.

    Args:
        skipped: the number of skipped checks.
        named: the number of checks that are named before the phrase. The skipped checks come after these.
        least: ``at least `` if not all skipped checks are known, or empty.
    """
    checks = counted(skipped, "check")
    if not named:
        return f"{least}{checks} skipped, because {'another comes' if skipped == 1 else 'others come'} first"
    verb = "comes" if skipped == 1 else "come"
    return f"and {least}{checks} that {verb} after {'it' if named == 1 else 'these'}"
