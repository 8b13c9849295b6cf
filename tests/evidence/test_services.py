"""The readers of services accept or ignore any value of AWS or of a stored snapshot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from labgrader.evidence.question import Answer, Answers, MissingEvidenceError, Question
from labgrader.evidence.services.event_sources import EventInvokeConfig, EventSourceMapping
from labgrader.evidence.services.iam import role_name
from labgrader.evidence.services.policies import Statement, matches, statements
from labgrader.evidence.snapshot import Snapshot, Source

JUNK: list[Any] = [None, "text", 7, 1.5, True, [], [None], ["x", 7], [[]], {}, {"a": None}, {"user1-a": None}]
JUNK += [{"user1-a": junk} for junk in ("text", 7, [], [None], ["x"], {}, {"Tags": 7, "Dimensions": "x"})]

FUNCTION = "user1-f"


class Anything(Answers):
    """Answers every question with the same."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self._value = value

    def ask(self, question: Question) -> Any:
        if question.action == "lambda:ListFunctions":
            return [FUNCTION]
        if question.action == "lambda:GetFunction":
            return {}
        return self._value


READINGS: dict[str, Callable[[Snapshot], Any]] = {
    "policy": lambda s: s.policy(FUNCTION),
    "mappings": lambda s: s.event_source_mappings("user1-a"),
    "invoke config": lambda s: s.event_invoke_config(FUNCTION),
    "code": lambda s: s.code(FUNCTION),
    "apis": lambda s: s.api_gateway.rest_apis(),
    "api": lambda s: s.api_gateway.rest_api("user1-a"),
    "routes": lambda s: s.api_gateway.routes("id"),
    "route": lambda s: s.api_gateway.route("id", "/", "GET"),
    "stage": lambda s: s.api_gateway.stage("id", "prod"),
    "plan": lambda s: s.api_gateway.usage_plan("user1-a"),
    "keys": lambda s: (s.api_gateway.api_keys(), s.api_gateway.keys_of("id")),
    "queue": lambda s: s.sqs.queue("user1-a"),
    "buckets": lambda s: (s.s3.bucket_names(), s.s3.notifications("user1-a")),
    "rules": lambda s: (s.events.rule("user1-a"), s.events.targets("user1-a")),
    "table": lambda s: (s.dynamodb.table_names(), s.dynamodb.table("text"), s.dynamodb.table("user1-a")),
    "role": lambda s: s.iam.role("user1-a"),
    "managed policy": lambda s: s.iam.managed_policy("arn"),
    "alarm": lambda s: s.monitoring.alarm("user1-a"),
    "log group": lambda s: s.monitoring.log_group("user1-a"),
}


@pytest.mark.parametrize("junk", JUNK, ids=repr)
@pytest.mark.parametrize("reading", READINGS.values(), ids=READINGS.keys())
def test_no_answer_breaks_a_reader(reading: Callable[[Snapshot], Any], junk: Any) -> None:
    reading(Snapshot("user1", "111122223333", "us-east-1", answers=Anything(junk)))


@pytest.mark.parametrize("reading", READINGS.values(), ids=READINGS.keys())
def test_an_unrecorded_question_is_asked(reading: Callable[[Snapshot], Any]) -> None:
    with pytest.raises(MissingEvidenceError):
        reading(Snapshot("user1", "111122223333", "us-east-1"))


def said(**answers: Any) -> Snapshot:
    """A snapshot with answers to questions without arguments, by action with ``_`` for ``:``."""
    recorded = {action.replace("_", ":", 1): Answer(value) for action, value in answers.items()}
    return Snapshot("user1", "111122223333", "us-east-1", answers=Answers(recorded))


def arn(function: str) -> str:
    return f"arn:aws:apigateway:r:lambda:path/2015-03-31/functions/arn:aws:lambda:r:1:function:{function}/invocations"


# --- each reader ----------------------------------------------------------------------------------------------------


def test_the_last_of_several_apis_with_one_name_counts() -> None:
    apis = {"user1-a": [{"id": "1", "name": "user1-a"}, {"id": "2", "name": "user1-a"}]}
    assert said(apigateway_GetRestApis=apis).api_gateway.rest_api("user1-a").id == "2"


@pytest.mark.parametrize(
    ("uri", "function", "qualifier"),
    [
        (arn("user1-f"), "user1-f", ""),
        (arn("user1-f:prod"), "user1-f", "prod"),
        (arn("user1-f:$LATEST"), "user1-f", "$LATEST"),
        ("https://x.example/", "", ""),
        ("", "", ""),
    ],
)
def test_a_route_has_its_function(uri: str, function: str, qualifier: str) -> None:
    snapshot = said()
    methods = {"ANY": {"methodIntegration": {"type": "AWS_PROXY", "uri": uri}, "apiKeyRequired": True}}
    question = Question("apigateway:GetResources", {"restApiId": "id"})
    snapshot.answers.record(question, Answer([{"path": "/a", "resourceMethods": methods}]))
    route = snapshot.api_gateway.route("id", "/a", "POST")  # ANY counts for every method
    assert (route.function, route.qualifier, route.api_key_required) == (function, qualifier, True)
    assert snapshot.api_gateway.route("id", "/b", "POST") is None


def test_a_stage_without_a_cache_has_no_cache_size() -> None:
    snapshot = said()
    stages = [
        {"stageName": "on", "cacheClusterEnabled": True, "cacheClusterSize": "0.5"},
        {"stageName": "off", "cacheClusterEnabled": False, "cacheClusterSize": "0.5"},
    ]
    snapshot.answers.record(Question("apigateway:GetStages", {"restApiId": "id"}), Answer(stages))
    assert [(stage.name, stage.cache_size) for stage in snapshot.api_gateway.stages("id")] == [
        ("on", "0.5"),
        ("off", ""),
    ]


def test_a_bound_key_is_enabled_as_the_list_of_keys_says() -> None:
    snapshot = said(apigateway_GetApiKeys={"user1-k": [{"id": "k1", "name": "user1-k", "enabled": True}]})
    bound = [{"id": "k1", "name": "user1-k"}, {"id": "k2", "name": "other"}]
    snapshot.answers.record(Question("apigateway:GetUsagePlanKeys", {"usagePlanId": "p"}), Answer(bound))
    assert [(key.id, key.enabled) for key in snapshot.api_gateway.keys_of("p")] == [("k1", True), ("k2", False)]


def test_a_queue_reads_its_redrive_policy() -> None:
    url = "https://sqs/1/user1-q"
    snapshot = said(sqs_ListQueues={"user1-q": url})
    question = Question("sqs:GetQueueAttributes", {"QueueUrl": url})
    redrive = '{"deadLetterTargetArn": "arn:aws:sqs:r:1:user1-dlq", "maxReceiveCount": "3"}'
    snapshot.answers.record(question, Answer({"VisibilityTimeout": "60", "RedrivePolicy": redrive}))
    queue = snapshot.sqs.queue("user1-q")
    assert (queue.visibility_timeout_s, queue.max_receive_count) == (60, 3)
    assert queue.dead_letter_target == "arn:aws:sqs:r:1:user1-dlq"
    assert snapshot.sqs.queue("user1-other") is None
    for broken in ("{", "[]", "null", '{"maxReceiveCount": 1.5}', "[" * 100_000):
        snapshot.answers.record(question, Answer({"RedrivePolicy": broken}))
        assert (snapshot.sqs.queue("user1-q").dead_letter_target, snapshot.sqs.queue("user1-q").max_receive_count) == (
            "",
            None,
        )


def test_a_table_without_a_billing_mode_is_provisioned() -> None:
    snapshot = said(dynamodb_ListTables=["user1-t"])
    table = {"KeySchema": [{"KeyType": "HASH", "AttributeName": "id"}], "TableStatus": "ACTIVE"}
    snapshot.answers.record(Question("dynamodb:DescribeTable", {"TableName": "user1-t"}), Answer(table))
    found = snapshot.dynamodb.table("user1-t")
    assert (found.partition_key, found.sort_key, found.billing_mode) == ("id", "", "PROVISIONED")


def test_an_event_source_mapping_has_its_function_and_alias() -> None:
    answer = {"FunctionArn": "arn:aws:lambda:r:1:function:user1-f:prod", "EventSourceArn": "arn:aws:sqs:r:1:user1-q"}
    found = EventSourceMapping.from_answer({**answer, "ScalingConfig": {"MaximumConcurrency": 5}})
    assert (found.function, found.qualifier, found.source, found.maximum_concurrency) == (
        "user1-f",
        "prod",
        "user1-q",
        5,
    )


def test_an_invoke_config_without_a_value_has_the_default() -> None:
    assert EventInvokeConfig.from_answer({}) == EventInvokeConfig(None, None, "", "")
    answer = {"MaximumRetryAttempts": 0, "DestinationConfig": {"OnFailure": {"Destination": "arn"}}}
    assert EventInvokeConfig.from_answer(answer) == EventInvokeConfig(0, None, "", "arn")


def test_a_notification_filter_is_read_in_any_case() -> None:
    snapshot = said()
    rules = [{"Name": "Prefix", "Value": "uploads/"}, {"Name": "suffix", "Value": ".json"}]
    entry = {"LambdaFunctionArn": "arn:aws:lambda:r:1:function:user1-f:prod", "Events": ["s3:ObjectCreated:*"]}
    answer = {"LambdaFunctionConfigurations": [{**entry, "Filter": {"Key": {"FilterRules": rules}}}]}
    snapshot.answers.record(Question("s3:GetBucketNotification", {"Bucket": "b"}), Answer(answer))
    (found,) = snapshot.s3.notifications("b")
    assert (found.function, found.prefix, found.suffix) == ("user1-f", "uploads/", ".json")
    assert found.includes("s3:ObjectCreated:Put")
    assert not found.includes("s3:ObjectRemoved:Delete")


def test_policies_are_read_as_text_and_as_objects() -> None:
    document = (
        '{"Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*", "Principal": {"AWS": ["1", "2"]}}}'
    )
    (found,) = statements(document)
    assert found == Statement("Allow", ("s3:Get*",), ("*",), ("1", "2"))
    assert found.allows("s3:GetObject")
    assert not found.allows("s3:PutObject")
    assert found.covers("arn:aws:s3:::b")
    assert statements("[" * 100_000) == statements("{") == statements(None) == statements(7) == ()
    (other,) = statements({"Statement": [{"Effect": "Deny", "NotAction": "s3:*", "Principal": "*"}]})
    assert (other.excludes, other.principals, other.allows("s3:GetObject")) == (True, ("*",), False)


def test_brackets_in_a_resource_are_literal() -> None:
    (found,) = statements({"Statement": {"Effect": "Allow", "Resource": "arn:aws:s3:::user1-[ab]?/*"}})
    assert found.covers("arn:aws:s3:::user1-[ab]1/x")
    assert not found.covers("arn:aws:s3:::user1-a1/x")


def test_a_condition_is_found_with_any_operator_and_case() -> None:
    conditions = {"ArnLike": {"aws:sourcearn": "arn:1"}, "StringEquals": {"AWS:SourceArn": ["arn:2"]}, "Bool": None}
    (found,) = statements({"Statement": [{"Condition": conditions}]})
    assert found.condition_values("AWS:SourceArn") == ("arn:1", "arn:2")


@pytest.mark.parametrize(
    ("pattern", "found"), [("S3:get*", True), ("*", True), ("s3:Put*", False), ("s3:GetObject", True)]
)
def test_actions_match_in_any_case(pattern: str, found: bool) -> None:
    assert matches(pattern, "s3:GetObject") is found


@pytest.mark.parametrize(
    ("role", "name"),
    [
        ("arn:aws:iam::1:role/LabRole", "LabRole"),
        ("arn:aws:iam::1:role/a/b/LabRole", "LabRole"),
        ("LabRole", ""),
        ("", ""),
    ],
)
def test_a_roles_name_is_the_end_of_its_arn(role: str, name: str) -> None:
    assert role_name(role) == name


def test_an_alarm_reads_either_statistic_and_a_log_group_its_retention() -> None:
    alarms = {"user1-a": {"ExtendedStatistic": "p95", "Threshold": 1, "Dimensions": [{"Name": "a", "Value": "b"}]}}
    groups = {"user1-f": {"retentionInDays": 7}, "user1-g": {}}
    monitoring = said(cloudwatch_DescribeAlarms=alarms, logs_DescribeLogGroups=groups).monitoring
    alarm = monitoring.alarm("user1-a")
    assert (alarm.statistic, alarm.threshold, alarm.dimensions, alarm.actions_enabled) == ("p95", 1.0, {"a": "b"}, True)
    assert monitoring.log_group("user1-f").retention_days == 7
    assert monitoring.log_group("user1-g").retention_days is None
    assert monitoring.log_group("user1-h") is None


def test_a_source_reads_its_calls() -> None:
    call = {"Name": "boto3.client", "Line": 3, "In": "f", "Keywords": ["config"]}
    found = Source.from_answer({"Path": "a.py", "Imports": ["boto3"], "Calls": [call, None], "Undefined": ["json"]})
    assert (found.calls[0].name, found.calls[0].line, found.calls[0].keywords) == ("boto3.client", 3, ("config",))
    assert (found.undefined, found.problem) == (("json",), "")
