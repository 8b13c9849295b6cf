"""Characters that cannot be seen: removed from cells, or named by code point."""

from __future__ import annotations

import unicodedata

_JOINERS = "\u200c\u200d"
"""Characters inside words of Persian and of Indian languages, and inside emoji."""

MAX_NAMED = 3
"""Characters that one problem names: twenty problems have to fit into an event."""

_BREAKS = "\t\n\r"


def without_invisible(text: str, *, is_name: bool = False, is_id: bool = False) -> tuple[str, list[str]]:
    """Return text without characters that cannot be seen, and the characters that were removed.

    Line breaks and tabs stay: they can be seen. So do blanks.

    Args:
        text: a cell.
        is_name: whether joiners inside the text stay: they belong to the spelling of names.
        is_id: whether control characters stay: no id has them, so that a problem names them.
    """
    if text.isascii() and text.isprintable():
        return text, []
    categories = ("Cf",) if is_id else ("Cf", "Cc")
    removed = []
    kept = []
    for index, character in enumerate(text):
        inside = 0 < index < len(text) - 1
        kept_joiner = is_name and inside and character in _JOINERS
        if unicodedata.category(character) in categories and character not in _BREAKS and not kept_joiner:
            removed.append(character)
        else:
            kept.append(character)
    return "".join(kept), removed


def code_points(text: str) -> str:
    """Return control characters, and characters that ASCII does not have, by code point and name.

    Returns:
        The first ``MAX_NAMED`` of them; empty if there are none.
    """
    strange = dict.fromkeys(character for character in text if not (character.isascii() and character.isprintable()))
    return ", ".join(named(character) for character in list(strange)[:MAX_NAMED])


def named(character: str) -> str:
    """Return a character by code point and name: ``U+202E RIGHT-TO-LEFT OVERRIDE``."""
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()
