"""The encoding of a file, and the file as a string with one character for each code unit."""

from __future__ import annotations

import sys
from array import array
from dataclasses import dataclass

from labgrader.errors import BadInputError

_LOOKED_AT = 4_096
"""Bytes at the beginning of a file that are searched for zeros."""

_NOT_CSV = (
    (b"PK\x03\x04", "an Excel workbook (.xlsx)"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook (.xls)"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a compressed file"),
)
"""How files that are not text begin."""


@dataclass(frozen=True)
class Encoding:
    """The encoding of a file.

    Args:
        name: the codec, without a byte-order mark.
        mark: how many bytes the byte-order mark has; 0 without one.
        width: how many bytes a code unit has: 2 for UTF-16, otherwise 1.
    """

    name: str
    mark: int = 0
    width: int = 1

    def units(self, content: bytes) -> str:
        """Return a file as a string with one character for each code unit after the byte-order mark.

        Separators, quotation marks and line ends are ASCII, and one code unit each. So the index of a character gives
        the place of its bytes. A last byte that is no whole unit is left out.
        """
        if self.width == 1:
            return content[self.mark :].decode("latin-1")
        body = content[self.mark :]
        units = array("H", body[: len(body) // 2 * 2])
        if (self.name == "utf-16-le") != (sys.byteorder == "little"):
            units.byteswap()
        return "".join(map(chr, units))

    def text(self, units: str) -> str:
        """Return the text of code units."""
        raw = units.encode("latin-1") if self.width == 1 else b"".join(ord(unit).to_bytes(2, "big") for unit in units)
        return raw.decode(self.name if self.width == 1 else "utf-16-be", "replace")

    def place(self, index: int) -> int:
        """Return the place in the file of the code unit with this index."""
        return self.mark + index * self.width


def find_encoding(content: bytes) -> Encoding:
    """Return the encoding of a file with text: UTF-8, UTF-16 or Windows-1252.

    Args:
        content: the file.

    Raises:
        BadInputError: the file is not a text with cells.
    """
    for begins, what in _NOT_CSV:
        if content.startswith(begins):
            raise BadInputError([f"the file is {what}; export the grades as CSV, and fill that file"])
    encoding = _by_mark(content) or _by_zeros(content) or Encoding("utf-8" if _is_utf_8(content) else "cp1252")
    if encoding.units(content[: _LOOKED_AT // 2 * 2]).lstrip()[:1] == "<":
        raise BadInputError(["the file is an HTML table; export the grades as CSV, and fill that file"])
    return encoding


def _by_mark(content: bytes) -> Encoding | None:
    for mark, name, width in (
        (b"\xef\xbb\xbf", "utf-8", 1),
        (b"\xff\xfe", "utf-16-le", 2),
        (b"\xfe\xff", "utf-16-be", 2),
    ):
        if content.startswith(mark):
            return Encoding(name, len(mark), width)
    return None


def _by_zeros(content: bytes) -> Encoding | None:
    """Return UTF-16 if at least half of every second byte are zeros, as in ASCII text. One zero is no UTF-16."""
    even, odd = content[:_LOOKED_AT:2].count(0), content[1:_LOOKED_AT:2].count(0)
    if 4 * max(even, odd) < len(content[:_LOOKED_AT]) or not content:
        return None
    return Encoding("utf-16-be" if even > odd else "utf-16-le", 0, 2)


def _is_utf_8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
