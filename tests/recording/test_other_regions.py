"""A student who has nothing in the Region of the course: where the recorder looks, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import botocore.session
import pytest
from moto import mock_aws

from benchmarks.stub_aws import zipped
from labgrader.evidence.elsewhere import OTHER_REGIONS, Elsewhere, found_elsewhere
from labgrader.evidence.snapshot import Snapshot
from labgrader.recording.rate_limiter import RateLimiter
from labgrader.recording.recorder import Recorder
from labgrader.recording.sessions import Accounts
from labgrader.rosters import Student
from tests.recording.recording import Reading, record_all

HERE, THERE = "us-east-1", "us-west-2"
STUDENT = [Student("user1")]
LISTS: tuple[Reading, ...] = (lambda s: s.function_names(), lambda s: s.sqs.queue_names(), lambda s: s.layer_names())


@pytest.fixture(autouse=True)
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", HERE)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield


def make_function(name: str, region: str) -> None:
    role = boto3.client("iam").create_role(RoleName=f"{name}-{region}", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    boto3.client("lambda", region).create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="app.handler",
        Role=role,
        Code={"ZipFile": zipped({"app.py": ""})},
    )


def recorded(
    *students: Student, regions: tuple[str, ...] = (HERE, THERE), checks: tuple[Reading, ...] = LISTS
) -> tuple[dict[str, Snapshot], dict[str, int]]:
    """Record students; return the snapshots, and the requests by action."""
    recording = Recorder(
        Accounts("run-1", new_session=botocore.session.Session),
        rate_limiter=RateLimiter(sleep=lambda _: None),
        other_regions=regions,
    )
    return record_all(recording, list(checks), list(students)), dict(recording.calls)


def test_functions_in_another_region_are_found() -> None:
    make_function("user1-f", THERE)
    snapshots, calls = recorded(*STUDENT)
    snapshot = snapshots["user1"]
    assert snapshot.region == HERE
    assert snapshot.function_names() == []
    assert found_elsewhere(snapshot) == Elsewhere(THERE, "functions")
    assert found_elsewhere(Snapshot.from_dict(snapshot.to_dict())) == Elsewhere(THERE, "functions")
    assert (calls["lambda:ListFunctions"], calls["sqs:ListQueues"]) == (2, 1)


def test_queues_in_another_region_are_found() -> None:
    boto3.client("sqs", THERE).create_queue(QueueName="user1-jobs")
    assert found_elsewhere(recorded(*STUDENT)[0]["user1"]) == Elsewhere(THERE, "queues")


def test_the_lists_of_another_region_are_read_once_for_a_class() -> None:
    make_function("user2-f", THERE)
    snapshots, calls = recorded(*(Student(f"user{number}") for number in range(1, 6)))
    assert {name for name, snapshot in snapshots.items() if found_elsewhere(snapshot)} == {"user2"}
    assert calls["lambda:ListFunctions"] == 2
    assert calls["sts:GetCallerIdentity"] == 1


def test_nothing_is_read_elsewhere_for_a_student_with_a_resource() -> None:
    make_function("user1-f", HERE)
    make_function("user1-f", THERE)
    snapshots, calls = recorded(*STUDENT)
    assert OTHER_REGIONS not in snapshots["user1"].answers
    assert calls["lambda:ListFunctions"] == 1


@pytest.mark.parametrize("regions", [(), (HERE,), ("eu-west-1",)])
def test_a_region_that_is_not_of_the_lab_is_not_read(regions: tuple[str, ...]) -> None:
    make_function("user1-f", THERE)
    snapshots, calls = recorded(*STUDENT, regions=regions)
    assert found_elsewhere(snapshots["user1"]) is None
    assert calls["lambda:ListFunctions"] == (2 if regions == ("eu-west-1",) else 1)


def test_only_lists_of_the_lab_are_read() -> None:
    boto3.client("sqs", THERE).create_queue(QueueName="user1-jobs")
    snapshots, calls = recorded(*STUDENT, checks=LISTS[:1])
    assert found_elsewhere(snapshots["user1"]) is None
    assert "sqs:ListQueues" not in calls


def test_another_students_resources_do_not_count() -> None:
    make_function("user10-f", THERE)
    assert found_elsewhere(recorded(*STUDENT)[0]["user1"]) is None
