"""Starting a class run from the command: recorded with who typed it, refused with a sentence before anything starts."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from cli.main import _refuse
from cli.run import Run, start_run, who
from cli.target import Target
from labgrader.errors import BadInputError, RefusedError
from labgrader.store import Store

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
    given = {"lab_id": LAB, "roster": b"username\nuser1\nuser2\n", "suffix": ".csv", "total": 1, "students": ["user2"]}
    return start_run(target, outputs, **{**given, **changed})


def test_a_run_is_recorded_with_who_typed_it(target: Target, outputs: dict[str, str], store: Store) -> None:
    run = start(target, outputs, mode="audit")
    assert run.total == 1
    record = store.run(run.run_id) or {}
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
    assert [run["status"] for run in store.runs()] == ["failed"]
