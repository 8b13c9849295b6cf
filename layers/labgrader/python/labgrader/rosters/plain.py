"""The class list of labgrader itself: CSV or JSON with the columns of the reference."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from labgrader.errors import Problem
from labgrader.messages import quote
from labgrader.rosters import skipped_rows
from labgrader.rosters.entries import Entries, Entry, examples
from labgrader.rosters.headings import fold
from labgrader.rosters.problems import Place
from labgrader.rosters.student import COLUMNS
from labgrader.rosters.table import Row, is_blank

FORMAT = "labgrader"
"""The ``format`` of a class list with the columns of the reference."""

_TITLE = "a class list"

_FOLDED = {fold(column): column for column in COLUMNS}


def column_of(heading: str) -> str:
    """Return the column that a heading names, or the heading as messages show it."""
    return _FOLDED.get(fold(heading), heading.strip().lower().replace(" ", "_"))


def is_plain(headings: Sequence[str]) -> bool:
    """Return whether a row has the headings of a class list with usernames, or no other headings than the reference."""
    columns = [column_of(heading) for heading in headings if heading.strip()]
    return "username" in columns or (bool(columns) and set(columns) <= set(COLUMNS))


def plain_entries(header: Row, rows: Sequence[Row], place: Place, *, needs_username: bool = True) -> Entries:
    """Return the rows below the headings of the reference.

    Args:
        header: the headings.
        rows: the rows below them.
        place: where the class list is.
        needs_username: whether the column with usernames has to be there.
    """
    named = [column_of(heading) for heading in header.cells]
    filled = max((index for row in rows for index, cell in enumerate(row.cells) if cell.strip()), default=-1)
    while named and not named[-1] and len(named) > filled + 1:
        named.pop()
    used = {index for index, name in enumerate(named) if name or any(_cell(row, index) for row in rows)}
    names = [named[index] for index in sorted(used)]
    entries = Entries(FORMAT, _TITLE, place, columns=frozenset(names))
    entries.problems += _column_problems(names, place, header.number)
    if needs_username and "username" not in names:
        entries.problems.append(place.problem("this column is required", header.number, "username"))
    skipped = []
    for row in rows:
        if not is_blank(row.cells[len(named) :]):
            said = f"the row has {len(row.cells)} cells, the header has {len(named)}"
            entries.problems.append(place.problem(said, row.number))
        cells = {named[index]: row.cells[index] for index in sorted(used) if index < len(row.cells)}
        word = skipped_rows.total(row.cells, _identity(cells, row.cells))
        if word:
            skipped.append(f"{row.number} ({quote(word, 40)})")
        else:
            entries.rows.append(Entry(row.number, cells))
    if skipped:
        entries.notices.append(f"skipped, not a student: row {examples(skipped)}")
    return entries


def _identity(cells: Mapping[str, str], row: Sequence[str]) -> Sequence[str]:
    """Return the values of a row that no total has: an address, and a username alone or beside another first cell."""
    username = cells.get("username", "").strip()
    first, *others = [cell.strip() for cell in row if cell.strip()]
    is_student = bool(others) if username != first else not others
    of_student = username if is_student and not skipped_rows.is_number(username) else ""
    return [cells.get("email", ""), of_student]


def json_entries(text: str, place: Place, columns: Sequence[str] = COLUMNS) -> Entries:
    """Return the rows of a JSON class list, counted from 0. Fields that are not among the columns are problems."""
    entries = Entries(FORMAT, _TITLE, place, columns=frozenset(columns))
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        entries.problems.append(place.problem(f"not JSON: {error}"))
        return entries
    if isinstance(document, dict):
        document = document.get("students")
    if not isinstance(document, list):
        entries.problems.append(place.problem('a JSON roster is a list of students, or {"students": [...]}'))
        return entries
    for number, entry in enumerate(document):
        if not isinstance(entry, dict):
            entries.problems.append(place.problem("is not an object", number))
            continue
        unknown = sorted(set(entry) - set(columns))
        entries.problems += [place.problem(_unknown(name), number, quote(name)) for name in unknown]
        cells = {name: _text(entry[name]) for name in columns if name in entry}
        entries.problems += [place.problem("is not text", number, name) for name in cells if cells[name] is None]
        if cells.get("username", "") is not None:  # a username that is not text is a problem already
            entries.rows.append(Entry(number, {name: cell or "" for name, cell in cells.items()}))
    return entries


def _text(value: Any) -> str | None:
    """Return a JSON value as text; ``None`` if it is not text: stored text has to be UTF-8."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    try:
        return str(value).encode().decode()
    except (UnicodeEncodeError, ValueError):  # half of a character; a number with more digits than Python writes
        return None


def _cell(row: Row, index: int) -> str:
    return row.cells[index].strip() if index < len(row.cells) else ""


def _column_problems(names: Sequence[str], place: Place, line: int) -> list[Problem]:
    problems = [place.problem(_unknown(name), line, quote(name)) for name in names if name not in COLUMNS]
    twice = sorted({name for name in names if names.count(name) > 1})
    return problems + [place.problem("is given twice", line, name) for name in twice]


def _unknown(name: str) -> str:
    what = "unknown column" if name else "a column without a name"
    return f"{what}; the columns are: {', '.join(COLUMNS)}"
