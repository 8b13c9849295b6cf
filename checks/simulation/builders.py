"""Builders of roles, permissions, queues, buckets and tables for simulated students.

The first argument is the student. The second is a name without the student's prefix, which is also the ``target`` of
the steps, so that mistakes can change or omit them. If an argument is ``None`` because a mistake omitted a resource,
the builder does nothing and returns ``None``. REST APIs are in ``rest_api``, rules, alarms and log groups in
``operations``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from checks.simulation.connections import policy
from checks.simulation.student import SimulatedStudent, Step

Statements = list[dict[str, Any]]

BASIC_EXECUTION = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
"""The managed policy that lets a function write its logs."""

# --- roles and permissions ------------------------------------------------------------------------------------------


def create_role(
    student: SimulatedStudent,
    suffix: str,
    *,
    managed: Sequence[str] = (),
    inline: Mapping[str, Statements] | None = None,
    trust: str | Sequence[str] = "lambda.amazonaws.com",
    tags: Mapping[str, str] | None = None,
) -> str | None:
    """Create a role with its policies.

    Steps: ``create_role``; ``attach_role_policy`` and ``put_role_policy``, with the policy as their name.

    Args:
        managed: the ARNs of managed policies.
        inline: statements by the name of an inline policy.
        trust: the service, or services, that may assume it.
        tags: its tags.

    Returns:
        its ARN.
    """
    service = trust if isinstance(trust, str) else list(trust)
    document = policy([{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}])
    given: dict[str, Any] = {"RoleName": student.named(suffix), "AssumeRolePolicyDocument": document}
    if tags:
        given["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
    step = Step("create_role", suffix, "", given, service="iam")
    if student.perform(step) is None:
        return None
    name = step.parameters["RoleName"]
    for arn in managed:
        student.take("iam", "attach_role_policy", suffix, arn.rsplit("/", 1)[-1], RoleName=name, PolicyArn=arn)
    for title, statements in (inline or {}).items():
        given = {"RoleName": name, "PolicyName": title, "PolicyDocument": policy(statements)}
        student.take("iam", "put_role_policy", suffix, title, **given)
    return f"arn:aws:iam::{student.account_id}:role/{name}"


def add_permission(
    student: SimulatedStudent,
    suffix: str,
    principal: str,
    source_arn: str | None = "",
    *,
    qualifier: str = "",
    statement_id: str = "",
    **settings: Any,
) -> None:
    """Let a service invoke a function or one of its aliases. Step: ``add_permission``, with the statement as its name.

    Args:
        suffix: the function.
        principal: ``apigateway.amazonaws.com``, ``s3.amazonaws.com``, ``events.amazonaws.com``.
        source_arn: the source ARN. Empty: any source. ``None`` (the ARN of a step that was left out): the call is not
            made.
        qualifier: the alias or version, with its prefix. Empty for none.
        statement_id: the statement's id. By default, the service's first word and ``-invoke``.
        settings: more of the call (``SourceAccount``).
    """
    statement_id = statement_id or f"{principal.split('.')[0]}-invoke"
    alias = qualifier.removeprefix(student.named(""))
    if source_arn is None or (qualifier and student.lacks("lambda", suffix, alias)):
        return
    given = {
        "FunctionName": student.named(suffix),
        "StatementId": statement_id,
        "Action": "lambda:InvokeFunction",
        "Principal": principal,
        **({"SourceArn": source_arn} if source_arn else {}),
        **({"Qualifier": qualifier} if qualifier else {}),
        **settings,
    }
    student.take("lambda", "add_permission", suffix, statement_id, **given)


# --- queues and asynchronous invocation -------------------------------------------------------------------------------


def create_queue(student: SimulatedStudent, suffix: str, **attributes: Any) -> str | None:
    """Create an SQS queue. Step: ``create_queue``.

    Args:
        attributes: the attributes by their AWS names (``VisibilityTimeout=60``, ``RedrivePolicy={…}``). Numbers and
            objects are converted to text, because AWS requires it. ``None`` omits an attribute.

    Returns:
        its ARN. ``queue_url`` returns its URL.
    """
    written = {
        name: json.dumps(value) if isinstance(value, Mapping) else str(value)
        for name, value in attributes.items()
        if value is not None
    }
    step = Step("create_queue", suffix, "", {"QueueName": student.named(suffix), "Attributes": written}, service="sqs")
    if student.perform(step) is None:
        return None
    return f"arn:aws:sqs:{student.region}:{student.account_id}:{step.parameters['QueueName']}"


def queue_url(student: SimulatedStudent, arn: str) -> str:
    """Return the URL of an existing queue."""
    return str(student.call("get_queue_url", "sqs", QueueName=arn.rsplit(":", 1)[-1])["QueueUrl"])


def map_event_source(
    student: SimulatedStudent, suffix: str, queue_arn: str | None, *, qualifier: str = "", **settings: Any
) -> str | None:
    """Map a queue to a function. Step: ``create_event_source_mapping``, with the name ``queue``.

    Args:
        suffix: the function.
        queue_arn: the queue. ``None`` (the ARN of a step that was left out): the call is not made.
        qualifier: the alias, with its prefix. Empty for none.
        settings: ``BatchSize``, ``MaximumBatchingWindowInSeconds``, ``FunctionResponseTypes``, …

    Returns:
        the mapping's UUID.
    """
    if queue_arn is None:
        return None
    function = f"{student.named(suffix)}:{qualifier}" if qualifier else student.named(suffix)
    given = {"FunctionName": function, "EventSourceArn": queue_arn, **settings}
    answer = student.take("lambda", "create_event_source_mapping", suffix, "queue", **given)
    return None if answer is None else str(answer.get("UUID", ""))


def configure_asynchronous_invocation(
    student: SimulatedStudent,
    suffix: str,
    maximum_age_s: int | None = None,
    retries: int | None = None,
    on_failure_arn: str | None = "",
    *,
    qualifier: str = "",
) -> None:
    """Configure asynchronous invocation. Step: ``put_function_event_invoke_config``.

    Args:
        suffix: the function.
        maximum_age_s: the maximum age of an event, in seconds. ``None`` for AWS's default of six hours.
        retries: the maximum retry attempts. ``None`` for AWS's default of two.
        on_failure_arn: the on-failure destination. Empty: no destination. ``None`` (the ARN of a step that was left
            out): the call is not made.
        qualifier: the alias or version, with its prefix. Empty for none.
    """
    if on_failure_arn is None:
        return
    given: dict[str, Any] = {"FunctionName": student.named(suffix)}
    if qualifier:
        given["Qualifier"] = qualifier
    if maximum_age_s is not None:
        given["MaximumEventAgeInSeconds"] = maximum_age_s
    if retries is not None:
        given["MaximumRetryAttempts"] = retries
    if on_failure_arn:
        given["DestinationConfig"] = {"OnFailure": {"Destination": on_failure_arn}}
    student.take("lambda", "put_function_event_invoke_config", suffix, **given)


# --- buckets and tables -----------------------------------------------------------------------------------------------


def create_bucket(student: SimulatedStudent, suffix: str, *, with_account: bool = False, **settings: Any) -> str | None:
    """Create a bucket. Step: ``create_bucket``.

    Args:
        with_account: whether the name ends with the account id, because bucket names are globally unique.
        settings: more of the call.

    Returns:
        its name, in lower case because S3 requires it.
    """
    name = student.named(f"{suffix}-{student.account_id}" if with_account else suffix).lower()
    given: dict[str, Any] = {"Bucket": name, **settings}
    if student.region != "us-east-1":  # S3 rejects a location constraint in us-east-1
        given["CreateBucketConfiguration"] = {"LocationConstraint": student.region}
    step = Step("create_bucket", suffix, "", given, service="s3")
    return None if student.perform(step) is None else str(step.parameters["Bucket"])


def notify_bucket(
    student: SimulatedStudent,
    suffix: str,
    bucket: str | None,
    function_arn: str | None,
    *,
    prefix: str = "",
    key_suffix: str = "",
    events: Sequence[str] = ("s3:ObjectCreated:*",),
) -> None:
    """Add a notification of a function to a bucket. Step: ``put_bucket_notification_configuration``.

    Args:
        suffix: the bucket's name without the prefix, as in ``create_bucket``.
        bucket: the bucket's name, as returned by ``create_bucket``.
        function_arn: the function. If this or ``bucket`` is ``None`` (its step was left out), the call is not made.
        prefix, key_suffix: the prefix and the suffix of the object keys. Empty for all keys.
        events: the event types.
    """
    if bucket is None or function_arn is None or student.lacks("s3", suffix):
        return
    rules = [{"Name": name, "Value": value} for name, value in (("prefix", prefix), ("suffix", key_suffix)) if value]
    wanted = {
        "Id": f"{function_arn.split(':', 6)[-1].replace(':', '-')}-{prefix}{key_suffix}",
        "LambdaFunctionArn": function_arn,
        "Events": list(events),
        **({"Filter": {"Key": {"FilterRules": rules}}} if rules else {}),
    }
    found = student.call("get_bucket_notification_configuration", "s3", Bucket=bucket)
    others = [other for other in found.get("LambdaFunctionConfigurations", ()) if other.get("Id") != wanted["Id"]]
    configuration = {"LambdaFunctionConfigurations": [*others, wanted]}
    operation = "put_bucket_notification_configuration"
    student.take("s3", operation, suffix, Bucket=bucket, NotificationConfiguration=configuration)


def create_table(
    student: SimulatedStudent,
    suffix: str,
    *,
    partition_key: str,
    sort_key: str = "",
    key_types: Mapping[str, str] | None = None,
    billing_mode: str = "PAY_PER_REQUEST",
    tags: Mapping[str, str] | None = None,
    **settings: Any,
) -> str | None:
    """Create a DynamoDB table. Step: ``create_table``.

    Args:
        partition_key, sort_key: the names of its key attributes. An empty sort key for none.
        key_types: the type of each key attribute: ``S``, ``N`` or ``B``. By default ``S``.
        billing_mode: ``PAY_PER_REQUEST``, or ``PROVISIONED`` with 5 read and 5 write capacity units.
        tags: its tags.
        settings: more of the call.

    Returns:
        its name.
    """
    keys = [(partition_key, "HASH"), *([(sort_key, "RANGE")] if sort_key else [])]
    types = {key: "S" for key, _ in keys} | dict(key_types or {})
    given: dict[str, Any] = {
        "TableName": student.named(suffix),
        "KeySchema": [{"AttributeName": key, "KeyType": kind} for key, kind in keys],
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": types[key]} for key, _ in keys],
        "BillingMode": billing_mode,
        **settings,
    }
    if billing_mode == "PROVISIONED":
        given.setdefault("ProvisionedThroughput", {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5})
    if tags:
        given["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
    step = Step("create_table", suffix, "", given, service="dynamodb")
    return None if student.perform(step) is None else str(step.parameters["TableName"])
