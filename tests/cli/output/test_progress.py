"""Progress on a terminal and elsewhere, and none of it with `--quiet`."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator

import pytest

from cli.output import console
from cli.output.class_progress import students_finishing
from cli.output.load_progress import load_line
from labgrader.load_testing.progress import LoadProgress

RESULT = {"username": "user1", "points": 87.5, "max_points": 100, "status": "complete"}
PROGRESS = LoadProgress(
    planned=100, sent=70, answered=63, succeeded=63, throttled=0, failed=0, elapsed_s=3.15, p50_ms=52.4, p95_ms=97.6,
    phase="load",
)  # fmt: skip


class Screen(io.StringIO):
    """A standard error that may be a terminal."""

    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


@pytest.fixture(autouse=True)
def _quiet_ends_with_the_test() -> Iterator[None]:
    yield
    console.show_progress(True)


def shown(monkeypatch: pytest.MonkeyPatch, *, terminal: bool, quiet: bool) -> str:
    screen = Screen(terminal)
    monkeypatch.setattr(sys, "stderr", screen)
    console.show_progress(not quiet)
    with students_finishing(1) as finished:
        finished(RESULT)
    with load_line() as tell:
        tell(PROGRESS)
    return screen.getvalue()


def test_each_progress_is_a_line_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, terminal=False, quiet=False) == (
        "[1/1] user1  87.5/100\nload 63/100  3.1 s  20 answered/s  p50 52 ms  p95 98 ms\n"
    )


def test_a_terminal_shows_each_student_and_the_progress_of_a_load_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    said = shown(monkeypatch, terminal=True, quiet=False)
    assert "user1  87.5/100" in said
    assert "load 63/100" in said


@pytest.mark.parametrize("terminal", [False, True])
def test_quiet_hides_progress(terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    assert shown(monkeypatch, terminal=terminal, quiet=True) == ""
