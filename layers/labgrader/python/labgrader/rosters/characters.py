"""Characters that cannot be seen: removed from cells, or named by code point."""

from __future__ import annotations

import unicodedata

_JOINERS = "\u200c\u200d"
"""Characters inside words of Persian and of Indian languages, and inside emoji."""

_BREAKS = "\t\n\r"


def without_invisible(text: str, *, keep_joiners: bool = False) -> tuple[str, list[str]]:
    """Return text without characters that cannot be seen, and the characters that were removed.

    Line breaks and tabs stay: they can be seen. So do blanks.

    Args:
        text: a cell.
        keep_joiners: whether joiners inside the text stay: they belong to the spelling of names.
    """
    if text.isascii() and text.isprintable():
        return text, []
    removed = []
    kept = []
    for index, character in enumerate(text):
        inside = 0 < index < len(text) - 1
        if _is_invisible(character) and not (keep_joiners and inside and character in _JOINERS):
            removed.append(character)
        else:
            kept.append(character)
    return "".join(kept), removed


def _is_invisible(character: str) -> bool:
    return character not in _BREAKS and unicodedata.category(character) in ("Cf", "Cc")


def code_points(text: str) -> str:
    """Return the characters that ASCII does not have by code point and name; empty if there are none."""
    strange = dict.fromkeys(character for character in text if not (character.isascii() and character.isprintable()))
    return ", ".join(named(character) for character in list(strange)[:5])


def named(character: str) -> str:
    """Return a character by code point and name: ``U+202E RIGHT-TO-LEFT OVERRIDE``."""
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()
