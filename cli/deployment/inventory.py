"""List what labgrader has in an account: the stack, and what no deletion of the stack removes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from cli.deployment.deploy import TEMPLATES, artifact_bucket, template_key
from cli.deployment.stack import describe
from cli.errors import TargetError
from cli.schedules import alarm_name
from cli.target import Target
from labgrader.aws import error_code


@dataclass(frozen=True)
class LayerVersion:
    """A version of a layer.

    Args:
        name: the name of the layer.
        version: its number.
    """

    name: str
    version: int


@dataclass(frozen=True)
class Inventory:
    """What labgrader has in an account and Region.

    Args:
        stack: the name of the stack.
        found: the description of the stack; ``None`` if it was deleted and only data and code are left.
        schedules: the names of the schedules of courses.
        schedule_group: the group of these schedules, or empty.
        alarms: the names of the alarms of courses.
        event_bus: the event bus of the stack, or empty.
        foreign_rules: the rules on the event bus that the stack did not create.
        layers: the layer versions of this deployment and of earlier ones.
        artifacts: the keys of uploaded code that no other stack uses.
        artifacts_shared: whether another stack uses the bucket for uploaded code.
        bucket: the bucket with the results; empty if it does not exist.
        table: the table with the results; empty if it does not exist.
        log_role: the role that API Gateway uses to write the logs of the account, or empty.
    """

    stack: str
    found: Mapping[str, Any] | None
    schedules: tuple[str, ...]
    schedule_group: str
    alarms: tuple[str, ...]
    event_bus: str
    foreign_rules: tuple[str, ...]
    layers: tuple[LayerVersion, ...]
    artifacts: tuple[str, ...]
    artifacts_shared: bool
    bucket: str
    table: str
    log_role: str


def take_inventory(target: Target, stack: str) -> Inventory:
    """List what labgrader has in an account and Region.

    CloudFormation keeps the events of a deleted stack for 90 days (API Reference, DescribeStackEvents).

    Raises:
        TargetError: the stack is being changed, or it does not exist and CloudFormation knows no deleted one.
    """
    cloudformation = target.client("cloudformation")
    found = describe(cloudformation, stack)
    if found is not None and found["StackStatus"].endswith("_IN_PROGRESS"):
        raise TargetError(
            f"the stack {stack} is being changed ({found['StackStatus']}); wait until that ends and try again"
        )
    stack_id = found["StackId"] if found else _deleted_stack(cloudformation, stack)
    if not stack_id:
        raise TargetError(f"the stack {stack} is not deployed in {target}")
    resources = _resources(cloudformation, stack_id) if found else _retained(cloudformation, stack_id)
    ids = {resource["LogicalResourceId"]: resource.get("PhysicalResourceId", "") for resource in resources}
    of_type: dict[str, list[str]] = {resource["ResourceType"]: [] for resource in resources}
    for resource in resources:
        if resource.get("PhysicalResourceId"):
            of_type[resource["ResourceType"]].append(resource["PhysicalResourceId"])
    group, bus = (ids.get("ScheduleGroup", ""), ids.get("EventBus", "")) if found else ("", "")
    # The physical id of a rule on an event bus of its own is BUS|RULE.
    own_rules = {rule.rpartition("|")[2] for rule in of_type.get("AWS::Events::Rule", ())}
    artifacts, shared = _artifacts(target, stack)
    return Inventory(
        stack=stack,
        found=found,
        schedules=_schedules(target.client("scheduler"), group) if group else (),
        schedule_group=group,
        alarms=_alarms(target.client("cloudwatch"), stack, ids.get("AlarmTopic", "")),
        event_bus=bus,
        foreign_rules=tuple(rule for rule in _rules(target.client("events"), bus) if rule not in own_rules)
        if bus
        else (),
        layers=_layers(target.client("lambda"), stack, of_type.get("AWS::Lambda::LayerVersion", [])),
        artifacts=artifacts,
        artifacts_shared=shared,
        bucket=_existing_bucket(target, ids.get("Bucket", "")),
        table=_existing_table(target.client("dynamodb"), ids.get("Table", "")),
        log_role=ids.get("ApiGatewayLogWriter", ""),
    )


def _deleted_stack(cloudformation: Any, stack: str) -> str:
    """Return the ARN of the newest deleted stack of this name; empty if it does not exist."""
    pages = cloudformation.get_paginator("list_stacks").paginate(StackStatusFilter=["DELETE_COMPLETE"])
    deleted = [summary for page in pages for summary in page["StackSummaries"] if summary["StackName"] == stack]
    newest: Mapping[str, Any] = max(deleted, key=lambda summary: summary["CreationTime"], default={"StackId": ""})
    return str(newest["StackId"])


def _resources(cloudformation: Any, stack_id: str) -> list[Mapping[str, Any]]:
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack_id)
    return [resource for page in pages for resource in page["StackResourceSummaries"]]


def _retained(cloudformation: Any, stack_id: str) -> list[Mapping[str, Any]]:
    """Return the resources that the deletion of a stack kept, from its events."""
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack_id)
    events = [event for page in pages for event in page["StackEvents"]]
    return [event for event in reversed(events) if event.get("ResourceStatus") == "DELETE_SKIPPED"]


def _schedules(scheduler: Any, group: str) -> tuple[str, ...]:
    try:
        pages = list(scheduler.get_paginator("list_schedules").paginate(GroupName=group))
    except ClientError as error:
        if error_code(error) != "ResourceNotFoundException":
            raise
        return ()
    return tuple(schedule["Name"] for page in pages for schedule in page["Schedules"])


def _alarms(cloudwatch: Any, stack: str, topic: str) -> tuple[str, ...]:
    """Return the alarms of courses that publish to the topic of this stack."""
    pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=alarm_name(stack, ""))
    alarms = [alarm for page in pages for alarm in page["MetricAlarms"]]
    return tuple(alarm["AlarmName"] for alarm in alarms if topic and topic in alarm.get("AlarmActions", ()))


def _rules(events: Any, bus: str) -> tuple[str, ...]:
    try:
        pages = list(events.get_paginator("list_rules").paginate(EventBusName=bus))
    except ClientError as error:
        if error_code(error) != "ResourceNotFoundException":
            raise
        return ()
    return tuple(rule["Name"] for page in pages for rule in page["Rules"])


def _layers(client: Any, stack: str, arns: list[str]) -> tuple[LayerVersion, ...]:
    """Return all versions of the layers that carry the name of the stack, and of other layers the stack's own version.

    The SAM transform keeps each version when the stack changes or is deleted.
    """
    versions = set()
    for arn in arns:
        *_, name, number = arn.split(":")
        if not name.startswith(f"{stack}-"):
            versions.add(LayerVersion(name, int(number)))
            continue
        for page in client.get_paginator("list_layer_versions").paginate(LayerName=name):
            versions |= {LayerVersion(name, version["Version"]) for version in page["LayerVersions"]}
    return tuple(sorted(versions, key=lambda layer: (layer.name, layer.version)))


def _artifacts(target: Target, stack: str) -> tuple[tuple[str, ...], bool]:
    """Return the keys of uploaded code that only this stack uses, and whether another stack uses the bucket."""
    s3, bucket = target.client("s3"), artifact_bucket(target)
    if not _existing_bucket(target, bucket):
        return (), False
    owner = {"ExpectedBucketOwner": target.account_id}
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, **owner)
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
    others = [key for key in keys if key.startswith(TEMPLATES) and key != template_key(stack)]
    used = "".join(s3.get_object(Bucket=bucket, Key=key, **owner)["Body"].read().decode() for key in others)
    return tuple(key for key in keys if key not in others and key not in used), bool(others)


def _existing_bucket(target: Target, bucket: str) -> str:
    """Return the name of a bucket of this account, or an empty text if it does not exist."""
    if not bucket:
        return ""
    try:
        target.client("s3").head_bucket(Bucket=bucket, ExpectedBucketOwner=target.account_id)
    except ClientError as error:
        if error_code(error) not in ("404", "NoSuchBucket"):
            raise
        return ""
    return bucket


def _existing_table(dynamodb: Any, table: str) -> str:
    """Return the name of a table, or an empty text if it does not exist."""
    if not table:
        return ""
    try:
        dynamodb.describe_table(TableName=table)
    except ClientError as error:
        if error_code(error) != "ResourceNotFoundException":
            raise
        return ""
    return table
