"""Text with separators: CSV with commas or semicolons, and tabs."""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import re
from collections.abc import Sequence

from labgrader.rosters.headings import KNOWN, fold
from labgrader.rosters.problems import Place
from labgrader.rosters.table import Row, Table, is_blank
from labgrader.rosters.text import DecodedText

_SEPARATORS = (",", ";", "\t")

_SEPARATOR_LINE = re.compile(r'\A[\r\n]*"?sep=([^\r\n"])"?(?:\r\n|\r|\n|\Z)', re.IGNORECASE)
"""The line that tells Excel the separator."""

_HEADING_ROWS = 10
"""Rows at the top that are looked at for headings: some exports have a title above them."""

_CTRL_Z = "\x1a"
"""The mark that DOS programs put at the end of a text file."""


def read_delimited(decoded: DecodedText, place: Place) -> Table:
    """Read text with separators.

    Args:
        decoded: the text.
        place: the place of the class list, for problems.
    """
    text, notices, skipped_lines = decoded.text, [], 0
    if text.rstrip().endswith(_CTRL_Z):
        text = text.rstrip().rstrip(_CTRL_Z)
        notices.append("the Ctrl-Z at the end of the file was skipped")
    separator_line = _SEPARATOR_LINE.match(text)
    if separator_line:
        separator, skipped_lines = separator_line[1], len(separator_line[0].splitlines())
        text = text[separator_line.end() :]
        notices.append(f"line {skipped_lines}, which names the separator, was skipped")
    else:
        separator = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    table = Table([], decoded.encoding, notices)
    try:
        for cells in reader:
            if not is_blank(cells):
                table.rows.append(Row(reader.line_num + skipped_lines, cells))
    except csv.Error as error:
        table.problem = place.problem(f"not CSV: {error}", reader.line_num + skipped_lines)
    return table


def _separator(text: str) -> str:
    """Return the separator that finds the most known headings; of equal ones, the one that finds the most columns."""

    def found(separator: str) -> tuple[int, int]:
        rows = _first_rows(text, separator)
        known = max((sum(fold(cell) in KNOWN for cell in row) for row in rows), default=0)
        return known, len(rows[0]) if rows else 0

    return max(_SEPARATORS, key=found)


def _first_rows(text: str, separator: str) -> Sequence[Sequence[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows: list[list[str]] = []
    with contextlib.suppress(csv.Error):  # the reading that follows reports it
        rows.extend(itertools.islice((row for row in reader if not is_blank(row)), _HEADING_ROWS))
    return rows
