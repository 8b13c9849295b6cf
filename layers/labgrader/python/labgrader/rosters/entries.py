"""The rows of a class list by column, before they are students."""

from __future__ import annotations

from dataclasses import dataclass, field

from labgrader.errors import Problem
from labgrader.rosters.problems import Place


@dataclass
class Entry:
    """A row of a class list.

    Args:
        row: its number.
        cells: the text of each column that the row has. ``login`` is the account of the learning platform.
        moved: where a cell comes from that another file gave: the place and the row there.
    """

    row: int
    cells: dict[str, str]
    moved: dict[str, tuple[Place, int]] = field(default_factory=dict)

    def value(self, column: str) -> str:
        """Return the trimmed text of a column; empty if the row has none."""
        return self.cells.get(column, "").strip()


@dataclass
class Entries:
    """The rows of a class list, and what is known of the whole file.

    Args:
        format: the id of the file's shape.
        title: what messages call such a file.
        place: where the class list is.
        rows: the rows.
        columns: the columns that the file has.
        encoding: the encoding of the file.
        notices: what was passed over or changed.
        problems: what is wrong.
        merges: whether a student may have several rows.
        workbook: whether the file is a workbook.
        restored: account IDs that have their leading zeros again, for a notice.
    """

    format: str
    title: str
    place: Place
    rows: list[Entry] = field(default_factory=list)
    columns: frozenset[str] = frozenset()
    encoding: str = ""
    notices: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    merges: bool = False
    workbook: bool = False
    restored: list[str] = field(default_factory=list)


MAX_SHOWN = 10
"""Examples that one notice shows; the others are counted."""


def examples(values: list[str]) -> str:
    """Return the first values of a notice, and how many more there are."""
    more = len(values) - MAX_SHOWN
    return ", ".join(values[:MAX_SHOWN]) + (f" and {more:,} more" if more > 0 else "")
