"""Deploy to the embedded AWS: a second deployment updates the stack, and a failure names resource and reason."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from cli.class_run import Run, ended, follow
from cli.deployment.deploy import deploy
from cli.embedded_aws import server
from cli.errors import TargetError
from cli.main import main
from cli.target import Target, embedded_target
from labgrader.errors import BadInputError
from labgrader.labs.search_path import searching
from labgrader.runs.request import new_run_id

SAM = """\
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Level: {Type: String, Default: INFO}
Globals:
  Function: {Runtime: python3.13, Architectures: [arm64], Handler: app.handler, Timeout: 10, Layers: [!Ref Shared]}
Resources:
  Shared:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: shared}
  Echo:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: !Sub ${AWS::StackName}-echo
      CodeUri: echo
  Flow:
    Type: AWS::Serverless::StateMachine
    Properties:
      Name: !Sub ${AWS::StackName}-flow
      DefinitionUri: flow.asl.json
      DefinitionSubstitutions: {Echo: !GetAtt Echo.Arn}
      Policies: [{Statement: [{Effect: Allow, Action: "lambda:InvokeFunction", Resource: !GetAtt Echo.Arn}]}]
  Box: {Type: AWS::S3::Bucket}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}, {AttributeName: sk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}, {AttributeName: sk, KeyType: RANGE}]
Outputs:
  Bucket: {Value: !Ref Box}
  Table: {Value: !Ref Table}
  GradeClassArn: {Value: !Ref Flow}
"""

FLOW = {
    "StartAt": "Echo",
    "States": {"Echo": {"Type": "Task", "Resource": "${Echo}", "End": True}},
}


@pytest.fixture(scope="module")
def running() -> Iterator[server.Embedded]:
    with server.temporary() as running:
        yield running


ACCOUNTS = itertools.count(1)


@pytest.fixture
def target(running: server.Embedded) -> Target:
    """Return a new account for each test: MiniStack reads an access key of twelve digits as the account's id."""
    account = f"{next(ACCOUNTS):012}"
    session = boto3.Session(aws_access_key_id=account, aws_secret_access_key="test", region_name=server.REGION)
    return replace(embedded_target(running), session=session, account_id=account)


@pytest.fixture
def template(tmp_path: Path) -> Path:
    for name, text in {
        "echo/app.py": "import shared\n\ndef handler(event, context):\n    return shared.answer(event)\n",
        "shared/python/shared.py": "def answer(event):\n    return {'one': event}\n",
        "flow.asl.json": json.dumps(FLOW),
        "template.yaml": SAM,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path / "template.yaml"


def call(target: Target) -> object:
    answer = target.client("lambda").invoke(FunctionName="lab-echo", Payload=b'"hello"')
    return json.loads(answer["Payload"].read())


@pytest.mark.workflow
def test_a_stack_is_created_once_and_then_updated(target: Target, template: Path) -> None:
    build = template.parent / "build"
    outputs = deploy(target, "lab", template=template, build=build)
    assert set(outputs) == {"Bucket", "Table", "GradeClassArn"}
    assert call(target) == {"one": "hello"}
    assert deploy(target, "lab", template=template, build=build) == outputs
    (template.parent / "shared/python/shared.py").write_text("def answer(event):\n    return {'two': event}\n")
    assert deploy(target, "lab", template=template, build=build) == outputs
    assert call(target) == {"two": "hello"}


@pytest.mark.workflow
def test_a_parameter_that_was_set_stays_set(target: Target, template: Path) -> None:
    build = template.parent / "build"
    template.write_text(SAM + "  Level: {Value: !Ref Level}\n")
    assert deploy(target, "lab", template=template, build=build)["Level"] == "INFO"
    assert deploy(target, "lab", template=template, build=build, parameters={"Level": "DEBUG"})["Level"] == "DEBUG"
    assert deploy(target, "lab", template=template, build=build)["Level"] == "DEBUG"
    with pytest.raises(BadInputError, match=r"^the template has no parameter Lvel; its parameters are: Level$"):
        deploy(target, "lab", template=template, build=build, parameters={"Lvel": "DEBUG"})


@pytest.mark.parametrize("setting", ["NotifyEmail", "=x"])
def test_a_setting_without_a_name_or_a_value_is_refused(setting: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deploy", "--set", setting]) == 2
    assert capsys.readouterr().err == f"error: --set {setting} is not of the form NAME=VALUE\n"


@pytest.mark.workflow
def test_bundles_are_uploaded_to_a_private_bucket(target: Target, template: Path) -> None:
    deploy(target, "lab", template=template, build=template.parent / "build")
    s3 = target.client("s3")
    bucket = f"labgrader-artifacts-{target.account_id}-us-east-1"
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    keys = sorted(entry["Key"].split("-")[0] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"])
    assert keys == ["bundles/echo", "bundles/flow", "bundles/shared", "templates/lab.yaml"]


@pytest.mark.workflow
def test_a_failure_names_the_resource_and_its_reason(target: Target, template: Path) -> None:
    missing = f"arn:aws:lambda:us-east-1:{target.account_id}:layer:none:1"
    template.write_text(SAM.replace("[!Ref Shared]", f'["{missing}"]'))
    with pytest.raises(TargetError) as refused:
        deploy(target, "lab", template=template, build=template.parent / "build")
    lines = str(refused.value).splitlines()
    assert lines[0].startswith("the stack lab could not be deployed (")
    assert "Echo (AWS::Lambda::Function): " in lines[1]
    assert missing in lines[1]
    template.write_text(SAM)  # the failed stack does not prevent the next deployment
    assert "Bucket" in deploy(target, "lab", template=template, build=template.parent / "build")


@pytest.mark.workflow
def test_a_workflow_that_fails_says_why(target: Target, template: Path) -> None:
    (template.parent / "echo/app.py").write_text(
        "def handler(event, context):\n    raise ValueError('no \\x1b[2J room')\n"
    )
    outputs = deploy(target, "lab", template=template, build=template.parent / "build")
    started = target.client("stepfunctions").start_execution(
        stateMachineArn=outputs["GradeClassArn"], name="run-1", input="{}"
    )
    with pytest.raises(TargetError, match=r"^run run-1 failed: .*no \ufffd\[2J room"):
        follow(target, outputs, Run("run-1", started["executionArn"], 1), lambda _: None, pause=0.05)


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ({"status": "TIMED_OUT"}, "run r timed out"),
        ({"status": "ABORTED"}, "run r was stopped"),
        ({"status": "FAILED", "error": "E", "cause": "plain"}, "run r failed: E: plain"),
        (
            {"status": "FAILED", "error": "BadInputError", "cause": '{"errorMessage": "no lab", "errorType": "X"}'},
            "run r failed: BadInputError: no lab",
        ),
        ({"status": "FAILED", "error": "E", "cause": "[1]"}, "run r failed: E: [1]"),
    ],
)
def test_the_end_of_a_run_is_a_sentence(state: dict[str, str], sentence: str) -> None:
    assert ended("r", state) == sentence


def test_a_run_id_begins_with_its_time_and_fits_an_execution() -> None:
    from datetime import UTC, datetime

    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert new_run_id("a-lab", moment)[:-4] == "20260102-030405-a-lab-"
    assert len(new_run_id("a" * 61, moment)) == 80
    assert new_run_id("a-lab", moment) != new_run_id("a-lab", moment)


def test_a_lab_that_lint_refuses_is_not_deployed(tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "lab.yaml").write_text("id: broken\n")
    nowhere: Any = None
    refused = r"/broken/lab\.yaml:1: checks: is missing"
    with searching(tmp_path), pytest.raises(BadInputError, match=refused):
        deploy(nowhere)
