"""Resources of simulated students in other services than Lambda: build, change by mistakes, delete."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from checks.simulation.builders import (
    BASIC_EXECUTION,
    add_permission,
    configure_asynchronous_invocation,
    create_bucket,
    create_queue,
    create_role,
    create_table,
    map_event_source,
    notify_bucket,
    queue_url,
)
from checks.simulation.classes import wait_until_ready
from checks.simulation.mistake import changed, classmate, document, parameters, renamed, within, without
from checks.simulation.operations import create_log_group, put_alarm, put_rule, put_target
from checks.simulation.rest_api import (
    create_api_key,
    create_rest_api,
    create_usage_plan,
    deploy_stage,
    execution_arn,
    put_route,
)
from checks.simulation.student import Connections, SimulatedStudent, connect
from checks.simulation.teardown import delete_class, delete_student
from labgrader.evidence.snapshot import Snapshot
from labgrader.recording.rate_limiter import RateLimiter
from labgrader.recording.recorder import Recorder
from labgrader.recording.sessions import Accounts
from labgrader.rosters import Student
from tests.recording.recording import record_all

ACCOUNT = "123456789012"
CODE = {"f.py": "def lambda_handler(event, context): return event\n"}
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:user1-f"
READ_TABLE = [{"Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": "*"}]

Mistaken = Callable[[SimulatedStudent], None]


@pytest.fixture(scope="module")
def moto() -> Iterator[Connections]:
    """One AWS in memory for all tests, because its managed policies take more than a second to load."""
    with pytest.MonkeyPatch.context() as environment:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "testing")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        environment.delenv("AWS_ENDPOINT_URL", raising=False)
        with mock_aws(config={"iam": {"load_aws_managed_policies": True}}):
            yield connect()


@pytest.fixture
def aws(moto: Connections) -> Iterator[Connections]:
    yield moto
    delete_class(moto, ["user1", "user10"])


def student(aws: Connections, *mistakes: Mistaken, username: str = "user1") -> SimulatedStudent:
    made = SimulatedStudent(username, aws)
    for mistake in mistakes:
        mistake(made)
    return made


def seen(*readings: Callable[[Snapshot], Any]) -> list[Any]:
    """Return what a check reads about user1."""
    recorder = Recorder(Accounts("run-1"), rate_limiter=RateLimiter(sleep=lambda _: None))
    snapshot = record_all(recorder, list(readings), [Student("user1")])["user1"]
    return [reading(snapshot) for reading in readings]


def build(one: SimulatedStudent) -> None:
    """Call every builder once."""
    role = create_role(one, "role", managed=[BASIC_EXECUTION], inline={"Tables": READ_TABLE}, tags={"course": "day3"})
    function = one.create_function("f", CODE, Runtime="python3.13", Handler="f.lambda_handler", Role=role)
    alias = one.create_alias("f", "prod", one.publish_version("f"), prefixed=False)
    one.publish_layer("layer", {"python/a.py": ""})
    one.put_dashboard("board", '{"widgets": []}')
    api = create_rest_api(one, "api", description="of the lab")
    put_route(one, "api", api, "/todos/{id}", "GET", alias)
    put_route(one, "api", api, "/todos", "POST", function, apiKeyRequired=True)
    add_permission(one, "f", "apigateway.amazonaws.com", execution_arn(one, api), qualifier="prod")
    stage = deploy_stage(one, "api", api, "prod", cache_size="0.5", tracingEnabled=True)
    create_api_key(one, "key", create_usage_plan(one, "plan", api, stage, 500, 1000, 10000))
    dead = create_queue(one, "dead")
    redrive = {"deadLetterTargetArn": dead, "maxReceiveCount": 3}
    queue = create_queue(one, "queue", VisibilityTimeout=60, DelaySeconds=None, RedrivePolicy=redrive if dead else None)
    settings: dict[str, Any] = {"BatchSize": 10, "MaximumBatchingWindowInSeconds": 1}
    map_event_source(one, "f", queue, FunctionResponseTypes=["ReportBatchItemFailures"], **settings)
    configure_asynchronous_invocation(one, "f", 3600, 1, dead)
    bucket = create_bucket(one, "Uploads", with_account=True)
    add_permission(one, "f", "s3.amazonaws.com", bucket and f"arn:aws:s3:::{bucket}", SourceAccount=ACCOUNT)
    notify_bucket(one, "Uploads", bucket, function, prefix="in/", key_suffix=".json")
    notify_bucket(one, "Uploads", bucket, function, prefix="more/", events=["s3:ObjectRemoved:*"])
    create_table(one, "table", partition_key="userId", sort_key="at", key_types={"at": "N"}, tags={"course": "day3"})
    create_table(one, "old-table", partition_key="id", billing_mode="PROVISIONED")
    put_rule(one, "daily", "cron(0 2 * * ? *)")
    put_target(one, "daily", function)
    about = {"Namespace": "AWS/Lambda", "MetricName": "Errors", "ComparisonOperator": "GreaterThanThreshold"}
    put_alarm(one, "alarm", **about, Threshold=5, Dimensions={"FunctionName": one.named("f")})
    create_log_group(one, "f", 7, tags={"course": "day3"})
    one.finish()


def test_a_check_reads_a_role_with_its_policies(aws: Connections) -> None:
    build(student(aws))
    [role, function] = seen(lambda s: s.iam.role("user1-role"), lambda s: s.function("user1-f"))
    assert function.role == role.arn == f"arn:aws:iam::{ACCOUNT}:role/user1-role"
    assert role.attached == (BASIC_EXECUTION,)
    assert role.tags == {"course": "day3"}
    assert [statement.actions for name, lines in role.inline.items() for statement in lines] == [("dynamodb:GetItem",)]


def test_a_check_reads_an_api_with_routes_stage_plan_and_key(aws: Connections) -> None:
    build(student(aws))
    [api] = seen(lambda s: s.api_gateway.rest_api("user1-api"))
    plain, nested, stage, plan, policy = seen(
        lambda s: s.api_gateway.route(api.id, "/todos", "POST"),
        lambda s: s.api_gateway.route(api.id, "/todos/{id}", "GET"),
        lambda s: s.api_gateway.stage(api.id, "prod"),
        lambda s: s.api_gateway.usage_plan("user1-plan"),
        lambda s: s.policy("user1-f", "prod"),
    )
    assert (plain.integration_type, plain.function, plain.qualifier, plain.api_key_required) == (
        "AWS_PROXY",
        "user1-f",
        "",
        True,
    )
    assert (nested.function, nested.qualifier, nested.authorization) == ("user1-f", "prod", "NONE")
    assert (stage.cache_enabled, stage.cache_size, stage.tracing_enabled) == (True, "0.5", True)
    assert (plan.rate, plan.burst, plan.quota, plan.quota_period) == (500, 1000, 10000, "DAY")
    assert plan.stages == ((api.id, "prod"),)
    assert [key.name for key in seen(lambda s: s.api_gateway.keys_of(plan.id))[0]] == ["user1-key"]
    callers = {
        statement.principals[0]: statement.condition_values("AWS:SourceArn") for statement in policy
    }  # moto mixes qualifiers
    assert callers["apigateway.amazonaws.com"] == (f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{api.id}/*/*",)


def test_a_check_reads_a_queue_with_its_event_source_mapping(aws: Connections) -> None:
    build(student(aws))
    queue, [reading], asynchronous = seen(
        lambda s: s.sqs.queue("user1-queue"),
        lambda s: s.event_source_mappings("user1-f"),
        lambda s: s.event_invoke_config("user1-f"),
    )
    dead = f"arn:aws:sqs:us-east-1:{ACCOUNT}:user1-dead"
    assert (queue.visibility_timeout_s, queue.dead_letter_target, queue.max_receive_count) == (60, dead, 3)
    assert queue.url == queue_url(student(aws), queue.arn)
    assert (reading.source_arn, reading.batch_size, reading.window_s) == (queue.arn, 10, 1)
    assert (asynchronous.maximum_age_s, asynchronous.maximum_retries, asynchronous.on_failure) == (3600, 1, dead)


def test_a_check_reads_buckets_tables_rules_alarms_and_logs(aws: Connections) -> None:
    build(student(aws))
    bucket = f"user1-uploads-{ACCOUNT}"
    buckets, notifications, table, old, rule, targets, alarm, group = seen(
        lambda s: s.s3.bucket_names(),
        lambda s: s.s3.notifications(bucket),
        lambda s: s.dynamodb.table("user1-table"),
        lambda s: s.dynamodb.table("user1-old-table"),
        lambda s: s.events.rule("user1-daily"),
        lambda s: s.events.targets("user1-daily"),
        lambda s: s.monitoring.alarm("user1-alarm"),
        lambda s: s.monitoring.log_group("user1-f"),
    )
    assert buckets == [bucket]
    assert [
        (notification.function, notification.events, notification.prefix, notification.suffix)
        for notification in notifications
    ] == [
        ("user1-f", ("s3:ObjectCreated:*",), "in/", ".json"),
        ("user1-f", ("s3:ObjectRemoved:*",), "more/", ""),
    ]
    assert (table.partition_key, table.sort_key, table.key_types, table.billing_mode) == (
        "userId",
        "at",
        {"userId": "S", "at": "N"},
        "PAY_PER_REQUEST",
    )
    assert (old.partition_key, old.sort_key, old.billing_mode) == ("id", "", "PROVISIONED")
    assert (rule.schedule, rule.state, targets) == ("cron(0 2 * * ? *)", "ENABLED", [FUNCTION])
    assert (alarm.metric, alarm.threshold) == ("Errors", 5)
    assert group.retention_days == 7


def test_a_repeated_call_changes_nothing(aws: Connections) -> None:
    one = student(aws)
    one.create_function("f", CODE, Runtime="python3.13", Handler="f.lambda_handler")
    for _ in range(2):
        create_role(one, "role")
        create_table(one, "table", partition_key="id")
        create_log_group(one, "f", 7)
        put_rule(one, "daily", "rate(1 day)")
        queue = create_queue(one, "queue", VisibilityTimeout=60)
        notify_bucket(one, "uploads", create_bucket(one, "uploads"), FUNCTION)
    assert queue is not None
    assert len(seen(lambda s: s.s3.notifications("user1-uploads"))[0]) == 1


@pytest.mark.parametrize(
    "left_out",
    [
        "create_role",
        "create_function",
        "publish_version",
        "create_alias",
        "create_rest_api",
        "create_resource",
        "put_method",
        "create_deployment",
        "create_usage_plan",
        "create_api_key",
        "put_integration",
        "create_queue",
        "create_bucket",
        "create_table",
        "put_rule",
        "create_log_group",
        "put_retention_policy",
    ],
)
def test_a_step_that_needs_an_omitted_resource_is_omitted(aws: Connections, left_out: str) -> None:
    one = student(aws, changed(without(left_out)))
    build(one)
    wait_until_ready(aws, ["user1"])
    delete_student(aws, "user1")


def test_an_api_that_aws_would_reject_has_no_stage(aws: Connections) -> None:
    one = student(aws)
    api = create_rest_api(one, "api")
    assert deploy_stage(one, "api", api, "prod") is None
    put_route(one, "api", api, "/", "GET", FUNCTION)
    assert deploy_stage(one, "api", api, "prod") == "prod"


def test_a_whole_service_can_be_omitted(aws: Connections) -> None:
    build(student(aws, changed(without(service="apigateway"), without(service="sqs"))))
    assert seen(
        lambda s: s.api_gateway.rest_apis(), lambda s: s.sqs.queue_names(), lambda s: s.event_source_mappings("user1-f")
    ) == [[], [], []]
    assert seen(lambda s: s.s3.bucket_names()) != [[]]


def test_a_function_without_a_role_has_the_role_of_the_course(aws: Connections) -> None:
    build(student(aws, changed(without("create_role"))))
    assert seen(lambda s: s.function("user1-f"))[0].role == f"arn:aws:iam::{ACCOUNT}:role/LabRole"


def test_the_role_of_the_course_allows_the_actions_of_the_handouts(aws: Connections) -> None:
    assert aws.lab_role == connect().lab_role  # created once
    text = boto3.client("iam").get_role_policy(RoleName="LabRole", PolicyName="LabWork")["PolicyDocument"]
    allowed = json.dumps(text)
    for action in ("lambda:InvokeFunction", "s3:*", "dynamodb:*", "sqs:*", "logs:*", "cloudwatch:PutMetricData"):
        assert action in allowed


def test_mistakes_change_calls_of_every_service(aws: Connections) -> None:
    def wider(policy: Any) -> None:
        policy["Statement"][0]["Action"] = ["dynamodb:*"]

    def elsewhere(configuration: Any) -> None:
        configuration["LambdaFunctionConfigurations"][0]["Filter"]["Key"]["FilterRules"][0]["Value"] = "uploads/"

    build(
        student(
            aws,
            changed(
                document("put_role_policy", "role", "PolicyDocument", wider),
                document("put_bucket_notification_configuration", "Uploads", "NotificationConfiguration", elsewhere),
                within("create_usage_plan", "plan", "throttle", rateLimit=100.0, burstLimit=None),
                within("create_queue", "queue", "Attributes", VisibilityTimeout="30"),
                within("create_function", "f", "Environment.Variables", OWNER="{username}"),
                parameters("create_deployment", "api", cacheClusterEnabled=None, cacheClusterSize=None),
                parameters("create_resource", "api", "/todos", pathPart="todo"),
                parameters("put_rule", "daily", State="DISABLED"),
                renamed("table", "TableName", str.upper),
            ),
        )
    )
    [api] = seen(lambda s: s.api_gateway.rest_api("user1-api"))
    role, notifications, plan, queue, function, stage, routes, rule, tables = seen(
        lambda s: s.iam.role("user1-role"),
        lambda s: s.s3.notifications(f"user1-uploads-{ACCOUNT}"),
        lambda s: s.api_gateway.usage_plan("user1-plan"),
        lambda s: s.sqs.queue("user1-queue"),
        lambda s: s.function("user1-f"),
        lambda s: s.api_gateway.stage(api.id, "prod"),
        lambda s: s.api_gateway.routes(api.id),
        lambda s: s.events.rule("user1-daily"),
        lambda s: s.dynamodb.table_names(),
    )
    assert [statement.actions for name, lines in role.inline.items() for statement in lines] == [("dynamodb:*",)]
    assert notifications[0].prefix == "uploads/"
    assert (plan.rate, plan.burst) == (100, None)
    assert queue.visibility_timeout_s == 30
    assert function.environment == {"OWNER": "user1"}
    assert (stage.cache_enabled, stage.cache_size) == (False, "")
    assert [(route.path, route.method) for route in routes] == [("/todo", "POST"), ("/todo/{id}", "GET")]
    assert rule.state == "DISABLED"
    assert tables == ["USER1-TABLE", "user1-old-table"]


def test_a_class_is_deleted_with_its_borrowed_resources_and_no_others(aws: Connections) -> None:
    before = there()
    build(student(aws, username="user10"))
    others = there()
    build(student(aws))
    build(classmate(student(aws)))
    for key in range(3):
        boto3.client("s3").put_object(Bucket=f"user1-uploads-{ACCOUNT}", Key=f"in/{key}", Body=b"{}")
    wait_until_ready(aws, ["user1", "user10"])
    assert all(len(names) > len(others[kind]) for kind, names in there().items())
    delete_class(aws, ["user1"])
    assert there() == others
    delete_class(aws, ["user1"])  # there is nothing left to delete, which is not an error
    delete_student(aws, "user10")
    assert there() == before


def test_a_class_that_is_not_the_last_leaves_what_others_borrowed(aws: Connections) -> None:
    names = ("user1-queue", "classmate-user1-queue", "classmate-user10-queue", "classmate-shared")
    client = aws.client("sqs")
    for name in names:
        client.create_queue(QueueName=name)

    def queues() -> set[str]:
        return {url.rsplit("/", 1)[-1] for url in client.list_queues().get("QueueUrls", ())}

    delete_class(aws, ["user1"], last=False)
    assert queues() == {"classmate-user10-queue", "classmate-shared"}
    delete_class(aws, ["user1"])
    assert queues() == set()


def there() -> dict[str, list[str]]:
    """Return the names of all resources in the account except the course's role."""
    lists = [
        ("lambda", "list_functions", "Functions", "FunctionName"),
        ("lambda", "list_layers", "Layers", "LayerName"),
        ("lambda", "list_event_source_mappings", "EventSourceMappings", "UUID"),
        ("apigateway", "get_rest_apis", "items", "name"),
        ("apigateway", "get_usage_plans", "items", "name"),
        ("apigateway", "get_api_keys", "items", "name"),
        ("s3", "list_buckets", "Buckets", "Name"),
        ("events", "list_rules", "Rules", "Name"),
        ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
        ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
        ("logs", "describe_log_groups", "logGroups", "logGroupName"),
        ("iam", "list_roles", "Roles", "RoleName"),
    ]
    client: Any = boto3.client  # the stubs know services by literal names only
    found = {
        operation: sorted(entry[name] for entry in getattr(client(service), operation)().get(key, ()))
        for service, operation, key, name in lists
    }
    found["list_queues"] = sorted(boto3.client("sqs").list_queues().get("QueueUrls", ()))
    found["list_tables"] = sorted(boto3.client("dynamodb").list_tables()["TableNames"])
    found["list_roles"] = [name for name in found["list_roles"] if name != "LabRole"]
    return found
