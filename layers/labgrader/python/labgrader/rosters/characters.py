"""Characters that cannot be seen: removed from cells, or named by code point."""

from __future__ import annotations

import re
import unicodedata

_JOINERS = "\u200c\u200d"
"""Characters inside words of Persian and of Indian languages, and inside emoji."""

_LOOKED_AT = 200
"""Characters at the beginning of a value that are looked at for those that do not fit."""

MAX_NAMED = 3
"""Characters that one problem names: twenty problems have to fit into an event."""

_FORMAT = (
    "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
)
"""Format characters of Unicode that show nothing (category Cf without the signs of numbers and verses)."""

_CONTROLS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
"""Control characters but tabs and line breaks."""

_INVISIBLE = re.compile(f"[{_FORMAT}{_CONTROLS}]")
_INVISIBLE_IN_IDS = re.compile(f"[{_FORMAT}]")
_INVISIBLE_IN_NAMES = re.compile(f"(?!(?<=.)[{_JOINERS}](?=.))[{_FORMAT}{_CONTROLS}]")


def without_invisible(text: str, *, is_name: bool = False, is_id: bool = False) -> tuple[str, list[str]]:
    """Return text without characters that cannot be seen, and the characters that were removed.

    Line breaks and tabs stay: they can be seen. So do blanks.

    Args:
        text: a cell.
        is_name: whether joiners inside the text stay: they belong to the spelling of names.
        is_id: whether control characters stay: no id has them, so that a problem names them.
    """
    pattern = _INVISIBLE_IN_NAMES if is_name else _INVISIBLE_IN_IDS if is_id else _INVISIBLE
    removed = pattern.findall(text)
    return (pattern.sub("", text), removed) if removed else (text, [])


def code_points(text: str) -> str:
    """Return control characters, and characters that ASCII does not have, by code point and name.

    Returns:
        The first ``MAX_NAMED`` of them; empty if there are none.
    """
    strange = dict.fromkeys(
        character for character in text[:_LOOKED_AT] if not (character.isascii() and character.isprintable())
    )
    return ", ".join(named(character) for character in list(strange)[:MAX_NAMED])


def named(character: str) -> str:
    """Return a character by code point and name: ``U+202E RIGHT-TO-LEFT OVERRIDE``."""
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()
