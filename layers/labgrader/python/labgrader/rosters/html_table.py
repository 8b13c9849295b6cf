"""An HTML table that a platform calls a spreadsheet (``ps.xls`` of PeopleSoft)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html.parser import HTMLParser

from labgrader.rosters.file_kinds import other_markup
from labgrader.rosters.table import MAX_COLUMNS, Row, Table, UnreadableFileError, is_blank
from labgrader.rosters.text import DecodedText

_NO_TEXT = frozenset({"script", "style", "title"})
"""Elements with text that no reader of the page sees."""


def read_html(decoded: DecodedText, has_headings: Callable[[Sequence[Row]], bool]) -> Table:
    """Read the table with a class list; the largest one if none has known headings.

    Args:
        decoded: the page.
        has_headings: whether rows begin with the headings of a class list.

    Raises:
        UnreadableFileError: the page has no table.
    """
    parser = _Tables()
    parser.feed(decoded.text)  # close() is not called: it reads an unclosed tag again from each of its characters
    tables = [
        [Row(number, cells) for number, cells in enumerate(table, start=1) if not is_blank(cells)]
        for table in parser.finished()
    ]
    if not any(tables):
        raise UnreadableFileError(other_markup(decoded.text))
    chosen = next((rows for rows in tables if has_headings(rows)), max(tables, key=len))
    return Table(chosen, decoded.encoding)


class _Tables(HTMLParser):
    """Collect the rows of all tables. A table inside a cell is a table of its own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._tables: list[list[list[str]]] = []
        self._open: list[list[list[str]]] = []
        self._cells: list[list[str] | None] = []
        self._columns: list[int] = []
        self._hidden = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a table, a row or a cell."""
        if tag == "table":
            self._open.append([])
            self._cells.append(None)
            self._columns.append(1)
        elif tag in _NO_TEXT:
            self._hidden = tag
        elif not self._open:
            return
        elif tag == "tr":
            self._end_cell()
            self._open[-1].append([])
        elif tag in ("td", "th"):
            self._end_cell()
            if not self._open[-1]:
                self._open[-1].append([])
            self._cells[-1] = []
            self._columns[-1] = _number(dict(attrs).get("colspan"))
        elif tag == "br":
            self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        """End a table, a row or a cell."""
        if tag == self._hidden:
            self._hidden = ""
        elif not self._open:
            return
        elif tag in ("td", "th", "tr"):
            self._end_cell()
        elif tag == "table":
            self._end_table()

    def handle_data(self, data: str) -> None:
        """Add text to the open cell."""
        if self._cells and not self._hidden:
            cell = self._cells[-1]
            if cell is not None:
                cell.append(data)

    def finished(self) -> list[list[list[str]]]:
        """Return all tables. A table without an end is complete, too."""
        while self._open:
            self._end_table()
        return self._tables

    def _end_cell(self) -> None:
        cell = self._cells[-1]
        if cell is None:
            return
        row = self._open[-1][-1]
        if len(row) < MAX_COLUMNS:
            row.append(" ".join("".join(cell).split()))
            row.extend([""] * (min(self._columns[-1], MAX_COLUMNS - len(row) + 1) - 1))
        self._cells[-1] = None

    def _end_table(self) -> None:
        self._end_cell()
        self._tables.append(self._open.pop())
        self._cells.pop()
        self._columns.pop()


def _number(text: str | None) -> int:
    """Return the number of columns that a cell spans."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 4 else 1
