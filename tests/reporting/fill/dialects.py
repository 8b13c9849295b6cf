"""CSV files of any dialect, the same for the same seed."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

TEXTS = (
    "", " ", "Lovelace, Ada", "Müller; Jörg", 'Ada "the first" King', "two\nlines", "two\r\nlines", "=1+1", "'", "a\tb",
    "007", "1,5", "1.5", "EX", '"', '""', "O'Neil", "x" * 40, "Zoë", "|12", "sep=;", "\\", "ÿ",
)  # fmt: skip

WIDE = ("張偉", "محمد", "𝒜da", "\u202eTxen", "e\u0301")
"""Texts that only Unicode has."""

ENCODINGS = ("utf-8", "utf-8-sig", "cp1252", "utf-16-le", "utf-16-be", "utf-16-le with a mark", "utf-16-be with a mark")


@dataclass(frozen=True)
class Dialect:
    """How a file is written."""

    encoding: str
    separator: str
    line_end: str
    quoting: Literal[0, 1, 2]
    last_line_has_end: bool
    sep_line: bool

    def write(self, rows: Sequence[Sequence[str]]) -> bytes:
        """Return rows as a file of this dialect."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=self.separator, lineterminator=self.line_end, quoting=self.quoting)
        writer.writerows(rows)
        written = text.getvalue()
        if not self.last_line_has_end:
            written = written.removesuffix(self.line_end)
        if self.sep_line:
            written = f"sep={self.separator}{self.line_end}{written}"
        codec = self.encoding.removesuffix(" with a mark")
        mark = "\ufeff" if codec != self.encoding else ""
        return (mark + written).encode(codec)

    def read(self, content: bytes) -> list[list[str]]:
        """Return the rows of a file of this dialect, as Python's own reader reads them."""
        text = content.decode(self.encoding.removesuffix(" with a mark")).removeprefix("\ufeff")
        if self.sep_line:
            text = text.removeprefix(f"sep={self.separator}{self.line_end}")
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=self.separator))


def any_dialect(dice: random.Random) -> Dialect:
    """Return a dialect that platforms and spreadsheets write."""
    line_end = dice.choice(["\n", "\r\n", "\r"])
    return Dialect(
        dice.choice(ENCODINGS),
        dice.choice(",;\t"),
        line_end,
        # with \r, Python's writer does not quote a cell with \n
        csv.QUOTE_ALL if line_end == "\r" else dice.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
        dice.random() < 0.7,
        dice.random() < 0.2,
    )


def any_text(dice: random.Random, dialect: Dialect) -> str:
    """Return the text of a cell that the encoding of a dialect has."""
    texts = TEXTS if dialect.encoding == "cp1252" else TEXTS + WIDE
    return dice.choice(texts)
