"""What the README shows is true: its example is a check, and its commands exist."""

from __future__ import annotations

import re
from pathlib import Path

import typer.main

from cli.main import app
from labgrader.evidence.question import Answer, Answers, Question
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.check import Check
from labgrader.labs.lab import find_lab
from tests.checks.test_labs import LABS

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
LOAD_TESTS = (Path(__file__).parents[1] / "docs" / "load-tests.md").read_text(encoding="utf-8")


def test_the_example_is_a_check_that_judges() -> None:
    (source,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    module: dict[str, object] = {"__name__": "example"}
    exec(compile(source, "README.md", "exec"), module)  # noqa: S102  our own text
    check = module["function_traced"]
    assert isinstance(check, Check)
    answers = Answers()
    answers.record(Question("lambda:ListFunctions"), Answer(["user1-f"]))
    asked = Question("lambda:GetFunction", {"FunctionName": "user1-f"})
    answers.record(asked, Answer({"Configuration": {"TracingConfig": {"Mode": "PassThrough"}}}))
    snapshot = Snapshot("user1", "111122223333", "us-east-1", answers=answers)
    assert check.judge(snapshot, function="user1-f").message == "user1-f is not traced (mode PassThrough)."
    assert check.judge(snapshot, function="user1-g").message == "There is no function user1-g."


def test_every_command_it_shows_exists_with_its_options() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    sessions = re.findall(r"```bash\n(.*?)```", README + LOAD_TESTS, re.DOTALL)
    shown = [one for session in sessions for one in re.findall(r"labgrader ([a-z][a-z-]*)([^#\n]*)", session)]
    shown += re.findall(r"`labgrader ([a-z][a-z-]*)([^`]*)`", README)
    told = {name for name, _ in shown}
    assert {"up", "simulate", "grade", "runs", "down", "deploy", "verify", "lint", "load-test"} <= told
    assert {"token", "self-check", "course", "audit", "status"} <= told
    for name, rest in shown:
        assert name in commands, name
        command = commands[name]
        for word in rest.split()[:1]:  # `token issue`, `labs show`
            command = getattr(command, "commands", {}).get(word, command)
        known = {option for one in command.params for option in one.opts}
        assert set(re.findall(r"(?<=\s)--[a-z-]+", rest)) <= known, (name, rest)
    before_a_command = {option for session in sessions for option in re.findall(r"labgrader (--[a-z-]+)", session)}
    assert before_a_command == {"--version", "--install-completion"}
    assert before_a_command <= {option for one in typer.main.get_command(app).params for option in one.opts}


def test_it_counts_the_checks_of_every_lab() -> None:
    shown = dict(re.findall(r"^\| `([a-z-]+)` \| [^|]+ \| ([0-9]+) \|", README, re.MULTILINE))
    assert shown == {lab_id: str(len(find_lab(lab_id).checks)) for lab_id in LABS}
