"""From the bytes of a class list to text: byte-order marks, UTF-16, UTF-8, Windows-1252."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with the mark of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

WINDOWS = "windows-1252"
"""The encoding of a file that is neither UTF-8 nor UTF-16: Excel writes it on Windows in Western Europe and America."""

_LOOKED_AT = 40
"""Bytes at the beginning that show whether a file without a byte-order mark is UTF-16: those of the first headings."""


class NotTextError(Exception):
    """The bytes are no text in any encoding that a class list may have. The message is for the reader."""


@dataclass(frozen=True)
class DecodedText:
    """Text and how it was encoded.

    Args:
        text: without the byte-order mark.
        encoding: ``utf-8``, ``utf-16-le``, ``utf-16-be``, ``utf-32-le``, ``utf-32-be`` or ``windows-1252``.
    """

    text: str
    encoding: str


def decode(content: bytes) -> DecodedText:
    """Decode the bytes of a class list.

    Raises:
        NotTextError: they are no text.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _decoded(content[len(mark) :], encoding)
    encoding = _utf16(content)
    if encoding:
        return _decoded(content, encoding)
    if b"\0" in content:
        raise NotTextError(f"not text: byte {content.index(0)} is NUL; export the class list again, as CSV UTF-8")
    try:
        return DecodedText(content.decode("utf-8"), "utf-8")
    except UnicodeDecodeError as error:
        first = error.start
    try:
        return DecodedText(content.decode("cp1252"), WINDOWS)
    except UnicodeDecodeError:
        raise NotTextError(f"not UTF-8 text (byte {first}), and not Windows-1252; save it as CSV UTF-8") from None


def _decoded(content: bytes, encoding: str) -> DecodedText:
    try:
        return DecodedText(content.decode(encoding), encoding)
    except UnicodeDecodeError as error:
        named = encoding.upper().replace("-LE", "").replace("-BE", "")
        raise NotTextError(f"not {named} text (byte {error.start} after the byte-order mark)") from None


def _utf16(content: bytes) -> str:
    """Return the encoding of UTF-16 text without a byte-order mark: every other byte of Latin text is NUL."""
    head = content[:_LOOKED_AT]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if len(content) % 2 or max(even, odd) * 4 < len(head):  # headings are Latin letters for the most part
        return ""
    return "utf-16-le" if odd > even * 4 else "utf-16-be" if even > odd * 4 else ""
