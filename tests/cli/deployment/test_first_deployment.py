"""`deploy --aws` asks before it creates the stack in an account and Region for the first time."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import boto3
import pytest

from cli.main import main
from labgrader.store import Store

pytestmark = pytest.mark.usefixtures("own_state_and_signals", "store")

Capture = pytest.CaptureFixture[str]

ACCOUNT = "AWS account 123456789012 in us-east-1"
FIRST_LINE = "AWS account 123456789012, Region us-east-1, partition aws, identity arn:aws:sts::123456789012:user/moto"


@pytest.fixture
def broken(tmp_path: Path) -> list[str]:
    """Return the options with a lab that ends every deployment right after the question."""
    (tmp_path / "labs" / "broken").mkdir(parents=True)
    (tmp_path / "labs" / "broken" / "lab.yaml").write_text("id: broken\n")
    return ["--labs", str(tmp_path / "labs")]


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, store: Store) -> None:
    """Deploy the stack in another Region."""
    create_stack("eu-west-1")


def create_stack(region: str) -> None:
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    client = boto3.client("cloudformation", region_name=region)
    client.create_stack(StackName="labgrader", TemplateBody=json.dumps(template))


class Terminal(io.StringIO):
    """Standard input that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_the_first_deployment_outside_a_terminal_needs_yes(broken: list[str], elsewhere: None, capsys: Capture) -> None:
    assert main(["deploy", "--aws", *broken]) == 2
    assert capsys.readouterr().err.splitlines() == [
        FIRST_LINE,
        f"error: the stack labgrader is not deployed in {ACCOUNT} yet; check account and Region, and add --yes to "
        "create it there",
    ]


def test_the_first_deployment_in_a_terminal_asks(
    broken: list[str], capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    assert main(["deploy", "--aws", *broken]) == 2
    first, question = capsys.readouterr().err.splitlines()
    assert first == FIRST_LINE
    assert question.replace("]: ", "]:") == (  # without the line editor, Click prints no blank after the question
        f"The stack labgrader is not deployed in {ACCOUNT} yet. Create it there? [y/N]:"
        "error: the stack labgrader is not created"
    )
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    assert main(["deploy", "--aws", *broken]) == 2
    assert "broken/lab.yaml:1: checks: is missing" in capsys.readouterr().err, "the deployment began"


def test_yes_asks_nothing(broken: list[str], capsys: Capture) -> None:
    assert main(["deploy", "--aws", "--yes", *broken]) == 2
    errors = capsys.readouterr().err
    assert "broken/lab.yaml:1: checks: is missing" in errors
    assert "not deployed" not in errors


def test_an_update_asks_nothing(broken: list[str], capsys: Capture) -> None:
    create_stack("us-east-1")
    assert main(["deploy", "--aws", *broken]) == 2
    errors = capsys.readouterr().err
    assert "broken/lab.yaml:1: checks: is missing" in errors
    assert "not deployed" not in errors
