"""The runbook: what it says to type exists."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
import typer

from cli.main import app
from tests.infra.template_reading import ROOT, of_type, template

RUNBOOK = (ROOT / "docs" / "operating.md").read_text()
BLOCKS = re.findall(r"```bash\n(.*?)```", RUNBOOK, re.DOTALL)
LINES = [line.strip() for block in BLOCKS for line in block.replace("\\\n", " ").splitlines() if line.strip()]
INLINE = [one for one in re.findall(r"`(labgrader [^`]+)`", RUNBOOK) if "…" not in one]
OURS = sorted({line.partition("#")[0].strip() for line in LINES if line.startswith("labgrader ")} | set(INLINE))


def words(line: str) -> list[str]:
    return shlex.split(line)[1:]


@pytest.mark.parametrize("line", OURS)
def test_a_command_of_ours_exists_with_its_options(line: str) -> None:
    command: Any = typer.main.get_command(app)
    rest = shlex.split(line)[1:]
    while hasattr(command, "commands"):
        assert rest, f"{line}: which command?"
        assert rest[0] in command.commands, f"{line}: there is no command {rest[0]}"
        command = command.commands[rest.pop(0)]
    options = {name: one for one in command.params if one.param_type_name == "option" for name in one.opts}
    places = [one for one in command.params if one.param_type_name == "argument"]
    plain = []
    while rest:
        word = rest.pop(0)
        if not word.startswith("--"):
            plain.append(word)
            continue
        assert word in options, f"{line}: there is no {word}"
        if not options[word].is_flag:
            assert rest, f"{line}: {word} has no value"
            rest.pop(0)
    assert len(plain) <= len(places) or any(one.nargs == -1 for one in places), f"{line}: what is {plain}?"


def test_everything_else_is_the_aws_command_line() -> None:
    others = {shlex.split(line, comments=True)[0] for line in LINES if not line.startswith("labgrader ")}
    assert others == {"aws", "QUEUE=ADDRESS"}


def test_what_it_names_is_in_the_template() -> None:
    document = template()
    groups = {
        one["LogGroupName"].replace("${AWS::StackName}", "labgrader") for one in of_type("AWS::Logs::LogGroup").values()
    }
    named = set(re.findall(r"`(/[a-z/]+)`", RUNBOOK)) | set(re.findall(r"logs tail (\S+)", RUNBOOK))
    assert named == groups
    parameters = {name for line in LINES for name in re.findall(r"--set (\w+)=", line)}
    assert parameters <= set(document["Parameters"])
    for name, default in (("ApiRate", 20), ("ApiBurst", 40), ("LongRunSeconds", 7200), ("LogRetentionDays", 30)):
        assert document["Parameters"][name]["Default"] == default
        assert re.search(rf"\| .*`{name}`.*\|.*\b{default}\b", RUNBOOK)
    for output in ("DeadLettersUrl", "GradeClassArn", "TokenKeyArn"):
        assert output in document["Outputs"]
        assert output in RUNBOOK
