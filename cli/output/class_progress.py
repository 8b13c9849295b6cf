"""Show each student with a result: with a progress bar on a terminal, as a line elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from cli.output import console

Result = Mapping[str, Any]
"""The stored result of one student in a run."""


@contextmanager
def students_finishing(total: int) -> Iterator[Callable[[Result], None]]:
    """Show on standard error how many students of a class have a result.

    Args:
        total: the number of students.

    Yields:
        A function to call with each student's result.
    """
    done = 0
    if not (sys.stderr.isatty() and console.progress_shown()):

        def print_line(result: Result) -> None:
            nonlocal done
            done += 1
            console.info(f"[{done}/{total}] {line(result)}")

        yield print_line
        return
    with Progress(
        SpinnerColumn(),
        TextColumn("grading"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("students"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task("students", total=total)

        def draw(result: Result) -> None:
            bar.console.print(Text(line(result)))
            bar.advance(task)

        yield draw


def line(result: Result) -> str:
    """Return one student's result as a line: ``user1  87.5/100``."""
    text = f"{result['username']}  {console.points(result['points'])}/{console.points(result['max_points'])}"
    if result.get("open_points"):
        text += f", {console.points(result['open_points'])} open"
    return console.printable(text if result.get("status") == "complete" else f"{text}  ({result.get('status')})")
