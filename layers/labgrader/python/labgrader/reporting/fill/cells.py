"""The cells of a CSV file with their places in its bytes, so that single cells can be replaced."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from labgrader.reporting.fill.encoding import Encoding, find_encoding

SEPARATORS = ",;\t"
"""What may separate the cells of a file. The first one is taken if the first line has none or equally many."""

QUOTE = '"'

_SEP_LINE = re.compile(r'"?sep=(?P<separator>[,;\t])"?[,;\t]*(?:\r\n|\r|\n|\Z)', re.IGNORECASE)
"""A first line that tells Excel the separator."""


@dataclass(frozen=True)
class Cell:
    """A cell of a file.

    Args:
        start, end: its place in the file, in code units, with its quotation marks.
        text: its text, without quotation marks.
        quoted: whether it begins with a quotation mark.
        closed: whether its quotation mark has an end.
    """

    start: int
    end: int
    text: str
    quoted: bool = False
    closed: bool = True


@dataclass(frozen=True)
class Row:
    """A row of a file. ``number`` counts the rows of the file from 1, as a spreadsheet does."""

    number: int
    cells: Sequence[Cell]

    def text(self, column: int) -> str:
        """Return the text of a cell without blanks around it; empty if the row is too short."""
        return self.cells[column].text.strip() if 0 <= column < len(self.cells) else ""

    @property
    def is_empty(self) -> bool:
        """Whether no cell has a character that can be seen."""
        return not any(character.isprintable() and character != " " for cell in self.cells for character in cell.text)


@dataclass(frozen=True)
class CsvFile:
    """A CSV file: its bytes, and the places of its cells.

    Args:
        content: the bytes.
        encoding, separator: how they are read.
        rows: the rows, without a ``sep=`` line.
    """

    content: bytes
    encoding: Encoding
    separator: str
    rows: Sequence[Row]

    def replace(self, column: int, texts: Mapping[int, str]) -> bytes:
        """Return the file with other texts in some cells of a column, and every other byte as it was.

        A cell with quotation marks keeps them. A cell without them gets them if its text needs them. A row that is too
        short for the column gets the separators that are missing.

        Args:
            column: the index of the column.
            texts: the new text of a cell, by the index of its row in ``rows``.
        """
        pieces: list[bytes] = []
        done = 0
        for index in sorted(texts):
            cells = self.rows[index].cells
            if column < len(cells):
                cell = cells[column]
                start, text = cell.start, self._written(texts[index], quoted=cell.quoted)
            else:
                cell = cells[-1]
                start = cell.end
                text = self.separator * (column - len(cells) + 1) + self._written(texts[index], quoted=False)
            pieces += [self.content[done : self.encoding.place(start)], text.encode(self.encoding.name)]
            done = self.encoding.place(cell.end)
        return b"".join([*pieces, self.content[done:]])

    def _written(self, text: str, *, quoted: bool) -> str:
        if quoted or text.startswith(QUOTE) or any(mark in text for mark in (self.separator, "\r", "\n")):
            return QUOTE + text.replace(QUOTE, QUOTE * 2) + QUOTE
        return text


def read_csv(content: bytes) -> CsvFile:
    """Read a CSV file of any separator, encoding and kind of line ends.

    A cell is quoted if it begins with a quotation mark. A quoted cell may have separators and line ends.

    Raises:
        BadInputError: the file is not a text with cells.
    """
    encoding = find_encoding(content)
    units = encoding.units(content)
    said = _SEP_LINE.match(units)
    separator = said["separator"] if said else _separator(units)
    rows: list[Row] = []
    cells: list[Cell] = []
    for found in _cell_pattern(separator).finditer(units, said.end() if said else 0):
        if not cells and found.start() == len(units):
            break  # the last line has an end: no row follows
        cells.append(_cell(found, encoding))
        if found["end"] != separator:
            rows.append(Row(len(rows) + (2 if said else 1), cells))
            cells = []
    return CsvFile(content, encoding, separator, rows)


@cache
def _cell_pattern(separator: str) -> re.Pattern[str]:
    """Return the pattern of a cell and of what ends it. What follows a closing quotation mark belongs to the cell."""
    plain = rf"[^{separator}\r\n]*+"
    return re.compile(
        rf'(?:(?P<open>")(?P<inner>(?:[^"]++|"")*+)(?P<close>"?))?(?P<rest>{plain})(?P<end>{separator}|\r\n|\r|\n|\Z)'
    )


def _cell(found: re.Match[str], encoding: Encoding) -> Cell:
    inner = (found["inner"] or "").replace(QUOTE * 2, QUOTE)
    text = encoding.text(inner + found["rest"])
    return Cell(found.start(), found.end("rest"), text, bool(found["open"]), not found["open"] or bool(found["close"]))


def _separator(units: str) -> str:
    """Return the separator that the first line with text has most often, outside of quotation marks."""
    counts = dict.fromkeys(SEPARATORS, 0)
    quoted = False
    for unit in units.lstrip("\r\n "):
        if unit == QUOTE:
            quoted = not quoted
        elif not quoted and unit in "\r\n":
            break
        elif not quoted and unit in counts:
            counts[unit] += 1
    return max(SEPARATORS, key=lambda separator: counts[separator])
