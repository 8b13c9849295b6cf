"""Delete simulated students: all resources with their prefix, in every service that a lab uses.

Each service is listed once for the whole class. Resources that are already deleted are ignored.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from checks.simulation.connections import Connections
from checks.simulation.mistake import CLASSMATE

_WORKERS = 4

_GONE = frozenset(
    {
        "AWS.SimpleQueueService.NonExistentQueue",
        "NoSuchBucket",
        "NoSuchEntity",
        "NotFoundException",
        "QueueDoesNotExist",
        "ResourceNotFoundException",
    }
)

_TRIES = 3

_GROUPS = "/aws/lambda/"

Owned = Callable[[str], bool]


def delete_class(connections: Connections, usernames: Iterable[str], *, last: bool = True) -> None:
    """Delete the resources of some students and those that their mistakes borrowed.

    On the embedded AWS, each invoked function keeps a process of about 50 MB until it is deleted.

    Args:
        connections: the AWS they were built in.
        usernames: the students.
        last: whether these are the last students. Others may share borrowed resources, which stay then.
    """
    students = list(usernames)
    owned = _owned([*students, *([CLASSMATE] if last else [f"{CLASSMATE}-{username}" for username in students])])
    # delete triggers before the functions that they invoke, and functions before their roles
    for stage in (
        (_event_source_mappings, _rest_apis, _buckets, _rules),
        (_functions, _layers, _queues, _tables, _alarms, _dashboards),
        (_log_groups, _roles),
    ):
        with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
            list(pool.map(lambda delete: delete(connections, owned), stage))


def delete_student(connections: Connections, username: str) -> None:
    """Delete the resources of one student."""
    delete_class(connections, [username])


def function_names(connections: Connections, usernames: Iterable[str]) -> list[str]:
    """Return the names of some students' functions."""
    found = _listed(connections, "lambda", "list_functions", "Functions", "FunctionName", _owned(usernames))
    return [function["FunctionName"] for function in found]


def event_source_mappings(connections: Connections, usernames: Iterable[str]) -> list[dict[str, Any]]:
    """Return the event source mappings of some students' functions."""
    return _mappings(connections, _owned(usernames))


def table_names(connections: Connections, usernames: Iterable[str]) -> list[str]:
    """Return the names of some students' tables."""
    return _tables_of(connections, _owned(usernames))


# --- Lambda -----------------------------------------------------------------------------------------------------------


def _event_source_mappings(connections: Connections, owned: Owned) -> None:
    client = connections.client("lambda")
    for mapping in _mappings(connections, owned):
        _delete(client.delete_event_source_mapping, UUID=mapping["UUID"])


def _mappings(connections: Connections, owned: Owned) -> list[dict[str, Any]]:
    pages = connections.client("lambda").get_paginator("list_event_source_mappings").paginate()
    mappings = (mapping for page in pages for mapping in page["EventSourceMappings"])
    return [mapping for mapping in mappings if owned(mapping["FunctionArn"].split(":")[6])]


def _functions(connections: Connections, owned: Owned) -> None:
    found = _listed(connections, "lambda", "list_functions", "Functions", "FunctionName", owned)
    delete = connections.client("lambda").delete_function
    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        list(pool.map(lambda function: _delete(delete, FunctionName=function["FunctionName"]), found))


def _layers(connections: Connections, owned: Owned) -> None:
    client = connections.client("lambda")
    for layer in _listed(connections, "lambda", "list_layers", "Layers", "LayerName", owned):
        for page in client.get_paginator("list_layer_versions").paginate(LayerName=layer["LayerName"]):
            for version in page["LayerVersions"]:
                client.delete_layer_version(LayerName=layer["LayerName"], VersionNumber=version["Version"])


# --- triggers ---------------------------------------------------------------------------------------------------------


def _rest_apis(connections: Connections, owned: Owned) -> None:
    """Delete API keys, then usage plans, then APIs, because each one depends on the next."""
    client = connections.client("apigateway")
    for key in _listed(connections, "apigateway", "get_api_keys", "items", "name", owned):
        _delete(client.delete_api_key, apiKey=key["id"])
    for plan in _listed(connections, "apigateway", "get_usage_plans", "items", "name", owned):
        stages = [f"{bound['apiId']}:{bound['stage']}" for bound in plan.get("apiStages", ())]
        if stages:
            removals = [{"op": "remove", "path": "/apiStages", "value": stage} for stage in stages]
            _delete(client.update_usage_plan, usagePlanId=plan["id"], patchOperations=removals)
        _delete(client.delete_usage_plan, usagePlanId=plan["id"])
    for api in _listed(connections, "apigateway", "get_rest_apis", "items", "name", owned):
        _delete(client.delete_rest_api, restApiId=api["id"])


def _buckets(connections: Connections, owned: Owned) -> None:
    """Delete buckets with all versions of their objects. Retry, because a running function may write another object."""
    client = connections.client("s3")
    names = [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]
    for bucket in filter(owned, names):
        for _ in range(_TRIES):
            _empty(client, bucket)
            if _delete(client.delete_bucket, but="BucketNotEmpty", Bucket=bucket):
                break


def _empty(client: Any, bucket: str) -> None:
    with contextlib.suppress(client.exceptions.NoSuchBucket):
        for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
            found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            objects = [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in found]
            if objects:  # a page has at most 1,000 objects, the limit of one call
                client.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})


def _rules(connections: Connections, owned: Owned) -> None:
    client = connections.client("events")
    for rule in _listed(connections, "events", "list_rules", "Rules", "Name", owned):
        targets = client.list_targets_by_rule(Rule=rule["Name"]).get("Targets", ())
        if targets:
            _delete(client.remove_targets, Rule=rule["Name"], Ids=[target["Id"] for target in targets])
        _delete(client.delete_rule, Name=rule["Name"])


def _queues(connections: Connections, owned: Owned) -> None:
    client = connections.client("sqs")
    pages = client.get_paginator("list_queues").paginate()
    for url in [url for page in pages for url in page.get("QueueUrls", ()) if owned(url.rsplit("/", 1)[-1])]:
        _delete(client.delete_queue, QueueUrl=url)


# --- other services ---------------------------------------------------------------------------------------------------


def _tables(connections: Connections, owned: Owned) -> None:
    client = connections.client("dynamodb")
    for name in _tables_of(connections, owned):
        _delete(client.delete_table, TableName=name)


def _tables_of(connections: Connections, owned: Owned) -> list[str]:
    pages = connections.client("dynamodb").get_paginator("list_tables").paginate()
    return [name for page in pages for name in page["TableNames"] if owned(name)]


def _alarms(connections: Connections, owned: Owned) -> None:
    found = _listed(connections, "cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName", owned)
    for names in _batches([alarm["AlarmName"] for alarm in found]):
        connections.client("cloudwatch").delete_alarms(AlarmNames=names)


def _dashboards(connections: Connections, owned: Owned) -> None:
    found = _listed(connections, "cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName", owned)
    for names in _batches([dashboard["DashboardName"] for dashboard in found]):
        connections.client("cloudwatch").delete_dashboards(DashboardNames=names)


def _log_groups(connections: Connections, owned: Owned) -> None:
    client = connections.client("logs")
    pages = client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=_GROUPS)
    names = [group["logGroupName"] for page in pages for group in page["logGroups"]]
    for name in names:
        if owned(name.removeprefix(_GROUPS)):
            _delete(client.delete_log_group, logGroupName=name)


def _roles(connections: Connections, owned: Owned) -> None:
    client = connections.client("iam")
    for role in _listed(connections, "iam", "list_roles", "Roles", "RoleName", owned):
        name = {"RoleName": role["RoleName"]}
        for page in client.get_paginator("list_attached_role_policies").paginate(**name):
            for attached in page["AttachedPolicies"]:
                _delete(client.detach_role_policy, **name, PolicyArn=attached["PolicyArn"])
        for page in client.get_paginator("list_role_policies").paginate(**name):
            for policy in page["PolicyNames"]:
                _delete(client.delete_role_policy, **name, PolicyName=policy)
        _delete(client.delete_role, **name)


# --- helpers ----------------------------------------------------------------------------------------------------------


def _owned(usernames: Iterable[str]) -> Owned:
    """Return a function like ``owns`` for many students at once: it tells whether a name belongs to one of them."""
    prefixes = "|".join(re.escape(username) for username in usernames)
    pattern = re.compile(rf"(?:{prefixes})(?![a-z0-9])", re.IGNORECASE)
    return lambda name: bool(prefixes) and pattern.match(name) is not None


def _listed(
    connections: Connections, service: str, operation: str, entries: str, name: str, owned: Owned
) -> list[dict[str, Any]]:
    """Return the students' entries of a list. It reads all pages before anything is deleted."""
    pages = connections.client(service).get_paginator(operation).paginate()
    return [entry for page in pages for entry in page.get(entries, ()) if owned(entry.get(name, ""))]


def _batches(names: list[str]) -> Iterator[list[str]]:
    """Yield batches of at most 100 names, which CloudWatch deletes in one call."""
    for start in range(0, len(names), 100):
        yield names[start : start + 100]


def _delete(call: Callable[..., Any], *, but: str = "", **parameters: Any) -> bool:
    """Delete a resource, which may already be deleted. Return False if AWS refused with the error code ``but``."""
    try:
        call(**parameters)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code")
        if code not in _GONE and code != but:
            raise
        return code != but
    return True
