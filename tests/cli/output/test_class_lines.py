"""The class table in the terminal: names, points, what to fix, totals, students with nothing at all."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.output.class_table import MAX_STUDENTS, Fetched, give_class_table, give_nothing_found, what_to_fix_words

Capture = pytest.CaptureFixture[str]


def check(status: str, title: str = "t", *requires: str) -> Any:
    points = {"passed": 5, "partial": 2.5}.get(status, 0)
    return {"id": title, "status": status, "title": title, "points": points, "max_points": 5, "requires": requires}


def report(username: str, *checks: dict[str, Any], name: str = "", **more: Any) -> Any:
    points, most = sum(part["points"] for part in checks), sum(part["max_points"] for part in checks)
    graded = all(part["status"] != "not_graded" for part in checks)
    return {
        "student": {"username": username, "name": name},
        "account_id": "111122223333",
        "region": "us-east-1",
        "status": "complete" if graded else "incomplete",
        "score": {"points": points, "max_points": most, "percent": 100 * points / most},
        "checks": checks,
        **more,
    }


def fetched(*reports: Any) -> Fetched:
    by_username = {found["student"]["username"]: found for found in reports}
    return Fetched(Path(), {"students": [{"username": username} for username in by_username]}, by_username)


CLASS = (
    report("user1", check("passed", "One"), check("passed", "Two"), name="Ada Lovelace"),
    report("user2", check("failed", "One"), check("skipped", "Two", "One")),
    report("user10", check("passed", "One"), check("not_graded", "Two"), name="Grace Hopper"),
)


def test_the_table_has_names_points_and_a_line_of_totals(capsys: Capture) -> None:
    give_class_table(fetched(*CLASS))
    assert capsys.readouterr().out == (
        "student  name          points  of  status      what to fix\n"
        "user1    Ada Lovelace      10  10  complete\n"
        "user2                       0  10  complete    One (5 points, and 5 more in 1 check that waits for it)\n"
        "user10   Grace Hopper       5  10  incomplete  1 not graded\n"
        "\n"
        "3 students: mean 50% (of 2 fully graded), full marks 1, not fully graded 1\n"
    )


def test_a_class_without_names_has_no_column_for_them(capsys: Capture) -> None:
    give_class_table(fetched(CLASS[1]))
    assert capsys.readouterr().out.splitlines()[0] == "student  points  of  status    what to fix"


def test_students_with_nothing_at_all_are_listed_after_the_totals(capsys: Capture) -> None:
    nothing = [report(f"user{number}", check("failed"), nothing_found=True) for number in (1, 2)]
    give_class_table(fetched(*nothing))
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "2 students: mean 0%, full marks 0, not fully graded 0",
        "2 students have nothing at all in account 111122223333, Region us-east-1: check the list (user1, user2)",
    ]


@pytest.mark.parametrize(("students", "more"), [(MAX_STUDENTS, ""), (MAX_STUDENTS + 1, " and 1 more")])
def test_twelve_students_are_named_and_the_others_counted(students: int, more: str) -> None:
    lines: list[str] = []
    reports = [report(f"u{number}", check("failed"), nothing_found=True) for number in range(students)]
    give_nothing_found(fetched(*reports), lines.append)
    listed = ", ".join(f"u{number}" for number in range(MAX_STUDENTS))
    assert lines == [
        f"{students} students have nothing at all in account 111122223333, Region us-east-1: check the list "
        f"({listed}{more})"
    ]


def report_of(checks: Any) -> Any:
    return {"checks": checks}


def test_the_three_costliest_checks_are_named_and_the_others_counted() -> None:
    assert what_to_fix_words(report_of([check("passed"), check("skipped")])) == ""
    three = [check("failed", "a"), check("partial", "b"), check("failed", "c")]
    assert what_to_fix_words(report_of(three)) == "a (5 points); c (5 points); b (2.5 points)"
    named = "a (5 points); c (5 points); d (5 points)"
    more = report_of([*three, check("failed", "d"), check("not_graded", "e")])
    assert what_to_fix_words(more) == f"{named}; and 1 more; 1 not graded"


@pytest.mark.parametrize(
    ("room", "words"),
    [
        (0, "a (5 points); b (5 points)"),
        (26, "a (5 points); b (5 points)"),
        (25, "a (5 points); and 1 more"),
        (1, "a (5 points); and 1 more"),
    ],
)
def test_checks_that_do_not_fit_are_counted_and_one_is_always_named(room: int, words: str) -> None:
    assert what_to_fix_words(report_of([check("failed", "a"), check("failed", "b")]), room) == words


class Terminal(io.StringIO):
    """A standard output that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("width", "named"), [(90, 1), (100, 2), (120, 3), (200, 3)])
def test_the_table_takes_the_width_of_the_terminal_and_breaks_no_username(
    width: int, named: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    failures = [check("failed", f"Check number {number} of the student") for number in range(5)]
    give_class_table(fetched(report("a-long-username-1", *failures, name="Ada Lovelace"), *CLASS))
    drawn = re.sub(r"\x1b\[\d+m", "", terminal.getvalue())
    lines = drawn.splitlines()
    assert {len(line) for line in lines[: lines.index("")]} == {width}
    assert any("a-long-username-1" in line for line in lines)
    assert drawn.count("Check") == named
