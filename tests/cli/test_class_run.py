"""Starting a class run from the command: recorded with who typed it, refused with a sentence before anything starts."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from cli.class_run import Run, start_run, who
from cli.main import _refuse, main
from cli.target import Target
from labgrader.errors import BadInputError, RefusedError
from labgrader.rosters import read_roster
from labgrader.store import Store
from tests.stored_runs import stored_run

LAB = "lambda-optimization"


@pytest.fixture
def target(store: Store) -> Target:
    return Target(boto3.Session(region_name="us-east-1"), "123456789012", "us-east-1")


@pytest.fixture
def outputs(target: Target) -> dict[str, str]:
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    machine = target.client("stepfunctions").create_state_machine(
        name="labgrader-grade-class", roleArn="arn:aws:iam::123456789012:role/r", definition=definition
    )
    return {"Bucket": "bucket", "Table": "table", "GradeClassArn": machine["stateMachineArn"]}


def start(target: Target, outputs: dict[str, str], **changed: Any) -> Run:
    roster = b"username\nuser1\nuser2\n"
    listed = read_roster(roster, "class.csv")
    given = {"lab_id": LAB, "roster": roster, "suffix": ".csv", "listed": listed, "students": ["user2"]}
    return start_run(target, outputs, **{**given, **changed})


def test_a_run_is_recorded_with_who_typed_it(target: Target, outputs: dict[str, str], store: Store) -> None:
    run = start(target, outputs, mode="audit")
    assert run.total == 1
    record = stored_run(store, run.run_id)
    assert (record["status"], record["mode"], record["requested_by"]) == ("running", "audit", f"command {who()}")
    assert record["counts"]["students"] == 1
    described = target.client("stepfunctions").describe_execution(executionArn=run.arn)
    assert json.loads(described["input"]) == {
        "lab": LAB,
        "roster": f"rosters/{run.run_id}.csv",
        "mode": "audit",
        "students": ["user2"],
        "course": "",
        "requested_by": f"command {who()}",
    }


@pytest.fixture
def signals() -> Iterator[None]:
    """What the command does with signals, undone."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def _stack(outputs: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stack as `grade --aws` finds it; nobody follows a run here: its machine is gone when it is started."""
    monkeypatch.setenv("LABGRADER_STATE", str(tmp_path / "state"))
    template = {
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    boto3.client("cloudformation").create_stack(StackName="labgrader", TemplateBody=json.dumps(template))
    boto3.client("stepfunctions").delete_state_machine(stateMachineArn=outputs["GradeClassArn"])


@pytest.mark.usefixtures("_stack", "signals")
@pytest.mark.parametrize(
    ("course", "said"),
    [
        ("spring", "error: course: there is no course spring; list them with `labgrader course list`"),
        (
            "Autumn",
            "error: course: Autumn is not the id of a course: 1 to 40 lower-case letters, digits and hyphens, "
            "beginning with a letter or digit",
        ),
        (
            "",
            "error: course: nothing is not the id of a course: 1 to 40 lower-case letters, digits and hyphens, "
            "beginning with a letter or digit",
        ),
    ],
)
def test_a_course_that_there_is_not_is_refused_before_anything_is_kept(
    course: str, said: str, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store.record_course({"course": "autumn"})
    roster = tmp_path / "class.csv"
    roster.write_text("username\nuser1\n")
    assert main(["grade", "--lab", LAB, "--roster", str(roster), "--course", course, "--aws"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == said
    assert (store.runs(), store.keys("rosters/")) == ([], [])


@pytest.mark.usefixtures("_stack", "signals")
@pytest.mark.parametrize(("options", "course"), [(["--course", "autumn"], "autumn"), ([], "")])
def test_the_course_that_is_named_is_that_of_the_run(
    options: list[str], course: str, store: Store, tmp_path: Path
) -> None:
    store.record_course({"course": "autumn"})
    roster = tmp_path / "class.csv"
    roster.write_text("username\nuser1\n")
    assert main(["grade", "--lab", LAB, "--roster", str(roster), *options, "--aws"]) == 3
    assert [run.course for run in store.runs()] == [course]


def test_the_machine_is_told_the_course(target: Target, outputs: dict[str, str], store: Store) -> None:
    run = start(target, outputs, course="autumn")
    described = target.client("stepfunctions").describe_execution(executionArn=run.arn)
    assert json.loads(described["input"])["course"] == stored_run(store, run.run_id)["course"] == "autumn"


def test_what_cannot_be_graded_is_said_before_anything_starts(
    target: Target, outputs: dict[str, str], store: Store
) -> None:
    with pytest.raises(BadInputError) as refused:
        start(target, outputs, mode="self-check", students=["user3"])
    assert [str(problem) for problem in refused.value.problems] == [
        "mode: a self-check is of one student alone, who starts it: a class run has the mode grade or audit",
        "user3 is not on the roster",
    ]
    assert store.runs() == []


def test_a_machine_that_is_not_there_is_aws_out_of_reach(target: Target, outputs: dict[str, str], store: Store) -> None:
    with pytest.raises(RefusedError, match="StateMachineDoesNotExist") as refused:
        start(target, {**outputs, "GradeClassArn": f"{outputs['GradeClassArn']}-gone"})
    assert _refuse(refused.value) == 3
    assert [run.status for run in store.runs()] == ["failed"]
