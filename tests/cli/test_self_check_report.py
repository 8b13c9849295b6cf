"""`labgrader self-check` prints the report: every check, what to fix, and nothing that moves a cursor."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest

from cli.main import main
from cli.output.report import give_report, hidden_sentence
from tests.cli.self_checks import LEFT, TOKEN, Capture, check, report, self_check
from tests.cli.stub_api import NOTHING_HIDDEN, RUN, StubApi, started, state

pytestmark = pytest.mark.usefixtures("student_environment")


def test_a_note_of_the_api_is_told_on_one_line(capsys: Capture) -> None:
    begun = started()
    begun.body["note"] = "you are on no\x1b[2J class list"
    with StubApi(begun, state("complete", report=report(check("passed", "Function exists")))) as stub:
        assert self_check(stub) == 0
    assert capsys.readouterr().err.splitlines()[2] == "you are on no\ufffd[2J class list"


def test_the_report_and_what_to_type_next(capsys: Capture) -> None:
    made = report(
        check("passed", "Function exists"),
        check(
            "partial",
            "Layers are attached",
            task="Task 2",
            message="not attached: user1-lambda-utils",
            expected="both layers",
            observed="one layer",
            hint="aws lambda get-function-configuration --function-name user1-f --query Layers\n# then attach it",
        ),
        check("failed", "Alias exists", task="Task 2", hint="aws lambda create-alias --name user1-prod"),
        check("skipped", "Alias is called", task="", message="waits for “Alias exists”"),
        previous={
            "run_id": "r0",
            "points": 8,
            "changes": [{"check": "alias-exists", "from": "passed", "to": "failed"}],
        },
        advice=[
            {
                "id": "a",
                "title": "Memory",
                "message": "128 MB is slow",
                "hint": "aws lambda update-function-configuration",
            }
        ],
    )
    hidden = {"checks": 2, "points": 10, "message": None}
    with StubApi(started(), state("running"), state("complete", report=made, hidden=hidden)) as stub:
        assert self_check(stub) == 0
        assert [(one.method, one.path, one.body) for one in stub.requests] == [
            ("POST", "/api/v1/self-checks", {"lab": "lambda-optimization"}),
            ("GET", f"/api/v1/self-checks/{RUN}", None),
            ("GET", f"/api/v1/self-checks/{RUN}", None),
        ]
        assert {one.headers["Authorization"] for one in stub.requests} == {f"Bearer {TOKEN}"}
        captured = capsys.readouterr()
        assert captured.err.splitlines() == [f"self-check at {stub.url}", f"self-check {RUN} has started"]
    assert captured.out == (
        "Lambda Function Optimization: 11.5 of 32 points\n"
        "\n"
        "Task 1\n"
        " ✓ Passed         8 / 8     Function exists\n"
        "\n"
        "Task 2\n"
        " ◐ Partly       3.5 / 8     Layers are attached\n"
        " ✗ Failed         0 / 8     Alias exists\n"
        "\n"
        "Other checks\n"
        " – Skipped        0 / 8     Alias is called\n"
        "               waits for “Alias exists”\n"
        "\n"
        "What to fix\n"
        "1. Layers are attached (4.5 points)\n"
        "   not attached: user1-lambda-utils\n"
        "   expected: both layers\n"
        "   observed: one layer\n"
        "   type next:\n"
        "      aws lambda get-function-configuration --function-name user1-f --query Layers\n"
        "      # then attach it\n"
        "2. Alias exists (8 points)\n"
        "   why failed\n"
        "   type next:\n"
        "      aws lambda create-alias --name user1-prod\n"
        "\n"
        "Worth knowing: no points depend on it\n"
        " • Memory: 128 MB is slow\n"
        f"   all advice, with the commands:  labgrader self-check --run {RUN} --advice --url {stub.url}\n"
        "\n"
        "Since the last time\n"
        " Alias exists: passed → failed\n"
        "\n"
        "This lab has 2 more checks worth 10 points that only your instructor sees. The points here are not the whole "
        "grade.\n"
        f"{LEFT}\n"
    )


def test_advice_is_a_line_each_and_whole_where_it_is_asked_for(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "word " * 60
    advice = [
        {
            "id": "a",
            "title": "Memory",
            "message": long + "\nand more",
            "hint": "aws lambda update-function-configuration",
        },
        {"id": "b", "message": "older, without a title", "hint": ""},
    ]
    with StubApi(started(), state("complete", report=report(check("passed", "One"), advice=advice))) as stub:
        monkeypatch.setenv("LABGRADER_API_URL", stub.url)
        assert self_check(stub) == 0
    lines = capsys.readouterr().out.splitlines()
    where = lines.index("Worth knowing: no points depend on it")
    assert lines[where + 1 : where + 5] == [
        f" • {('Memory: ' + long)[:109]}…",
        " • older, without a title",
        f"   all advice, with the commands:  labgrader self-check --run {RUN} --advice",
        "",
    ]
    monkeypatch.delenv("LABGRADER_API_URL")
    with StubApi(state("complete", report=report(check("passed", "One"), advice=advice))) as stub:
        assert main(["self-check", "--run", RUN, "--url", stub.url, "--advice"]) == 0
        assert [one.method for one in stub.requests] == ["GET"], "nothing is started, and nothing spent"
    captured = capsys.readouterr()
    assert captured.err.splitlines()[1] == f"self-check {RUN}"
    lines = captured.out.splitlines()
    where = lines.index("Worth knowing: no points depend on it")
    assert lines[where + 1] == f" • Memory: {long}\ufffdand more"
    assert lines[where + 2 : where + 4] == ["   type next:", "      aws lambda update-function-configuration"]
    assert "all of it" not in captured.out


def test_each_task_is_headed_once_in_the_order_of_its_number(capsys: Capture) -> None:
    checks = [check("passed", f"Check {at}", task=f"Lab 1, Step {step}") for at, step in enumerate((3, 2, 3, 10, 1))]
    with StubApi(started(), state("complete", report=report(*checks))) as stub:
        assert self_check(stub) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("Lab 1")] == [f"Lab 1, Step {step}" for step in (1, 2, 3, 10)]
    assert [line[-7:] for line in lines if line.startswith(" ✓")] == [f"Check {at}" for at in (4, 1, 0, 2, 3)]


@pytest.mark.parametrize(("observed", "shown"), [("answered 404.", False), ("answered  404", False), ("a 404", True)])
def test_what_was_observed_is_not_said_twice(observed: str, shown: bool, capsys: Capture) -> None:
    failed = check("failed", "One", message="user1-f: PUT answered 404", expected="200", observed=observed)
    with StubApi(started(), state("complete", report=report(failed))) as stub:
        assert self_check(stub) == 0
    out = capsys.readouterr().out
    assert "   expected: 200\n" in out
    assert (f"   observed: {observed}\n" in out) is shown


def test_hostile_text_moves_no_cursor_and_paints_nothing(capsys: Capture) -> None:
    evil = "[red]gone[/red]\x1b[2J\x07\u202e\ud800"
    made = report(
        check("failed", evil, message=f"{evil}\nsecond", expected=evil, observed=evil, hint=evil, task=evil),
        advice=[{"id": "a", "message": evil, "hint": evil}],
    )
    give_report(made, {"checks": 1, "points": 1, "message": evil})
    shown = capsys.readouterr().out
    assert "[red]gone[/red]\ufffd[2J\ufffd\ufffd\ufffd" in shown
    assert not set(shown) & {"\x1b", "\x07", "\u202e"}


class Terminal(io.StringIO):
    """A standard output that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_colour_on_a_terminal_and_no_command_broken_in_two(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"COLUMNS": "20", "TERM": "xterm-256color"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    command = "aws lambda get-function-configuration --function-name user1-optimized-function"
    give_report(report(check("failed", "One", hint=command)), NOTHING_HIDDEN)
    assert "\x1b[31m ✗ \x1b[0m" in terminal.getvalue()
    assert command in terminal.getvalue()


def test_no_colour_where_it_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    give_report(report(check("failed", "One")), NOTHING_HIDDEN)
    assert "\x1b[31m" not in terminal.getvalue()


@pytest.mark.parametrize(
    ("hidden", "said"),
    [
        (NOTHING_HIDDEN, "You see the whole lab: it has no hidden checks."),
        (
            {"checks": 1, "points": 1, "message": None},
            "This lab has 1 more check worth 1 point that only your instructor sees. The points here are not the "
            "whole grade.",
        ),
        ({"checks": 1, "points": 1, "message": "As the API says it."}, "As the API says it."),
    ],
)
def test_what_is_hidden_is_said_honestly(hidden: dict[str, Any], said: str) -> None:
    assert hidden_sentence(hidden) == said
