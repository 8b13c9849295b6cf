"""What all commands share: discovery, help groups, `-h`, `--quiet`, `NO_COLOR` and the exit statuses."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main

from cli import commands
from cli.command_line import command_modules
from cli.errors import EXIT_STATUSES
from cli.main import app, main
from cli.project import ROOT

pytestmark = pytest.mark.usefixtures("own_state_and_signals")

BEFORE_GROUPS = [
    *("up", "down", "status", "deploy", "destroy", "lint", "verify", "simulate", "roster", "grade", "report", "runs"),
    *("self-check", "my-reports", "audit", "gradebook", "load-test", "demo", "labs", "token", "course"),
]
"""The commands in the order that each help group keeps."""

GROUPS = {
    "Get started": ["up", "down", "simulate", "demo"],
    "Grade": ["roster", "grade", "report", "runs"],
    "Courses": ["audit", "gradebook", "course"],
    "Students": ["self-check", "my-reports", "token"],
    "Labs": ["lint", "verify", "labs"],
    "Load tests": ["load-test"],
    "Operate": ["status", "deploy", "destroy"],
}

DROPPED = {
    "greet.py": """
import typer
from cli.command_line import HelpGroup

POSITION = 65

def register(app: typer.Typer) -> None:
    app.command(rich_help_panel=HelpGroup.GRADE, epilog="Example: labgrader greet")(greet)

def greet() -> None:
    \"\"\"Greet the class.\"\"\"
    print("good morning")
""",
    "crash.py": """
import typer

def register(app: typer.Typer) -> None:
    app.command()(crash)

def crash() -> None:
    \"\"\"Divide by zero.\"\"\"
    1 / 0
""",
    "_helper.py": "raise AssertionError('a module with a name that begins with _ is not a command')\n",
}


@pytest.fixture(scope="module")
def with_dropped_commands(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the command and add files to its folder of commands."""
    folder = tmp_path_factory.mktemp("dropped")
    shutil.copytree(ROOT / "cli", folder / "cli", ignore=shutil.ignore_patterns("__pycache__"))
    for name, source in DROPPED.items():
        (folder / "cli" / "commands" / name).write_text(source)
    return folder


def command_line(*arguments: str, folder: Path = ROOT, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        cwd=folder,
        text=True,
        stderr=subprocess.PIPE,
        check=False,
        **more,
    )


def groups_of(help_text: str) -> dict[str, list[str]]:
    """Return the groups of commands in a help text."""
    groups: dict[str, list[str]] = {}
    for line in help_text.splitlines():
        if title := re.match(r"╭─ (.+?) ─", line):
            names = groups.setdefault(title[1], [])
        elif name := re.match(r"│ ([a-z][a-z-]*) ", line):
            names.append(name[1])
    return {title: names for title, names in groups.items() if names}


def every_command() -> list[tuple[str, ...]]:
    """Return the words of every command and of every group."""
    found: list[tuple[str, ...]] = []

    def visit(command: Any, words: tuple[str, ...]) -> None:
        found.append(words)
        for name, member in getattr(command, "commands", {}).items():
            visit(member, (*words, name))

    visit(typer.main.get_command(app), ())
    return found


def test_the_help_has_groups_and_keeps_the_order_of_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert "Grade what students built in AWS. Start with `labgrader demo`." in shown
    groups = groups_of(shown)
    assert groups == GROUPS
    assert list(groups) == list(GROUPS)
    assert sorted(name for names in groups.values() for name in names) == sorted(BEFORE_GROUPS)
    for names in groups.values():
        assert names == sorted(names, key=BEFORE_GROUPS.index)


def test_every_module_of_commands_states_its_own_position() -> None:
    positions = [module.POSITION for module in command_modules(commands)]
    assert positions == sorted(set(positions))


def test_a_file_in_the_folder_of_commands_becomes_a_command(with_dropped_commands: Path) -> None:
    done = command_line("greet", folder=with_dropped_commands, stdout=subprocess.PIPE)
    assert (done.returncode, done.stdout, done.stderr) == (0, "good morning\n", "")
    shown = command_line("--help", folder=with_dropped_commands, stdout=subprocess.PIPE)
    assert groups_of(shown.stdout) == {
        "Commands": ["crash"],
        **GROUPS,
        "Grade": ["roster", "grade", "greet", "report", "runs"],
    }


def test_a_file_in_the_folder_of_commands_has_the_shared_options(with_dropped_commands: Path) -> None:
    shown = command_line("greet", "-h", folder=with_dropped_commands, stdout=subprocess.PIPE)
    assert shown.returncode == 0
    assert re.findall(r"^│ (--[a-z]+) +(-[a-z]) ", shown.stdout, re.MULTILINE) == [("--quiet", "-q"), ("--help", "-h")]


def test_an_error_in_labgrader_itself_has_exit_status_70_and_a_traceback(with_dropped_commands: Path) -> None:
    done = command_line("crash", folder=with_dropped_commands, stdout=subprocess.PIPE)
    assert (done.returncode, done.stdout) == (70, "")
    assert done.stderr.startswith("Traceback (most recent call last):\n")
    assert done.stderr.endswith("ZeroDivisionError: division by zero\n")


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_every_command_has_a_short_help_option_and_no_needless_types(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--help"]) == 0
    shown = capsys.readouterr().out
    assert main([*words, "-h"]) == 0
    assert capsys.readouterr().out == shown
    assert not re.search(r"<(bool|str|path|list)", shown)
    assert re.search(r"--quiet +-q ", shown)


def test_each_paragraph_of_a_help_text_fills_the_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["demo", "--help"]) == 0
    shown = [line.strip() for line in capsys.readouterr().out.splitlines()]
    begin = shown.index("The students and their mistakes are simulated on a temporary embedded AWS,")
    assert shown[begin : begin + 4] == [
        "The students and their mistakes are simulated on a temporary embedded AWS,",
        "which is deleted at the end. The last line of the results says how many of the",
        "mistakes were found. An embedded AWS that `labgrader up` started is not used.",
        "",
    ]


def test_the_help_shows_default_and_bounds(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert main(["load-test", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "Seconds to start requests for, with --rate. [default: 10; max: 60]" in shown


@pytest.mark.parametrize("quiet", [["down", "--quiet"], ["down", "-q"], ["--quiet", "down"]], ids=" ".join)
def test_quiet_hides_progress_in_one_command_only(quiet: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(quiet) == 0
    assert capsys.readouterr() == ("", "")
    assert main(["down"]) == 0
    assert capsys.readouterr() == ("", "no embedded AWS was running\n")


def test_quiet_keeps_errors(capsys: pytest.CaptureFixture[str]) -> None:
    missing = "error: no embedded AWS is running; start it with `labgrader up`, or use your AWS account with --aws\n"
    assert main(["runs", "--quiet"]) == 3
    assert capsys.readouterr() == ("", missing)


@pytest.mark.parametrize(("wanted", "colored"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_no_color_turns_colors_off(wanted: dict[str, str], colored: bool) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    environment |= {"FORCE_COLOR": "1", "TERM": "xterm-256color", **wanted}
    shown = command_line("--help", env=environment, stdout=subprocess.PIPE).stdout
    styles = {style for codes in re.findall(r"\x1b\[([0-9;]*)m", shown) for style in codes.split(";")}
    assert bool(styles & {str(color) for color in (*range(30, 39), *range(90, 98))}) is colored


@pytest.mark.parametrize("arguments", [["labs"], ["--help"], ["--version"], ["labs", "--json"]], ids=" ".join)
def test_the_exit_status_is_141_without_a_traceback_when_the_reader_stops(arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)  # from now on, every write fails
    try:
        done = command_line(*arguments, stdout=writing)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


def test_the_exit_status_is_141_when_the_reader_of_errors_stops() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "cli.main", "labs", "show", "nope"], cwd=ROOT, stderr=writing, check=False
        )
    finally:
        os.close(writing)
    assert done.returncode == 141


def test_the_exit_statuses_are_documented(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    assert dict(re.findall(r"^\| ([0-9]+) \| (.+) \|$", page, re.MULTILINE)) == {
        str(status): meaning for status, meaning in EXIT_STATUSES.items()
    }
    assert main(["--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert " · ".join(f"{status} {meaning}" for status, meaning in EXIT_STATUSES.items()) in shown
