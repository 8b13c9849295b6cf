"""The read side of a snapshot, from the real shapes that AWS answers with (moto), and as a document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.session import Session
from moto import mock_aws

from benchmarks.stub_aws import zipped
from labgrader.errors import NotGradedError
from labgrader.evidence.question import Answer, Answers, MissingEvidenceError, Question
from labgrader.evidence.snapshot import Snapshot, closest, owns
from labgrader.recording.rate_limiter import RateLimiter
from labgrader.recording.recorder import Recorder
from labgrader.recording.sessions import Accounts
from labgrader.rosters import Student
from tests.recording.recording import record_all

F = "user1-optimized-function"
CODE = zipped({"app.py": "def lambda_handler(event, context): return event"})


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield


def role() -> str:
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    return str(boto3.client("iam").create_role(RoleName="LabRole", AssumeRolePolicyDocument=trust)["Role"]["Arn"])


def moto_recorder() -> Recorder:
    return Recorder(Accounts("run-1"), rate_limiter=RateLimiter(sleep=lambda _: None))


def test_a_students_resources_are_read_as_aws_describes_them(moto: None) -> None:
    client = boto3.client("lambda")
    arn = role()
    layer = client.publish_layer_version(
        LayerName="user1-lambda-utils", Content={"ZipFile": CODE}, CompatibleRuntimes=["python3.12"], Description="d"
    )["LayerVersionArn"]
    for name in (F, "user10-optimized-function"):
        client.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role=arn,
            Handler="app.lambda_handler",
            Code={"ZipFile": CODE},
            Timeout=30,
            MemorySize=256,
            Description="Optimized",
            Layers=[layer],
            Environment={"Variables": {"GITHUB_API_URL": "https://api.github.com/", "DB_PASSWORD": "hunter2"}},
            Tags={"course": "day2"},
            Publish=True,
        )
    client.update_function_code(FunctionName=F, ZipFile=zipped({"app.py": "2"}), Publish=True)
    client.create_alias(
        FunctionName=F,
        Name="user1-prod",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.25}},
    )
    client.put_function_concurrency(FunctionName=F, ReservedConcurrentExecutions=10)
    boto3.client("cloudwatch").put_dashboard(DashboardName="user1-lambda-optimization", DashboardBody='{"widgets": []}')

    readings = [
        lambda s: s.function(F),
        lambda s: s.function(F, "user1-prod"),
        lambda s: s.versions(F),
        lambda s: s.aliases(F),
        lambda s: s.layer_versions("user1-lambda-utils"),
        lambda s: s.dashboard("user1-lambda-optimization"),
    ]
    recorded = record_all(moto_recorder(), readings, [Student("user1")])["user1"]
    snapshot = Snapshot.from_dict(json.loads(json.dumps(recorded.to_dict(), allow_nan=False)))

    assert snapshot.account_id == "123456789012"
    assert snapshot.function_names() == [F]
    function = snapshot.function(F)
    assert function is not None
    assert (function.runtime, function.handler, function.timeout_s, function.memory_mb) == (
        "python3.12",
        "app.lambda_handler",
        30,
        256,
    )
    assert function.environment == {"GITHUB_API_URL": "https://api.github.com/", "DB_PASSWORD": "[redacted]"}
    assert "hunter2" not in json.dumps(recorded.to_dict())
    assert function.reserved_concurrency == 10
    assert function.tags == {"course": "day2"}
    assert function.layer_names == ("user1-lambda-utils",)
    assert (function.layers[0].account_id, function.layers[0].version) == ("123456789012", 1)
    assert function.state == "Active"
    assert [version.version for version in snapshot.versions(F)] == ["1", "2"]
    assert len({version.code_sha256 for version in snapshot.versions(F)}) == 2
    alias = snapshot.alias(F, "user1-prod")
    assert alias is not None
    assert (alias.version, alias.weights) == ("1", {"2": 0.25})
    assert snapshot.alias(F, "prod") is None
    served_by_alias = snapshot.function(F, "user1-prod")
    assert served_by_alias is not None
    layer_version = snapshot.layer("user1-lambda-utils")
    assert layer_version is not None
    assert (layer_version.version, layer_version.compatible_runtimes) == (1, ("python3.12",))
    assert [version.version for version in snapshot.layer_versions("user1-lambda-utils")] == [1]
    dashboard = snapshot.dashboard("user1-lambda-optimization")
    assert dashboard is not None
    assert dashboard.problem == ""


def test_more_functions_than_a_page_holds(moto: None) -> None:
    client = boto3.client("lambda")
    arn = role()
    for number in range(1, 61):
        client.create_function(
            FunctionName=f"user{number}-f",
            Runtime="python3.12",
            Role=arn,
            Handler="app.h",
            Code={"ZipFile": CODE},
        )
    students = [Student(f"user{number}") for number in range(1, 61)]
    recorder = moto_recorder()
    snapshots = record_all(recorder, [lambda s: s.function(f"{s.username}-f")], students)
    assert all(snapshot.function_names() == [f"{username}-f"] for username, snapshot in snapshots.items())
    assert recorder.calls["lambda:GetFunction"] == 60


def test_a_missing_resource_reads_as_none(moto: None) -> None:
    readings = [
        lambda s: s.function(F),
        lambda s: s.versions(F),
        lambda s: s.provisioned_concurrency_of(F, "user1-prod"),
        lambda s: s.package(F),
        lambda s: s.layer_versions("user1-x"),
        lambda s: s.dashboard("user1-d"),
    ]
    snapshot = record_all(moto_recorder(), readings, [Student("user1")])["user1"]
    assert snapshot.function(F) is None
    assert snapshot.versions(F) == []
    assert snapshot.aliases(F) == []
    assert snapshot.provisioned_concurrency(F) is None
    assert snapshot.provisioned_concurrency_of(F, "user1-prod") is None
    assert snapshot.package(F) is None
    assert snapshot.layer("user1-x") is None
    assert snapshot.layer_versions("user1-x") == []
    assert snapshot.dashboard("user1-d") is None


def test_a_role_sets_the_account(moto: None) -> None:
    with_role = Student("user1", role_arn="arn:aws:iam::999988887777:role/reader", external_id="course")
    recorder = moto_recorder()
    snapshot = record_all(recorder, [lambda s: s.function_names()], [with_role])["user1"]
    assert snapshot.account_id == "999988887777"
    assert recorder.calls == {"sts:AssumeRole": 1, "lambda:ListFunctions": 1}


# --- from given answers ---------------------------------------------------------------------------------------------


def given(**values: Any) -> Snapshot:
    """Return a snapshot of user1 with an existing function, and answers by action."""
    answers = Answers()
    answers.record(Question("lambda:ListFunctions"), Answer([F]))
    answers.record(Question("lambda:GetFunction", {"FunctionName": F}), Answer({"Configuration": {}}))
    for action, value in values.items():
        question = Question(f"lambda:{action}", {"FunctionName": F})
        answers.record(question, value if isinstance(value, Answer) else Answer(value))
    return Snapshot("user1", "123456789012", "us-east-1", "2026-01-01T00:00:00Z", answers)


def test_an_unrecorded_question_raises_missing_evidence() -> None:
    with pytest.raises(MissingEvidenceError) as unasked:
        given().aliases(F)
    assert unasked.value.question.key == f'lambda:ListAliases {{"FunctionName":"{F}"}}'
    with pytest.raises(MissingEvidenceError):
        Snapshot("user1", "", "").function(F)


def test_a_denied_question_is_not_graded_and_names_the_action() -> None:
    denied = Answer(error_code="AccessDeniedException", error_message="not authorized")
    with pytest.raises(NotGradedError) as refused:
        given(ListAliases=denied).aliases(F)
    assert (refused.value.action, refused.value.reason) == (
        "lambda:ListAliases",
        "AccessDeniedException: not authorized",
    )


def test_a_refusal_survives_being_saved() -> None:
    denied = Answer(error_code="AccessDeniedException", error_message="not authorized")
    snapshot = Snapshot.from_dict(json.loads(json.dumps(given(ListAliases=denied).to_dict())))
    with pytest.raises(NotGradedError, match="lambda:ListAliases"):
        snapshot.aliases(F)


def test_provisioned_concurrency_is_identified_by_its_qualifier() -> None:
    entry = {
        "FunctionArn": f"arn:aws:lambda:us-east-1:123456789012:function:{F}:user1-prod",
        "RequestedProvisionedConcurrentExecutions": 2,
        "AvailableProvisionedConcurrentExecutions": 0,
        "Status": "FAILED",
        "StatusReason": "not enough concurrency",
    }
    snapshot = given(ListProvisionedConcurrencyConfigs=[entry])
    found = snapshot.provisioned_concurrency_of(F, "user1-prod")
    assert found is not None
    assert (found.requested, found.available, found.status, found.status_reason) == (
        2,
        0,
        "FAILED",
        "not enough concurrency",
    )
    assert snapshot.provisioned_concurrency_of(F, "user1-dev") is None


def test_versions_are_in_the_order_of_their_numbers_without_latest() -> None:
    snapshot = given(ListVersionsByFunction=[{"Version": version} for version in ("$LATEST", "10", "9", "1")])
    assert [version.version for version in snapshot.versions(F)] == ["1", "9", "10"]


@pytest.mark.parametrize(
    ("name", "mine"),
    [
        ("user1-f", True),
        ("User1_f", True),
        ("user1", True),
        ("user10-f", False),
        ("user1f", False),
        ("my-user1-f", False),
        ("", False),
    ],
)
def test_a_prefix_ends_where_the_name_ends(name: str, mine: bool) -> None:
    assert owns("user1", name) is mine


def test_the_closest_name_is_suggested() -> None:
    assert closest(F, ["user1_Optimized_function", "user1-other"]) == "user1_Optimized_function"
    assert closest(F, ["user1-x"]) == ""


def test_sessions_read_the_ordinary_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
    assert Accounts("run-1", new_session=Session).region(Student("user1")) == "eu-north-1"
    assert Accounts("run-1", new_session=Session).region(Student("user1", region="eu-west-1")) == "eu-west-1"
    assert Accounts("run-1", region="eu-west-3", new_session=Session).region(Student("user1")) == "eu-west-3"
