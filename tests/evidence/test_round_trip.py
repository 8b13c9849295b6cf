"""What moto's services answer comes back through the readers as it was built."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from labgrader.evidence.snapshot import Snapshot
from labgrader.recording.recorder import Recorder
from labgrader.recording.sessions import Accounts
from labgrader.rosters import Student
from tests.recording.recording import Reading, record_all

REGION = "us-east-1"
ACCOUNT = "123456789012"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:user1-f:prod"
ROLE = "user1-role"
TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
KEY = "a-key-that-nobody-may-see-0123456789"


@pytest.fixture(scope="module")
def aws() -> Iterator[None]:
    with mock_aws():
        build()
        yield


def client(service: str) -> Any:
    make: Any = boto3.client  # the stubs know services by literal names only
    return make(service, region_name=REGION)


def build() -> None:
    """One of everything for ``user1``, and something of ``user10`` beside it."""
    gateway = client("apigateway")
    api = gateway.create_rest_api(name="user1-api", description="of lab 9")["id"]
    gateway.create_rest_api(name="user10-api")
    (root,) = gateway.get_resources(restApiId=api)["items"]
    resource = gateway.create_resource(restApiId=api, parentId=root["id"], pathPart="performance")["id"]
    method = {"restApiId": api, "resourceId": resource, "httpMethod": "POST"}
    gateway.put_method(**method, authorizationType="NONE", apiKeyRequired=True)
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"
    gateway.put_integration(**method, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    deployment = gateway.create_deployment(restApiId=api)["id"]
    cache = {"cacheClusterEnabled": True, "cacheClusterSize": "0.5", "variables": {"password": KEY}}
    gateway.create_stage(restApiId=api, stageName="prod", deploymentId=deployment, tracingEnabled=True, **cache)
    plan = gateway.create_usage_plan(
        name="user1-plan",
        throttle={"rateLimit": 500, "burstLimit": 1000},
        quota={"limit": 10_000, "period": "DAY"},
        apiStages=[{"apiId": api, "stage": "prod"}],
    )["id"]
    key = gateway.create_api_key(name="user1-key", enabled=True, value=KEY)["id"]
    gateway.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")

    sqs = client("sqs")
    dead = sqs.create_queue(QueueName="user1-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})
    sqs.create_queue(QueueName="user1-queue", Attributes={"VisibilityTimeout": "60", "RedrivePolicy": redrive})
    sqs.create_queue(QueueName="user10-queue")

    client("s3").create_bucket(Bucket="user1-bucket")
    client("s3").create_bucket(Bucket="user10-bucket")
    rules = [{"Name": "prefix", "Value": "uploads/"}, {"Name": "suffix", "Value": ".json"}]
    entry = {"LambdaFunctionArn": FUNCTION, "Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": rules}}}
    client("s3").put_bucket_notification_configuration(
        Bucket="user1-bucket",
        NotificationConfiguration={"LambdaFunctionConfigurations": [entry]},
        SkipDestinationValidation=True,
    )

    events = client("events")
    events.put_rule(Name="user1-rule", ScheduleExpression="cron(0 2 * * ? *)", State="DISABLED")
    events.put_targets(Rule="user1-rule", Targets=[{"Id": "1", "Arn": FUNCTION, "Input": json.dumps({"key": KEY})}])
    events.put_rule(Name="user10-rule", EventPattern='{"source": ["aws.s3"]}')

    client("dynamodb").create_table(
        TableName="user1-todos",
        KeySchema=[
            {"AttributeName": "userId", "KeyType": "HASH"},
            {"AttributeName": "todoId", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "userId", "AttributeType": "S"},
            {"AttributeName": "todoId", "AttributeType": "N"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    for username in ("user1", "user10"):
        client("cloudwatch").put_metric_alarm(
            AlarmName=f"{username}-errors",
            Namespace="AWS/Lambda",
            MetricName="Errors",
            Dimensions=[{"Name": "FunctionName", "Value": "user1-f"}],
            Statistic="Sum",
            Period=300,
            EvaluationPeriods=2,
            Threshold=1.5,
            ComparisonOperator="GreaterThanThreshold",
        )
        client("logs").create_log_group(logGroupName=f"/aws/lambda/{username}-f")
    client("logs").put_retention_policy(logGroupName="/aws/lambda/user1-f", retentionInDays=7)
    client("logs").create_log_group(logGroupName="user1-other")

    iam = client("iam")
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=document(TRUST), Tags=[{"Key": "owner", "Value": "user1"}])
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    policy = iam.create_policy(PolicyName="user1-policy", PolicyDocument=document(statement))["Policy"]["Arn"]
    second = {**statement, "Action": "s3:GetObject"}
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=document(second), SetAsDefault=True)
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=policy)
    iam.put_role_policy(RoleName=ROLE, PolicyName="inline", PolicyDocument=document({**statement, "Action": "sqs:*"}))


def document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def recorded(*readings: Reading, username: str = "user1") -> Snapshot:
    recording = Recorder(Accounts("run-1", region=REGION))
    return record_all(recording, readings, [Student(username)])[username]


@pytest.mark.usefixtures("aws")
class TestMoto:
    def test_api_gateway(self) -> None:
        def read(snapshot: Snapshot) -> Any:
            gateway = snapshot.api_gateway
            api, plan = gateway.rest_api("user1-api"), gateway.usage_plan("user1-plan")
            return api, gateway.routes(api.id), gateway.stages(api.id), plan, gateway.keys_of(plan.id)

        snapshot = recorded(read)
        api, (route,), (stage,), plan, (key,) = read(snapshot)
        assert [rest_api.name for rest_api in snapshot.api_gateway.rest_apis()] == ["user1-api"]
        assert api.description == "of lab 9"
        assert (route.path, route.method, route.function, route.qualifier) == (
            "/performance",
            "POST",
            "user1-f",
            "prod",
        )
        assert (route.integration_type, route.authorization, route.api_key_required) == ("AWS_PROXY", "NONE", True)
        assert route.integration_method == "POST"
        assert (stage.name, stage.cache_enabled, stage.cache_size, stage.tracing_enabled) == ("prod", True, "0.5", True)
        assert (plan.rate, plan.burst, plan.quota, plan.quota_period) == (500.0, 1000, 10_000, "DAY")
        assert plan.stages == ((api.id, "prod"),)
        assert (key.name, key.enabled) == ("user1-key", True)
        assert KEY not in json.dumps(snapshot.to_dict())

    def test_a_deleted_api_has_no_routes_and_no_stages(self) -> None:
        readings: list[Reading] = [lambda s: s.api_gateway.routes("gone"), lambda s: s.api_gateway.stages("gone")]
        snapshot = recorded(*readings)
        assert [read(snapshot) for read in readings] == [[], []]

    def test_queues(self) -> None:
        snapshot = recorded(lambda s: s.sqs.queue("user1-queue"))
        assert snapshot.sqs.queue_names() == ["user1-dead", "user1-queue"]
        queue = snapshot.sqs.queue("user1-queue")
        assert (queue.visibility_timeout_s, queue.max_receive_count) == (60, 3)
        assert queue.dead_letter_target.endswith(":user1-dead")

    def test_buckets(self) -> None:
        snapshot = recorded(lambda s: (s.s3.bucket_names(), s.s3.notifications("user1-bucket")))
        assert snapshot.s3.bucket_names() == ["user1-bucket"]
        (notification,) = snapshot.s3.notifications("user1-bucket")
        assert (notification.function, notification.prefix, notification.suffix) == ("user1-f", "uploads/", ".json")
        assert notification.includes("s3:ObjectCreated:Put")

    def test_a_deleted_bucket_has_no_notifications(self) -> None:
        assert recorded(lambda s: s.s3.notifications("user1-gone")).s3.notifications("user1-gone") == []

    def test_rules(self) -> None:
        snapshot = recorded(lambda s: (s.events.rules(), s.events.targets("user1-rule")))
        (rule,) = snapshot.events.rules()
        assert (rule.name, rule.state, rule.schedule) == ("user1-rule", "DISABLED", "cron(0 2 * * ? *)")
        assert snapshot.events.targets("user1-rule") == [FUNCTION]
        assert KEY not in json.dumps(snapshot.to_dict())

    def test_tables(self) -> None:
        table = recorded(lambda s: s.dynamodb.table("user1-todos")).dynamodb.table("user1-todos")
        assert (table.partition_key, table.sort_key, table.billing_mode) == ("userId", "todoId", "PAY_PER_REQUEST")
        assert table.key_types == {"userId": "S", "todoId": "N"}
        assert table.status == "ACTIVE"

    def test_alarms_and_log_groups(self) -> None:
        snapshot = recorded(lambda s: (s.monitoring.alarms(), s.monitoring.log_group("user1-f")))
        (alarm,) = snapshot.monitoring.alarms()
        assert (alarm.name, alarm.metric, alarm.statistic, alarm.period_s) == ("user1-errors", "Errors", "Sum", 300)
        assert (alarm.threshold, alarm.evaluation_periods) == (1.5, 2)
        assert alarm.dimensions == {"FunctionName": "user1-f"}
        assert snapshot.monitoring.log_group("user1-f").retention_days == 7
        assert snapshot.monitoring.log_group("user1-g") is None

    def test_roles_and_policies(self) -> None:
        def read(snapshot: Snapshot) -> Any:
            role = snapshot.iam.role(ROLE)
            return role, snapshot.iam.managed_policy(role.attached[0]), snapshot.iam.role("nobody")

        role, (managed,), nobody = read(recorded(read))
        assert (role.name, role.tags, nobody) == (ROLE, {"owner": "user1"}, None)
        assert role.trust[0].principals == ("lambda.amazonaws.com",)
        assert role.inline["inline"][0].actions == ("sqs:*",)
        assert managed.actions == ("s3:GetObject",)  # the default version, not the first one

    def test_user10_is_not_user1(self) -> None:
        readings: list[Reading] = [
            lambda s: s.sqs.queue_names(),
            lambda s: s.s3.bucket_names(),
            lambda s: [rule.name for rule in s.events.rules()],
            lambda s: [api.name for api in s.api_gateway.rest_apis()],
            lambda s: s.dynamodb.table_names(),
            lambda s: [alarm.name for alarm in s.monitoring.alarms()],
        ]
        snapshot = recorded(*readings, username="user10")
        assert [read(snapshot) for read in readings] == [
            ["user10-queue"],
            ["user10-bucket"],
            ["user10-rule"],
            ["user10-api"],
            [],
            ["user10-errors"],
        ]
