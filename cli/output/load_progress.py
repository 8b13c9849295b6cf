"""Show the progress of a load test: one updated line on a terminal, a line every two seconds elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.text import Text

from cli.output import console
from labgrader.load_testing.progress import LoadProgress

PAUSE_S = 2.0
"""Seconds between two lines if there is no terminal."""


@contextmanager
def load_line() -> Iterator[Callable[[LoadProgress], None]]:
    """Show the progress of a load test on standard error.

    Yields:
        A function to call with each new progress.
    """
    if sys.stderr.isatty() and console.progress_shown():
        with Live(console=Console(stderr=True), transient=True, refresh_per_second=5) as live:
            yield lambda progress: live.update(Text(line(progress)))
        return
    printed_at = 0.0

    def print_line(progress: LoadProgress) -> None:
        nonlocal printed_at
        if time.monotonic() - printed_at >= PAUSE_S:
            printed_at = time.monotonic()
            console.info(line(progress))

    yield print_line


def line(progress: LoadProgress) -> str:
    """Return the progress as a line: ``load 63/100  3.1 s  20 answered/s  p50 52 ms  p95 97 ms  2 throttled``."""
    rate = progress.answered / progress.elapsed_s if progress.elapsed_s > 0 else 0.0
    parts = [
        f"{progress.phase} {progress.answered}/{progress.planned}",
        f"{progress.elapsed_s:.1f} s",
        f"{rate:,.0f} answered/s",
        f"p50 {progress.p50_ms:,.0f} ms",
        f"p95 {progress.p95_ms:,.0f} ms",
    ]
    parts += [f"{progress.throttled} throttled"] if progress.throttled else []
    parts += [f"{progress.failed} failed"] if progress.failed else []
    return "  ".join(parts)
