"""Recording provisioned concurrency, from an endpoint that has the list of it and from one that does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.stub_aws import ACCOUNT, REGION, StubAws
from labgrader.rosters import Student
from tests.recording.recording import F, record, record_all, recorder


def test_an_endpoint_without_the_list_is_requested_by_qualifier() -> None:
    aws = StubAws(offers_provisioned_list=False)
    usernames = [f"user{number}" for number in range(1, 9)]
    for username in usernames:
        aws.add_perfect_student(username)
    recording = recorder(aws)
    name = "{}-optimized-function".format
    readings = [lambda s: s.provisioned_concurrency_of(name(s.username), f"{s.username}-prod")]
    snapshots = record_all(recording, readings, [Student(username) for username in usernames])
    for username, snapshot in snapshots.items():
        assert snapshot.provisioned_concurrency(name(username)) is None
        assert snapshot.provisioned_concurrency_of(name(username), f"{username}-prod").requested == 2
    assert recording.calls["lambda:ListProvisionedConcurrencyConfigs"] == 1
    assert recording.calls["lambda:GetProvisionedConcurrencyConfig"] == 8


def test_an_invalid_list_does_not_count_as_empty() -> None:
    aws = StubAws(offers_provisioned_list=False)
    aws.add_function(F)
    aws.provisioned[F] = {"$LATEST": {"Status": "READY"}, "user1-prod": {"Status": "READY"}}
    snapshot = record(aws, lambda s: s.provisioned_concurrency_of(F, "user1-prod"))
    assert snapshot.provisioned_concurrency_of(F, "user1-prod").status == "READY"


def test_a_function_without_provisioned_concurrency_has_an_empty_list(aws: StubAws) -> None:
    assert record(aws, lambda s: s.provisioned_concurrency(F)).provisioned_concurrency(F) == []
    bare = StubAws(offers_provisioned_list=False)
    bare.add_function(F)
    snapshot = record(bare, lambda s: s.provisioned_concurrency_of(F, "user1-prod"))
    assert snapshot.provisioned_concurrency_of(F, "user1-prod") is None


def test_a_deleted_function_does_not_disprove_the_list_operation(aws: StubAws) -> None:
    def delete(operation: str, parameters: Mapping[str, Any]) -> None:
        if operation == "ListProvisionedConcurrencyConfigs":
            aws.functions.pop(parameters["FunctionName"], None)

    aws.before.append(delete)
    recording = recorder(aws)
    record_all(recording, [lambda s: s.provisioned_concurrency(F)], [Student("user1")])
    assert recording.facts.of(ACCOUNT, REGION).lists_provisioned_concurrency is None
