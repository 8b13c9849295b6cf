"""`destroy` on the embedded AWS: afterwards, nothing of labgrader is left that costs money."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from cli.deployment.deploy import artifact_bucket, deploy
from cli.deployment.destroy import destroy
from cli.deployment.inventory import take_inventory
from cli.embedded_aws import server
from cli.errors import TargetError
from cli.schedules import keep_schedule
from cli.target import Target, embedded_target
from labgrader.courses.course import Course

pytestmark = pytest.mark.workflow

ACCOUNTS = itertools.count(1)

LISTINGS = (
    ("s3", "list_buckets", "Buckets", "Name"),
    ("dynamodb", "list_tables", "TableNames", ""),
    ("lambda", "list_functions", "Functions", "FunctionName"),
    ("lambda", "list_layers", "Layers", "LayerName"),
    ("stepfunctions", "list_state_machines", "stateMachines", "name"),
    ("apigateway", "get_rest_apis", "items", "name"),
    ("events", "list_rules", "Rules", "Name"),
    ("scheduler", "list_schedules", "Schedules", "Name"),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("secretsmanager", "list_secrets", "SecretList", "Name"),
    ("sns", "list_topics", "Topics", "TopicArn"),
    ("sqs", "list_queues", "QueueUrls", ""),
    ("iam", "list_roles", "Roles", "RoleName"),
)
"""Service, operation, field and name of everything that labgrader creates."""


SAM = """\
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: python3.13, Architectures: [arm64], Handler: app.handler, Layers: [!Ref Shared]}
Resources:
  Shared:
    Type: AWS::Serverless::LayerVersion
    Properties: {LayerName: !Sub "${AWS::StackName}-shared", ContentUri: shared}
  Echo:
    Type: AWS::Serverless::Function
    Properties: {FunctionName: !Sub "${AWS::StackName}-echo", CodeUri: echo}
  EventBus:
    Type: AWS::Events::EventBus
    Properties: {Name: !Ref AWS::StackName}
  Rule:
    Type: AWS::Events::Rule
    Properties: {Name: !Sub "${AWS::StackName}-own", EventBusName: !Ref EventBus, EventPattern: {source: [x]}}
  Bucket: {Type: AWS::S3::Bucket, DeletionPolicy: Retain, UpdateReplacePolicy: Retain}
"""


@pytest.fixture
def template(tmp_path: Path) -> Path:
    for name, text in {
        "echo/app.py": "def handler(event, context):\n    return event\n",
        "shared/python/shared.py": "",
        "template.yaml": SAM,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path / "template.yaml"


@pytest.fixture(scope="module")
def running() -> Iterator[server.Embedded]:
    with server.temporary() as running:
        yield running


@pytest.fixture
def target(running: server.Embedded) -> Target:
    """Return a new account for each test."""
    account = f"{next(ACCOUNTS):012}"
    session = boto3.Session(aws_access_key_id=account, aws_secret_access_key="test", region_name=server.REGION)
    return replace(embedded_target(running), session=session, account_id=account)


def left(target: Target) -> dict[str, list[str]]:
    """Return the names of everything that is left in an account, by operation."""
    found: dict[str, list[str]] = {}
    for service, operation, field, name in LISTINGS:
        entries: list[Any] = getattr(target.client(service), operation)().get(field, [])
        if names := sorted(entry[name] if name else entry for entry in entries):
            found[f"{service}:{operation}"] = names
    return found


def put_objects_into(target: Target, outputs: dict[str, str]) -> None:
    """Store two versions of an object and a delete marker, and an item."""
    s3 = target.client("s3")
    s3.put_bucket_versioning(Bucket=outputs["Bucket"], VersioningConfiguration={"Status": "Enabled"})
    for _ in range(2):
        s3.put_object(Bucket=outputs["Bucket"], Key="runs/r1/run.json", Body=b"{}")
    s3.delete_object(Bucket=outputs["Bucket"], Key="runs/r1/run.json")
    target.client("dynamodb").put_item(TableName=outputs["Table"], Item={"pk": {"S": "RUNS"}, "sk": {"S": "r1"}})


def test_nothing_that_costs_money_is_left(target: Target) -> None:
    before = left(target)
    outputs = deploy(target)
    for course in ("serverless-2026", "cloud-2026"):
        keep_schedule(target, outputs, "labgrader", Course(course, course, "UTC", "02:30"))
    put_objects_into(target, outputs)
    alarm = {"Namespace": "x", "MetricName": "x", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1.0}
    target.client("cloudwatch").put_metric_alarm(
        AlarmName="labgrader-night-missed-mine",
        Statistic="Sum",
        ComparisonOperator="GreaterThanThreshold",
        **alarm,
    )

    inventory = take_inventory(target, "labgrader")
    assert sorted(inventory.schedules) == ["labgrader-cloud-2026", "labgrader-serverless-2026"]
    assert sorted(inventory.alarms) == ["labgrader-night-missed-cloud-2026", "labgrader-night-missed-serverless-2026"]
    assert [layer.name for layer in inventory.layers] == [
        "labgrader-api",
        "labgrader-dependencies",
        "labgrader-library",
        "labgrader-load-testing",
    ]
    assert (inventory.foreign_rules, inventory.artifacts_shared) == ((), False)

    destroy(target, inventory, delete_data=False, tell=lambda _: None)
    kept = left(target)
    assert kept.pop("iam:list_roles") == [inventory.log_role]
    assert kept.pop("cloudwatch:describe_alarms") == ["labgrader-night-missed-mine"]
    assert kept == {**before, "s3:list_buckets": [outputs["Bucket"]], "dynamodb:list_tables": [outputs["Table"]]}

    later = take_inventory(target, "labgrader")
    assert (later.found, later.bucket, later.table) == (None, outputs["Bucket"], outputs["Table"])
    destroy(target, later, delete_data=True, tell=lambda _: None)
    after = left(target)
    assert after.pop("iam:list_roles") == [inventory.log_role]
    assert after.pop("cloudwatch:describe_alarms") == ["labgrader-night-missed-mine"]
    assert after == before


def test_rules_of_others_on_the_bus_are_named_and_nothing_is_deleted(target: Target, template: Path) -> None:
    deploy(target, "lab", template=template, build=template.parent / "build")
    target.client("events").put_rule(Name="notify-teachers", EventBusName="lab", EventPattern='{"source": ["x"]}')
    inventory = take_inventory(target, "lab")
    before = left(target)
    with pytest.raises(TargetError) as refused:
        destroy(target, inventory, delete_data=True, tell=lambda _: None)
    assert str(refused.value) == (
        "the event bus lab has rules that labgrader did not create: notify-teachers; AWS does not delete an event bus "
        "with rules, so delete these rules and try again. Nothing was deleted"
    )
    assert left(target) == before


def test_the_code_of_another_stack_stays(target: Target, template: Path) -> None:
    build = template.parent / "build"
    deploy(target, "lab", template=template, build=build)
    deploy(target, "other", template=template, build=build)
    (template.parent / "echo/app.py").write_text("def handler(event, context):\n    return 2\n")
    deploy(target, "lab", template=template, build=build)
    before = take_inventory(target, "other")
    destroy(target, take_inventory(target, "lab"), delete_data=True, tell=lambda _: None)
    s3, bucket = target.client("s3"), artifact_bucket(target)
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert [key.split("-")[0] for key in keys] == ["bundles/echo", "bundles/shared", "templates/other.yaml"]
    assert take_inventory(target, "other").layers == before.layers
    destroy(target, take_inventory(target, "other"), delete_data=True, tell=lambda _: None)
    assert left(target) == {}


def test_a_stack_that_never_existed_is_named(target: Target) -> None:
    with pytest.raises(TargetError) as refused:
        take_inventory(target, "labgrader")
    assert str(refused.value) == f"the stack labgrader is not deployed in {target}"
