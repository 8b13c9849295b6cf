"""What was there and is not: only what AWS answered both times, and nothing twice."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.evidence.deleted_resources import MAX_GONE, deleted_resources
from labgrader.evidence.question import Answer, Answers, Question
from labgrader.evidence.snapshot import Snapshot

REFUSED = Answer(error_code="AccessDeniedException", error_message="no")
F = {"FunctionName": "user1-f"}


def snapshot(*recorded: tuple[str, dict[str, Any], Any]) -> Snapshot:
    answers = Answers()
    for action, arguments, value in recorded:
        answers.record(Question(action, arguments), value if isinstance(value, Answer) else Answer(value))
    return Snapshot("user1", "111122223333", "us-east-1", "2026-01-01T00:00:00Z", answers)


def lists(action: str, *values: Any) -> list[Snapshot]:
    return [snapshot((action, {}, value)) for value in values]


@pytest.mark.parametrize(
    ("action", "before", "now", "said"),
    [
        ("lambda:ListFunctions", ["user1-f", "user1-x"], ["user1-f"], ["function user1-x"]),
        ("lambda:ListLayers", {"user1-l": {"Version": 1}}, {}, ["layer user1-l"]),
        ("sqs:ListQueues", {"user1-q": "https://…"}, {}, ["queue user1-q"]),
        ("dynamodb:ListTables", ["user1-t"], [], ["table user1-t"]),
        ("s3:ListAllMyBuckets", ["user1-b"], None, ["bucket user1-b"]),
        ("events:ListRules", {"user1-r": {}}, {}, ["rule user1-r"]),
        ("apigateway:GetRestApis", {"user1-a": [{"id": "a"}]}, {}, ["API user1-a"]),
        ("apigateway:GetRestApis", {"user1-a": [{"id": "a"}]}, {"user1-a": [{"id": "b"}]}, []),
        ("apigateway:GetUsagePlans", {"user1-p": [{}]}, {}, ["usage plan user1-p"]),
        ("apigateway:GetApiKeys", {"user1-k": [{}]}, {}, ["API key user1-k"]),
        ("cloudwatch:ListDashboards", ["user1-d"], [], ["dashboard user1-d"]),
        ("cloudwatch:DescribeAlarms", {"user1-e": {}}, {}, ["alarm user1-e"]),
        ("logs:DescribeLogGroups", {"user1-f": {}}, {}, ["log group of user1-f"]),
        ("lambda:ListFunctions", ["user1-f"], ["user1-f", "user1-new"], []),
        ("lambda:ListFunctions", ["user1-f"], REFUSED, []),
        ("lambda:ListFunctions", REFUSED, [], []),
    ],
)
def test_a_resource_missing_from_a_list_is_named(action: str, before: Any, now: Any, said: list[str]) -> None:
    assert deleted_resources(*lists(action, before, now)) == said


def test_a_list_that_was_not_requested_proves_nothing() -> None:
    assert deleted_resources(snapshot(("lambda:ListFunctions", {}, ["user1-f"])), snapshot()) == []


def test_aliases_versions_and_provisioned_concurrency_are_named_with_their_function() -> None:
    before = snapshot(
        ("lambda:ListAliases", F, [{"Name": "prod"}, {"Name": "dev"}]),
        ("lambda:ListVersionsByFunction", F, [{"Version": "$LATEST"}, {"Version": "1"}, {"Version": "2"}]),
        ("lambda:GetProvisionedConcurrencyConfig", {**F, "Qualifier": "prod"}, {"Status": "READY"}),
    )
    now = snapshot(
        ("lambda:ListAliases", F, [{"Name": "dev"}]),
        ("lambda:ListVersionsByFunction", F, [{"Version": "$LATEST"}, {"Version": "2"}]),
        ("lambda:GetProvisionedConcurrencyConfig", {**F, "Qualifier": "prod"}, None),
    )
    assert deleted_resources(before, now) == [
        "version user1-f:1",
        "alias user1-f:prod",
        "provisioned concurrency of user1-f:prod",
    ]
    assert deleted_resources(before, before) == []


def test_the_provisioned_concurrency_of_a_list_is_named_too() -> None:
    arn = "arn:aws:lambda:us-east-1:111122223333:function:user1-f:prod"
    action = "lambda:ListProvisionedConcurrencyConfigs"
    assert deleted_resources(snapshot((action, F, [{"FunctionArn": arn}])), snapshot((action, F, []))) == [
        "provisioned concurrency of user1-f:prod"
    ]


def test_parts_of_a_deleted_function_are_not_named() -> None:
    before = snapshot(("lambda:ListFunctions", {}, ["user1-f"]), ("lambda:ListAliases", F, [{"Name": "prod"}]))
    assert deleted_resources(before, snapshot(("lambda:ListFunctions", {}, []))) == ["function user1-f"]


def test_a_stage_is_identified_by_the_name_of_its_api() -> None:
    def api(api_id: str, *stages: str) -> Snapshot:
        return snapshot(
            ("apigateway:GetRestApis", {}, {"user1-a": [{"id": api_id}]}),
            ("apigateway:GetStages", {"restApiId": api_id}, [{"stageName": stage} for stage in stages]),
        )

    assert deleted_resources(api("old", "prod", "dev"), api("new", "prod")) == ["stage dev of user1-a"]
    assert deleted_resources(api("old", "prod"), api("new", "prod")) == []


def test_a_role_is_identified_by_its_name() -> None:
    asked = {"RoleName": "user1-role"}
    there, missing = snapshot(("iam:GetRole", asked, {"Arn": "…"})), snapshot(("iam:GetRole", asked, None))
    assert deleted_resources(there, missing) == ["role user1-role"]
    assert deleted_resources(missing, there) == []
    assert deleted_resources(there, snapshot(("iam:GetRole", asked, REFUSED))) == []


@pytest.mark.parametrize(("number", "last"), [(MAX_GONE, "table t49"), (MAX_GONE + 1, "… and 1 more")])
def test_deleted_resources_are_listed_up_to_a_maximum(number: int, last: str) -> None:
    named = deleted_resources(*lists("dynamodb:ListTables", [f"t{index:02}" for index in range(number)], []))
    assert named[-1] == last
    assert len(named) == min(number, MAX_GONE + 1)


def test_a_hostile_name_is_one_line_and_cut() -> None:
    (named,) = deleted_resources(*lists("s3:ListAllMyBuckets", ["\u202e" + "x" * 300], []))
    assert named == f"bucket �{'x' * 199}… (101 more characters)"
