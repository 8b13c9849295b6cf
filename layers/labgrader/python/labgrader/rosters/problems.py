"""Where the problems of a class list are, and how many of them are shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from labgrader.errors import Problem

MAX_PROBLEMS = 20
"""The most problems of one class list that are shown. The others are counted: 10,000 lines help no reader, and an event
may have 256 KB."""


@dataclass(frozen=True)
class MoreProblems(Problem):
    """The last entry of a long list of problems: how many more there are.

    Args:
        count: the number of problems that are not shown.
    """

    count: int = 0


def first_problems(problems: Iterable[Problem | str]) -> list[Problem | str]:
    """Return the first ``MAX_PROBLEMS`` problems. If there are more, the last entry counts them."""
    found = list(problems)
    more = len(found) - MAX_PROBLEMS
    if more <= 0:
        return found
    first = found[0] if isinstance(found[0], Problem) else Problem("")
    said = f"{more:,} more problem{'' if more == 1 else 's'}"
    return [*found[:MAX_PROBLEMS], MoreProblems(said, first.source, None, _first_part(first.field), more)]


def _first_part(field: str) -> str:
    """Return the field of a request in front of an index or a line: ``roster`` of ``roster[3].username``."""
    return field.partition("[")[0].partition(":")[0] if field.startswith("roster") else ""


@dataclass(frozen=True)
class Place:
    """Where the problems of a class list are.

    Args:
        source: the file, or empty.
        field: the field of a request with the class list, or empty.
        by_index: whether rows are the entries of a JSON list, counted from 0 as in ``roster[1]``, and not lines.
    """

    source: str
    field: str = ""
    by_index: bool = False

    def row(self, number: int) -> str:
        """Return a row as the problem of another row names it."""
        return f"at {self.field}[{number}]" if self.by_index else f"on row {number}"

    def problem(self, message: str, row: int | None = None, column: str = "") -> Problem:
        """Return a problem of the class list, of one of its rows, or of a cell."""
        if self.by_index:
            at = self.field if row is None else f"{self.field}[{row}]"
            return Problem(message, self.source, field=".".join(part for part in (at, column) if part))
        if not self.field:
            return Problem(message, self.source, row, column)
        line = "" if row is None else f"line {row}"
        return Problem(message, self.source, field=": ".join(part for part in (self.field, line, column) if part))
