"""A table as every reader of a file gives it: rows with the numbers that the file has them under."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from labgrader.errors import Problem

MAX_BYTES = 20_000_000
"""Bytes of a class list: 2,000 for each of 10,000 students."""

MAX_ROWS = 100_000
"""Rows of a worksheet that are read. The rows of a class list are at the top; blank ones are counted, too."""

MAX_COLUMNS = 1_000
"""Columns of an HTML table that are read. The identity columns of all platforms come first."""


class UnreadableFileError(Exception):
    """The file is no table that labgrader reads. The message says what it is, and what to do."""


@dataclass(frozen=True)
class Row:
    """A row that is not blank.

    Args:
        number: its line in a text file, its row in a workbook or an HTML table, counted from 1.
        cells: the text of its cells.
    """

    number: int
    cells: Sequence[str]


@dataclass
class Table:
    """A table and how it was read.

    Args:
        rows: the rows that are not blank, the headings among them.
        encoding: the encoding of the text, or ``xlsx``.
        notices: what was passed over.
        problem: what ended the reading early, or None.
    """

    rows: list[Row]
    encoding: str
    notices: list[str] = field(default_factory=list)
    problem: Problem | None = None


def is_blank(cells: Sequence[str]) -> bool:
    """Return whether no cell of a row has text."""
    return not any(cell.strip() for cell in cells)
