"""Delete the stack and what no deletion of the stack removes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from cli.deployment.deploy import artifact_bucket
from cli.deployment.inventory import Inventory
from cli.deployment.stack import delete, pause_of
from cli.errors import TargetError
from cli.target import Target, reached
from labgrader.aws import error_code

_TRIES = 5
"""How often a bucket is emptied: a function that still runs may write another object."""

_BATCH = 1000
"""Maximum objects of one request (Amazon S3 API Reference, DeleteObjects)."""


def destroy(target: Target, inventory: Inventory, *, delete_data: bool, tell: Callable[[str], None]) -> None:
    """Delete what an inventory lists. A second call continues a deletion that was interrupted.

    Args:
        target: the account.
        inventory: what labgrader has there.
        delete_data: whether to delete the bucket and the table with the results.
        tell: prints a line of progress.

    Raises:
        TargetError: the event bus has rules of others, or AWS refused a request.
    """
    if inventory.foreign_rules:
        raise TargetError(
            f"the event bus {inventory.event_bus} has rules that labgrader did not create: "
            f"{', '.join(inventory.foreign_rules)}; AWS does not delete an event bus with rules, so delete these rules "
            "and try again. Nothing was deleted"
        )
    with reached():
        scheduler = target.client("scheduler")
        for name in inventory.schedules:
            scheduler.delete_schedule(Name=name, GroupName=inventory.schedule_group)
        if inventory.alarms:
            _delete_alarms(target.client("cloudwatch"), inventory.alarms)
        if inventory.found is not None:
            tell(f"deleting the stack {inventory.stack}")
            delete(target.client("cloudformation"), inventory.found, pause_of(target))
        for layer in inventory.layers:
            target.client("lambda").delete_layer_version(LayerName=layer.name, VersionNumber=layer.version)
        _delete_artifacts(target, inventory)
        if delete_data:
            if inventory.bucket:
                tell(f"deleting the bucket {inventory.bucket}")
                _delete_bucket(target.client("s3"), inventory.bucket, target.account_id)
            if inventory.table:
                tell(f"deleting the table {inventory.table}")
                dynamodb = target.client("dynamodb")
                dynamodb.delete_table(TableName=inventory.table)
                dynamodb.get_waiter("table_not_exists").wait(TableName=inventory.table)


def _delete_alarms(cloudwatch: Any, alarms: tuple[str, ...]) -> None:
    """Delete alarms, at most 100 in one request (CloudWatch API Reference, DeleteAlarms)."""
    for start in range(0, len(alarms), 100):
        cloudwatch.delete_alarms(AlarmNames=list(alarms[start : start + 100]))


def _delete_artifacts(target: Target, inventory: Inventory) -> None:
    """Delete uploaded code. The bucket stays if another stack uses it."""
    s3, bucket = target.client("s3"), artifact_bucket(target)
    if not inventory.artifacts:
        return
    if not inventory.artifacts_shared:
        _delete_bucket(s3, bucket, target.account_id)
        return
    for start in range(0, len(inventory.artifacts), _BATCH):
        keys = inventory.artifacts[start : start + _BATCH]
        _delete_objects(s3, bucket, [{"Key": key} for key in keys], target.account_id)


def _delete_bucket(s3: Any, bucket: str, account_id: str) -> None:
    """Delete a bucket with all versions of its objects.

    Raises:
        TargetError: an object could not be deleted.
    """
    for attempt in range(1, _TRIES + 1):
        pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, ExpectedBucketOwner=account_id)
        for page in pages:
            versions = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            objects = [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in versions]
            _delete_objects(s3, bucket, objects, account_id)
        try:
            s3.delete_bucket(Bucket=bucket, ExpectedBucketOwner=account_id)
        except ClientError as error:
            if error_code(error) != "BucketNotEmpty" or attempt == _TRIES:
                raise
        else:
            return


def _delete_objects(s3: Any, bucket: str, objects: list[dict[str, str]], account_id: str) -> None:
    """Delete objects.

    Raises:
        TargetError: S3 could not delete one. It reports that in a successful answer.
    """
    if not objects:
        return
    request = {"Objects": objects, "Quiet": True}
    answer = s3.delete_objects(Bucket=bucket, Delete=request, ExpectedBucketOwner=account_id)
    if errors := answer.get("Errors"):
        first = errors[0]
        raise TargetError(
            f"{len(errors)} objects of the bucket {bucket} could not be deleted; the first is {first.get('Key')}: "
            f"{first.get('Code')}: {first.get('Message')}"
        )
