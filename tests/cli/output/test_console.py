"""Printed text has no control characters, and tables are readable in a pipe."""

from __future__ import annotations

import io
import sys

import pytest

from cli.output import console
from cli.output.class_progress import line


def test_control_characters_and_bidi_marks_become_visible() -> None:
    assert console.printable("ok\x1b[2Jgone\x07\u202e\ud800") == "ok\ufffd[2Jgone\ufffd\ufffd\ufffd"


def test_newlines_are_kept_only_on_request() -> None:
    assert console.printable("a\nb") == "a\ufffdb"
    assert console.printable("a\nb", console.KEEP) == "a\nb"


def test_a_table_in_a_pipe_is_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    console.output_table(("student", "points"), [("user1", "100"), ("user10", "7.5")], numbers=("points",))
    assert capsys.readouterr().out == "student  points\nuser1       100\nuser10      7.5\n"


def test_a_row_cannot_break_out_of_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    console.output_table(("student",), [("a\nuser2  100\x1b[31m",)])
    assert capsys.readouterr().out == "student\na\ufffduser2  100\ufffd[31m\n"


class Terminal(io.StringIO):
    """A standard output that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_narrow_terminal_gets_a_whole_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "24")
    monkeypatch.setenv("TERM", "dumb")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    console.output_table(
        ("student", "points", "what failed"), [("user1", "87.5", "[red]Layers[/red] are attached")], numbers=("points",)
    )
    drawn = "".join(terminal.getvalue().split())
    assert "87.5" in drawn
    assert "[" in drawn  # markup is text, not color
    assert "\x1b" not in drawn


@pytest.mark.parametrize(("value", "text"), [(100.0, "100"), (87.5, "87.5"), (0.0, "0"), (3.33, "3.33"), (10, "10")])
def test_points_have_no_trailing_zeros(value: float, text: str) -> None:
    assert console.points(value) == text


def test_only_text_above_the_width_is_cut() -> None:
    assert console.shorten("12345", 5) == "12345"
    assert console.shorten("123456", 5) == "1234…"


def test_the_line_of_a_student_has_points_and_status() -> None:
    result = {"username": "user1", "points": 87.5, "max_points": 100, "open_points": 0, "status": "complete"}
    assert line(result) == "user1  87.5/100"
    assert line({**result, "open_points": 8, "status": "incomplete"}) == "user1  87.5/100, 8 open  (incomplete)"
