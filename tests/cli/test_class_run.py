"""Start a class run from the command: the run is recorded with its user, and wrong requests start nothing."""

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
from labgrader.rosters.reader import read_roster
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


@pytest.mark.parametrize("private", [True, False])
def test_start_keeps_a_private_run_from_students(
    target: Target, outputs: dict[str, str], store: Store, private: bool
) -> None:
    run = start(target, outputs, private=private)
    assert store.is_private(run.run_id) is private


def test_a_run_is_recorded_with_its_user(target: Target, outputs: dict[str, str], store: Store) -> None:
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
    """Restore the signal handlers that a command installs."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def _stack(outputs: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Create the stack for `grade --aws`. Its state machine is deleted, so a started run ends at once."""
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
def test_an_unknown_course_is_refused_before_anything_is_stored(
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
def test_the_run_has_the_given_course(options: list[str], course: str, store: Store, tmp_path: Path) -> None:
    store.record_course({"course": "autumn"})
    roster = tmp_path / "class.csv"
    roster.write_text("username\nuser1\n")
    assert main(["grade", "--lab", LAB, "--roster", str(roster), *options, "--aws"]) == 3
    assert [run.course for run in store.runs()] == [course]


def test_the_input_of_the_execution_has_the_course(target: Target, outputs: dict[str, str], store: Store) -> None:
    run = start(target, outputs, course="autumn")
    described = target.client("stepfunctions").describe_execution(executionArn=run.arn)
    assert json.loads(described["input"])["course"] == stored_run(store, run.run_id)["course"] == "autumn"


def test_an_invalid_request_starts_no_run(target: Target, outputs: dict[str, str], store: Store) -> None:
    with pytest.raises(BadInputError) as refused:
        start(target, outputs, mode="self-check", students=["user3"])
    assert [str(problem) for problem in refused.value.problems] == [
        "mode: a class run cannot be a self-check; use the mode grade or audit",
        "user3 is not on the roster",
    ]
    assert store.runs() == []


def test_a_missing_state_machine_has_exit_status_3(target: Target, outputs: dict[str, str], store: Store) -> None:
    with pytest.raises(RefusedError, match="StateMachineDoesNotExist") as refused:
        start(target, {**outputs, "GradeClassArn": f"{outputs['GradeClassArn']}-gone"})
    assert _refuse(refused.value) == 3
    assert [run.status for run in store.runs()] == ["failed"]
