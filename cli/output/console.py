"""Print progress to standard error and results to standard output, without control characters."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from labgrader.labs.points import points_text

KEEP = frozenset("\n\t")


def printable(text: object, keep: frozenset[str] = frozenset()) -> str:
    """Return text without control characters. A student's text must not move the cursor or change a color.

    Args:
        text: the text, or any value.
        keep: control characters to keep.
    """
    return "".join(
        character if character.isprintable() or character in keep else "\N{REPLACEMENT CHARACTER}"
        for character in str(text)
    )


def shorten(text: str, width: int) -> str:
    """Return text of at most ``width`` characters. Cut text ends with an ellipsis."""
    return text if len(text) <= width else f"{text[: max(0, width - 1)]}…"


class _Settings:
    """Settings of the output."""

    progress = True


def show_progress(shown: bool) -> None:
    """Turn progress on or off. ``--quiet`` turns it off."""
    _Settings.progress = shown


def progress_shown() -> bool:
    """Return whether progress is printed."""
    return _Settings.progress


def info(text: str) -> None:
    """Print one or several lines of progress to standard error, unless ``--quiet`` was given."""
    if progress_shown():
        error(text)


def error(text: str) -> None:
    """Print an error, a warning or a final hint to standard error. ``--quiet`` does not hide it."""
    print(printable(text, KEEP), file=sys.stderr, flush=True)


def output(text: str) -> None:
    """Print a result to standard output."""
    print(printable(text, KEEP), flush=True)


def styled(text: str, style: str) -> None:
    """Print one line of a result to standard output, in a style of Rich on a terminal."""
    Console(file=sys.stdout, highlight=False, soft_wrap=True).print(Text(printable(text), style))


def output_json(document: Any) -> None:
    """Print a result as JSON."""
    print(json.dumps(document, indent=1), flush=True)


def give_content(content: bytes) -> None:
    """Write the content of a file to standard output. A terminal gets it without control characters."""
    if sys.stdout.isatty():
        output(content.decode("utf-8", "replace").rstrip("\n"))
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def terminal_width() -> int:
    """Return the width of the terminal in characters, or 0 if standard output is not a terminal."""
    return Console(file=sys.stdout).width if sys.stdout.isatty() else 0


def output_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    numbers: Sequence[str] = (),
    unbroken: Sequence[str] = (),
    expand: bool = False,
    ids: Sequence[str] = (),
    optional: Sequence[str] = (),
) -> None:
    """Print a table: with a frame on a terminal, as plain lines elsewhere.

    Args:
        columns: the headings.
        rows: one sequence for each row, as long as the headings.
        numbers: the headings of the columns to align to the right.
        unbroken: the headings of other columns with cells that a terminal must not break into lines.
        expand: whether the table takes the whole width of the terminal.
        ids: the headings of columns with ids that people copy. A terminal shows each id on one line.
        optional: the headings of columns that are left out, in this order, if the terminal is too narrow for whole ids.
    """
    cells = [[printable(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        terminal = Console(file=sys.stdout)
        shown = _fitting(columns, cells, optional, terminal.width) if ids else list(range(len(columns)))
        table = Table(header_style="bold", expand=expand)
        for index in shown:
            table.add_column(
                Text(columns[index]),
                justify="right" if columns[index] in numbers else "left",
                no_wrap=columns[index] in {*numbers, *unbroken, *ids},
                overflow="fold",
                min_width=_width(columns, cells, index) if columns[index] in ids else None,
            )
        for row in cells:
            table.add_row(*[Text(row[index]) for index in shown])
        terminal.print(table)
        return
    widths = [_width(columns, cells, index) for index in range(len(columns))]
    for line in [list(columns), *cells]:
        parts = [
            cell.rjust(width) if column in numbers else cell.ljust(width)
            for column, cell, width in zip(columns, line, widths, strict=True)
        ]
        print("  ".join(parts).rstrip())
    sys.stdout.flush()


def _width(columns: Sequence[str], cells: Sequence[Sequence[str]], index: int) -> int:
    """Return the width of a column, with its heading."""
    return max(len(line[index]) for line in (columns, *cells))


def _fitting(columns: Sequence[str], cells: Sequence[Sequence[str]], optional: Sequence[str], width: int) -> list[int]:
    """Return the indexes of the columns that fit a terminal, each as wide as its longest cell."""
    shown = list(range(len(columns)))
    for column in optional:
        frame = 3 * len(shown) + 1  # a blank on each side of a cell, and the lines
        if sum(_width(columns, cells, index) for index in shown) + frame <= width:
            break
        shown = [index for index in shown if columns[index] != column]
    return shown


def duration(value: float) -> str:
    """Return a number of seconds as text: ``12 s``, ``3 min 20 s``."""
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def points(value: float) -> str:
    """Return points as text with at most two decimals: ``87.5``, ``100``."""
    return points_text(value)


def give_pairs(pairs: Mapping[str, object]) -> None:
    """Print names and values, one pair on each line."""
    width = max((len(name) for name in pairs), default=0)
    for name, value in pairs.items():
        output(f"{name.ljust(width)}  {value}")
