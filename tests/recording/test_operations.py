"""The tables of requests, against a stub: every list is paged, asked once, divided by prefix, and never half."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from benchmarks.stub_aws import Clock, Fault
from labgrader.recording.class_lists import CLASS_LISTS
from labgrader.recording.operation import picked
from labgrader.recording.operations import ACCOUNT_OPERATIONS, IAM_ACTIONS, OPERATIONS
from labgrader.rosters import Student
from tests.recording.listing_aws import (
    ARGUMENTS,
    EVERY,
    MISSING,
    NAMED,
    PAGED,
    THROTTLED,
    ListingAws,
    asking,
    question_of,
    sent_as,
)
from tests.recording.recording import record, record_all, recorder, refusal

# --- lists of a class -----------------------------------------------------------------------------------------------


def test_every_class_list_is_tested() -> None:
    assert set(NAMED) == set(CLASS_LISTS)


@pytest.mark.parametrize("action", sorted(CLASS_LISTS))
def test_a_class_list_is_requested_once_and_divided_by_prefix(action: str) -> None:
    aws = ListingAws(page_size=2)
    aws.entries[action] = [NAMED[action](name) for name in ("user1-a", "user10-a", "USER1_b", "other", "user2-a")]
    recording = recorder(aws)
    snapshots = record_all(recording, [asking(action)], [Student(name) for name in ("user1", "user10", "user3")])
    assert aws.counted()[sent_as(CLASS_LISTS[action].operation)] == 3  # pages, not students
    assert sorted(asking(action)(snapshots["user1"])) == ["USER1_b", "user1-a"]
    assert sorted(asking(action)(snapshots["user10"])) == ["user10-a"]
    assert not asking(action)(snapshots["user3"])
    assert "a-key-that-is-secret" not in json.dumps([snapshot.to_dict() for snapshot in snapshots.values()])
    assert "a-key-that-is-secret" not in json.dumps(recording.facts.to_dict())


@pytest.mark.parametrize("action", ["apigateway:GetRestApis", "apigateway:GetUsagePlans", "apigateway:GetApiKeys"])
def test_names_of_api_gateway_need_not_be_unique(action: str) -> None:
    aws = ListingAws()
    aws.entries[action] = [{"id": "1", "name": "user1-a"}, {"id": "2", "name": "user1-a"}, {"id": "3"}]
    snapshot = record(aws, asking(action))
    assert {name: [name["id"] for name in named] for name, named in asking(action)(snapshot).items()} == {
        "user1-a": ["1", "2"]
    }


def test_the_newest_api_of_a_name_is_found_by_its_date() -> None:
    aws = ListingAws()
    aws.entries["apigateway:GetRestApis"] = [
        {"id": made, "name": "user1-api", "createdDate": datetime(2026, 1, int(made), tzinfo=UTC)}
        for made in ("19", "20", "18")
    ]
    snapshot = record(aws, lambda s: s.api_gateway.rest_apis())
    assert [api.id for api in snapshot.api_gateway.rest_apis()] == ["18", "19", "20"]
    newest = snapshot.api_gateway.rest_api("user1-api")
    assert newest is not None
    assert newest.id == "20"


def test_an_entry_without_a_name_belongs_to_no_student() -> None:
    aws = ListingAws()
    aws.entries["logs:DescribeLogGroups"] = [{"logGroupName": "user1-own"}, {}, {"logGroupName": "/aws/lambda/user1-f"}]
    aws.entries["lambda:ListEventSourceMappings"] = [{"FunctionArn": "x"}, {"FunctionArn": None}, "text"]
    aws.entries["apigateway:GetApiKeys"] = [{"name": None}, None]
    readings = [asking(action) for action in aws.entries]
    snapshot = record(aws, *readings)
    assert [asking(action)(snapshot) for action in aws.entries] == [{"user1-f": {}}, {}, {}]


def test_one_students_nan_does_not_affect_the_class() -> None:
    aws = ListingAws()
    aws.entries["cloudwatch:DescribeAlarms"] = [
        {"AlarmName": "user1-a", "Threshold": float("nan")},
        {"AlarmName": "user1-b", "Threshold": 1.0},
    ]
    snapshot = record(aws, lambda s: s.monitoring.alarms())
    assert [alarm.threshold for alarm in snapshot.monitoring.alarms()] == [None, 1.0]


@pytest.mark.parametrize("action", sorted(CLASS_LISTS))
def test_a_class_list_is_never_missing(action: str) -> None:
    aws = ListingAws()
    operation = CLASS_LISTS[action].operation
    aws.fail(sent_as(operation), Fault(MISSING.get(operation.service, "ResourceNotFoundException"), 404))
    assert "AWS says that there is no such list" in refusal(lambda: asking(action)(record(aws, asking(action))))


# --- every request --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", sorted(PAGED))
def test_a_failing_second_page_fails_the_whole_list(action: str) -> None:
    aws = ListingAws(page_size=1)
    named: Callable[[str], Any] = NAMED.get(action, lambda name: {"name": name})
    aws.entries[action] = [named("user1-a"), named("user1-b")]
    token = PAGED[action].paging.token_in
    aws.fail(sent_as(PAGED[action]), Fault("AccessDeniedException", 403), where=lambda parameters: token in parameters)
    assert refusal(lambda: asking(action)(record(aws, asking(action)))).startswith(f"{action}: AccessDeniedException")


@pytest.mark.parametrize("action", sorted(PAGED))
def test_a_marker_that_repeats_is_an_error(action: str) -> None:
    operation = PAGED[action]
    aws = ListingAws()
    aws.answers[action] = {operation.entries: [], operation.paging.token_out: "again"}
    said = refusal(lambda: asking(action)(record(aws, asking(action))))
    token = operation.paging.token_out
    assert said == f"{action}: RepeatedMarker: AWS gave the same {token} twice, so the list has no end"


@pytest.mark.parametrize("action", sorted(PAGED))
def test_a_list_is_requested_in_the_largest_pages(action: str) -> None:
    """Source: the API reference of each operation. The lists without a size give the largest page by default."""
    largest = {
        "apigateway": {"limit": 500},
        "iam": {"MaxItems": 1000},
        "lambda:ListEventSourceMappings": {"MaxItems": 100},
        "cloudwatch:DescribeAlarms": {"MaxRecords": 100},
        "logs": {"limit": 50},
        "sqs": {"MaxResults": 1000},
        "events": {"Limit": 100},
        "dynamodb": {"Limit": 100},
        "s3": {"MaxBuckets": 1000},
    }
    size = largest.get(action) or largest.get(action.partition(":")[0]) or {}
    assert PAGED[action].paging.size == size
    aws = ListingAws()
    aws.entries[action] = []
    record(aws, asking(action))
    sent = next(parameters for operation, parameters in aws.requests if operation == sent_as(PAGED[action]))
    assert sent == {**ARGUMENTS.get(action, {}), **PAGED[action].fixed, **size}


@pytest.mark.parametrize("action", sorted({**OPERATIONS, **ACCOUNT_OPERATIONS}))
def test_a_missing_resource_has_no_value(action: str) -> None:
    aws = ListingAws()
    operation = EVERY[action]
    aws.fail(sent_as(operation), Fault(MISSING[operation.service], 404))
    assert asking(action)(record(aws, asking(action))) is None


@pytest.mark.parametrize("action", sorted(EVERY))
def test_a_throttled_request_is_retried(action: str) -> None:
    aws, operation = ListingAws(), EVERY[action]
    aws.fail(sent_as(operation), Fault(THROTTLED[operation.service], 400), times=2)
    aws.fail(sent_as(operation), Fault("AccessDenied", 403))
    assert "AccessDenied" in refusal(lambda: asking(action)(record(aws, asking(action), clock=Clock())))
    assert aws.counted()[sent_as(operation)] == 3


@pytest.mark.parametrize("action", sorted(EVERY))
def test_a_denied_request_is_not_graded_and_names_the_permission(action: str) -> None:
    aws, operation = ListingAws(), EVERY[action]
    aws.fail(sent_as(operation), Fault("AccessDeniedException", 403, "no"))
    said = refusal(lambda: asking(action)(record(aws, asking(action))))
    takes = IAM_ACTIONS[action]
    reason = "no" if action in takes else f"no (it takes {' and '.join(takes)})"
    assert said == f"{action}: AccessDeniedException: {reason}"


@pytest.mark.parametrize("action", sorted(EVERY))
def test_an_answer_without_its_fields_is_stored_as_missing(action: str) -> None:
    aws = ListingAws()
    aws.answers[action] = {}
    assert not asking(action)(record(aws, asking(action))) or action in ("cloudwatch:GetDashboard", "iam:GetRole")


# --- what is kept ---------------------------------------------------------------------------------------------------


def kept(action: str, answer: Mapping[str, Any]) -> str:
    aws = ListingAws()
    aws.answers[action] = dict(answer)
    return json.dumps(record(aws, asking(action)).answers.ask(question_of(action)))


@pytest.mark.parametrize(
    ("action", "answer"),
    [
        ("apigateway:GetUsagePlanKeys", {"items": [{"id": "1", "name": "k", "value": "SECRET"}]}),
        ("apigateway:GetStages", {"item": [{"stageName": "prod", "variables": {"password": "SECRET"}}]}),
        ("events:ListTargetsByRule", {"Targets": [{"Id": "1", "Arn": "arn", "Input": '{"token": "SECRET"}'}]}),
        ("sqs:GetQueueAttributes", {"Attributes": {"QueueArn": "arn", "Policy": "SECRET"}}),
        ("dynamodb:DescribeTable", {"Table": {"TableName": "t", "TableId": "SECRET"}}),
        (
            "apigateway:GetResources",
            {
                "items": [
                    {
                        "path": "/",
                        "resourceMethods": {
                            "GET": {
                                "methodIntegration": {
                                    "type": "HTTP",
                                    "uri": "https://x.example/a?key=SECRET",
                                    "requestTemplates": {"application/json": "SECRET"},
                                }
                            }
                        },
                    }
                ]
            },
        ),
    ],
)
def test_unused_fields_are_not_stored(action: str, answer: Mapping[str, Any]) -> None:
    assert "SECRET" not in kept(action, answer)


def test_a_url_is_stored_without_its_signature() -> None:
    integration = {"type": "HTTP", "uri": "https://x.example/a?key=1"}
    answer = {"items": [{"path": "/", "resourceMethods": {"GET": {"methodIntegration": integration}, "POST": {}}}]}
    assert "https://x.example/a?[redacted]" in kept("apigateway:GetResources", answer)


@pytest.mark.parametrize(
    ("value", "wanted", "found"),
    [
        ({"a": 1, "b": 2}, {"a": None}, {"a": 1}),
        ({"a": float("inf")}, {"a": None}, {"a": None}),
        ("text", {"a": None}, {}),
        (None, [{"a": None}], []),
        ({"a": 1}, [{"a": None}], [{"a": 1}]),
        ({"x": {"a": 1, "b": 2}, "y": 3}, {"*": {"a": None}}, {"x": {"a": 1}, "y": {}}),
    ],
)
def test_only_wanted_fields_are_stored(value: Any, wanted: Any, found: Any) -> None:
    assert picked(value, wanted) == found
