"""The command from the outside: its errors for wrong usage, and its exit status."""

from __future__ import annotations

import importlib.metadata
import json
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cli.main import main
from cli.project import ROOT
from labgrader.labs.lab import lab_ids

pytestmark = pytest.mark.usefixtures("own_state_and_signals")

LABS = ", ".join(lab_ids())


def errors_of(capsys: pytest.CaptureFixture[str]) -> list[str]:
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err.splitlines()


def grade(roster: Path, *more: str) -> int:
    return main(["grade", "--lab", "lambda-optimization", "--roster", str(roster), *more])


COMMANDS = [
    "up",
    "down",
    "status",
    "deploy",
    "destroy",
    "labs",
    "lint",
    "verify",
    "simulate",
    "roster",
    "grade",
    "report",
    "runs",
    "token",
    "self-check",
    "my-reports",
    "course",
    "gradebook",
    "audit",
    "load-test",
    "demo",
]
DEEPER = [
    ["labs", "show"],
    *(["runs", name] for name in ("show", "publish", "delete")),
    *(["token", name] for name in ("issue", "revoke", "list")),
    *(["course", name] for name in ("push", "list", "show", "remove")),
]


@pytest.mark.parametrize("command", [*([name] for name in COMMANDS), *DEEPER], ids=" ".join)
def test_every_command_has_help_with_an_example(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--help"]) == 0
    assert "Example: " in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["grade"], ["nothing"], ["labs", "show"], ["up", "--port", "x"], ["grade", "--mode", "pass"]]
)
def test_wrong_usage_has_exit_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().out == ""


def test_the_error_of_an_unknown_lab_names_all_labs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    roster = tmp_path / "class.csv"
    roster.write_text("username\nuser1\n")
    assert main(["grade", "--lab", "nope", "--roster", str(roster)]) == 2
    assert errors_of(capsys) == [f"error: there is no lab 'nope'; the labs are: {LABS}"]
    assert main(["labs", "show", "nope"]) == 2


def test_problems_of_lab_and_roster_are_reported_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["grade", "--lab", "nope", "--roster", str(tmp_path / "none.csv")]) == 2
    assert errors_of(capsys) == [
        f"error: there is no lab 'nope'; the labs are: {LABS}",
        f"error: {tmp_path}/none.csv: No such file or directory",
    ]


def test_a_roster_that_does_not_exist_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert grade(tmp_path / "none.csv") == 2
    assert errors_of(capsys) == [f"error: {tmp_path}/none.csv: No such file or directory"]


def test_every_problem_of_a_roster_is_on_its_own_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    roster = tmp_path / "class.csv"
    roster.write_text(f"username,shoe size\nuser1,\nUSER1 ,\n,\n../etc,\n{'a' * 81},\n", encoding="utf-8-sig")
    assert grade(roster) == 2
    lines = errors_of(capsys)
    assert lines[0].startswith(f"error: {roster}:1: shoe_size: unknown column; the columns are: student_id, username")
    assert (
        f"error: {roster}:3: username: USER1 is the same username as user1 on line 2 "
        "(upper and lower case are the same)" in lines
    )
    assert [line for line in lines if line.startswith(f"error: {roster}:5: username: ../etc is not letters, digits")]
    assert [line for line in lines if line.startswith(f"error: {roster}:6: username: {'a' * 81} is not letters")]


def test_a_roster_without_students_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    roster = tmp_path / "class.csv"
    roster.write_text("username\n")
    assert grade(roster) == 2
    assert errors_of(capsys) == [f"error: {roster}: the roster has no students"]


def test_a_student_who_is_not_on_the_roster_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    roster = tmp_path / "class.csv"
    roster.write_text("username\nuser1\n")
    assert grade(roster, "--student", "user1", "--student", "user2\x1b[2J") == 2
    assert errors_of(capsys) == ["error: user2\ufffd[2J is not on the roster"]


def test_a_missing_embedded_aws_has_exit_status_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    roster = tmp_path / "class.csv"
    roster.write_text("username\nuser1\n", encoding="utf-8-sig")
    missing = ["error: no embedded AWS is running; start it with `labgrader up`, or use your AWS account with --aws"]
    assert grade(roster) == 3
    assert errors_of(capsys) == missing
    for command in (
        ["deploy"],
        ["runs"],
        ["report", "r1"],
        ["simulate", "--lab", "lambda-optimization", "--students", "2"],
    ):
        assert main(command) == 3
        assert errors_of(capsys) == missing


def test_status_and_down_with_nothing_running(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status"]) == 0
    assert capsys.readouterr().out == "no embedded AWS is running; start it with `labgrader up`\n"
    assert main(["status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"running": False, "stack": "labgrader"}
    assert main(["down"]) == 0
    assert capsys.readouterr().err == "no embedded AWS was running\n"


def test_a_given_port_that_is_in_use_has_exit_status_3(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert main(["up", "--port", str(port)]) == 3
    assert errors_of(capsys) == [
        f"error: port {port} is already in use; choose another one with --port, or omit --port"
    ]


def test_a_gradebook_of_one_student_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "r1", "--student", "user1", "--format", "csv"]) == 2
    assert errors_of(capsys) == ["error: a gradebook has the whole class: omit --student, or use --format json"]


def test_lint_names_file_line_and_field(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lab = tmp_path / "lab.yaml"
    lab.write_text(
        "id: my-lab\nversion: 1.0.0\ntitle: My lab\nhandout: x\npoints: 10\nchecks:\n"
        "  - id: one\n    check: no_such_check\n    title: One\n    task: Task 1\n    points: 5\n    requires: [two]\n"
    )
    assert main(["lint", str(lab)]) == 2
    lines = errors_of(capsys)
    assert f"error: {lab}:8: checks[0].check: there is no check 'no_such_check'" in lines
    assert f"error: {lab}:12: checks[0].requires[0]: there is no check 'two' to require" in lines
    assert f"error: {lab}:5: points: the checks sum to 5 points, not 10" in lines


def test_lint_names_a_file_that_does_not_exist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", str(tmp_path / "none.yaml")]) == 2
    assert errors_of(capsys) == [f"error: {tmp_path}/none.yaml: No such file or directory"]


def test_labs_are_listed_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["labs"]) == 0
    assert "lambda-optimization" in capsys.readouterr().out
    assert main(["labs", "--json"]) == 0
    assert [lab["points"] for lab in json.loads(capsys.readouterr().out) if lab["id"] == "lambda-optimization"] == [100]
    assert main(["labs", "show", "lambda-optimization"]) == 0
    table = capsys.readouterr().out
    assert ("configuration" in table, "behavior" in table, "behaviour" in table) == (True, True, False)
    assert main(["labs", "show", "lambda-optimization", "--json"]) == 0
    kinds = {check["kind"] for check in json.loads(capsys.readouterr().out)["checks"]}
    assert kinds == {"configuration", "behaviour", "performance"}


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"labgrader {importlib.metadata.version('labgrader')}\n"


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("labgrader si", {"simulate"}),
        ("labgrader token ", {"issue", "revoke", "list"}),
        ("labgrader grade --mo", {"--mode"}),
        ("labgrader grade --mode ", {"grade", "audit"}),
    ],
)
def test_a_shell_completes_commands_and_options(
    typed: str, offered: set[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_LABGRADER_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", str(typed.count(" ")))
    assert main([]) == 0
    assert set(capsys.readouterr().out.split()) == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_is_printed_for_each_shell(
    shell: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_LABGRADER_COMPLETE", f"source_{shell}")
    assert main([]) == 0
    assert f"_LABGRADER_COMPLETE=complete_{shell}" in capsys.readouterr().out


def test_the_help_has_one_line_for_each_global_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    options = re.findall(r"^\W*(--[a-z-]+)", capsys.readouterr().out, re.MULTILINE)
    assert options == ["--version", "--quiet", "--install-completion", "--show-completion", "--help"]


def test_a_terminal_without_unicode_gets_no_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "labs", "show", "lambda-optimization"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert b"Traceback" not in done.stderr
    assert done.returncode == 0
    assert max(done.stdout) < 128
