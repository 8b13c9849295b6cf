"""The column that gets the grades."""

from __future__ import annotations

from collections.abc import Sequence

from labgrader.errors import BadInputError
from labgrader.messages import quote
from labgrader.reporting.fill.headings import kinds_of
from labgrader.reporting.fill.layout import Layout, bare_title
from labgrader.reporting.gradebook import GradebookDocument
from labgrader.rosters.headings import fold

_MAX_NAMED = 30
"""How many columns a message names."""


def choose_column(layout: Layout, gradebook: GradebookDocument, wanted: str | None) -> int:
    """Return the index of the column that gets the grades.

    Args:
        layout: the layout of the file.
        gradebook: the gradebook. If several columns may have the grades, the one with the title or the id of the lab is
            taken.
        wanted: the heading that the teacher chose, or None. It may lack what the platform adds to the title.

    Raises:
        BadInputError: the column is not plain, or it cannot have grades.
    """
    if wanted is not None:
        return _wanted(layout, wanted)
    if len(layout.candidates) == 1:
        return layout.candidates[0]
    titles = {fold(gradebook["lab"]), fold(gradebook.get("lab_title") or gradebook["lab"])}
    of_lab = [column for column in layout.candidates if fold(bare_title(layout.headings[column])) in titles]
    if len(of_lab) == 1:
        return of_lab[0]
    if layout.candidates:
        raise BadInputError(
            [
                f"{len(layout.candidates)} columns can take the grades; choose one with --column: "
                f"{_listed(layout, layout.candidates)}"
            ]
        )
    others = [column for column in range(len(layout.headings)) if layout.headings[column]]
    raise BadInputError([f"no column can take the grades; the columns of the file are: {_listed(layout, others)}"])


def _wanted(layout: Layout, wanted: str) -> int:
    headings = layout.headings
    columns = [column for column in range(len(headings)) if headings[column] == wanted.strip()]
    columns = columns or [column for column in range(len(headings)) if fold(headings[column]) == fold(wanted)]
    columns = columns or [
        column for column in range(len(headings)) if fold(bare_title(headings[column])) == fold(wanted)
    ]
    if not columns:
        offered = layout.candidates or [column for column in range(len(headings)) if headings[column]]
        raise BadInputError([f"the file has no column {quote(wanted)}; it has: {_listed(layout, offered)}"])
    if len(columns) > 1:
        raise BadInputError(
            [f"{len(columns)} columns match {quote(wanted)}; give the whole heading: {_listed(layout, columns)}"]
        )
    column = columns[0]
    if column in layout.read_only:
        raise BadInputError([f"column {quote(headings[column])} cannot be filled: {layout.read_only[column]}"])
    if column not in layout.candidates and (column in layout.identity or kinds_of(headings[column])):
        raise BadInputError([f"column {quote(headings[column])} cannot be filled: it has no grades"])
    if column in (layout.lock, layout.maximum):
        raise BadInputError([f"column {quote(headings[column])} cannot be filled: it has no grades"])
    return column


def _listed(layout: Layout, columns: Sequence[int]) -> str:
    named = ", ".join(f"“{quote(layout.headings[column])}”" for column in columns[:_MAX_NAMED])
    more = len(columns) - _MAX_NAMED
    return f"{named} and {more} more" if more > 0 else named
