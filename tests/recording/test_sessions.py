"""Sessions for labgrader's own account or through a role. A refusal affects the questions of one student only."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from benchmarks.stub_aws import Fault, StubAws
from labgrader.recording.sessions import Accounts
from labgrader.rosters import Student
from tests.recording.recording import record_all, recorder, refusal

F = "user1-f"


@pytest.fixture
def aws() -> StubAws:
    stub = StubAws()
    stub.add_function(F)
    return stub


ROLE = "arn:aws:iam::444455556666:role/labgrader-reader"


def test_a_role_is_assumed_once_with_its_external_id(aws: StubAws) -> None:
    aws.roles[ROLE] = "course-7"
    students = [Student(f"user{n}", role_arn=ROLE, external_id="course-7", region="eu-west-1") for n in (1, 2)]
    recording = recorder(aws)
    snapshots = record_all(recording, [lambda s: s.function_names()], students)
    assert {(s.account_id, s.region) for s in snapshots.values()} == {("444455556666", "eu-west-1")}
    assert recording.calls == {"sts:AssumeRole": 1, "lambda:ListFunctions": 1}
    (_, parameters), *_ = aws.requests
    assert parameters == {
        "RoleArn": ROLE,
        "RoleSessionName": "labgrader-run-1",
        "DurationSeconds": 3600,
        "ExternalId": "course-7",
    }


def test_a_refused_role_affects_only_its_student(aws: StubAws) -> None:
    aws.add_function("user2-f")
    students = [
        Student("user1", role_arn=ROLE, account_id="444455556666"),
        Student("user2"),
        Student("user3", role_arn=ROLE),
    ]
    aws.roles[ROLE] = "another external id"
    recording = recorder(aws)
    readings = [lambda s: s.function(f"{s.username}-f"), lambda s: s.dashboard_names()]
    snapshots = record_all(recording, readings, students)
    assert snapshots["user2"].function("user2-f") is not None
    for username in ("user1", "user3"):
        reason = f"AccessDenied: sts:AssumeRole of {ROLE}: User: grader is not authorized to perform: sts:AssumeRole"
        assert refusal(partial(snapshots[username].function, f"{username}-f")).startswith(
            f"lambda:GetFunction: {reason}"
        )
        dashboards = refusal(snapshots[username].dashboard_names)
        assert dashboards.startswith(f"cloudwatch:ListDashboards: {reason}")
    assert recording.calls["sts:AssumeRole"] == 1
    assert snapshots["user1"].account_id == "444455556666"


def test_a_throttled_assume_role_is_retried(aws: StubAws) -> None:
    aws.roles[ROLE] = ""
    aws.fail("AssumeRole", Fault("Throttling", 400), times=2)
    recording = recorder(aws)
    snapshot = record_all(recording, [lambda s: s.function_names()], [Student("user1", role_arn=ROLE)])["user1"]
    assert snapshot.function_names() == [F]
    assert recording.calls["sts:AssumeRole"] == 3


def test_without_any_region_the_student_is_not_graded(aws: StubAws, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)

    def nowhere() -> Any:
        session = aws.session()
        session.set_config_variable("region", "")
        return session

    recording = recorder(aws, accounts=Accounts("run-1", new_session=nowhere))
    snapshots = record_all(
        recording, [lambda s: s.function_names()], [Student("user1"), Student("user2", region="eu-west-1")]
    )
    assert "no Region is given for user1, and the environment names none" in refusal(snapshots["user1"].function_names)
    assert snapshots["user2"].region == "eu-west-1"


def test_credentials_are_renewed_before_they_expire(aws: StubAws) -> None:
    aws.roles[ROLE] = ""
    accounts = Accounts("run-1", new_session=aws.session)
    connection = accounts.open(Student("user1", role_arn=ROLE))
    credentials = connection.client("lambda")._request_signer._credentials
    assert credentials.method == "sts-assume-role"
    assert aws.counted()["AssumeRole"] == 1
    credentials._expiry_time = credentials._time_fetcher()
    assert credentials.get_frozen_credentials().token == "stub"
    assert aws.counted()["AssumeRole"] == 2


def test_few_sessions_are_kept_open(aws: StubAws) -> None:
    accounts = Accounts("run-1", new_session=aws.session)
    students = [Student("u", role_arn=f"arn:aws:iam::{number:012}:role/r") for number in range(66)]
    for student in students:
        aws.roles[student.role_arn] = ""
        accounts.open(student)
    assert [accounts.is_open(student) for student in students] == [False, False, *[True] * 64]


def test_clients_do_not_retry_and_have_timeouts(aws: StubAws) -> None:
    config = Accounts("run-1", new_session=aws.session).open(Student("user1")).client("lambda").meta.config
    assert config.retries["total_max_attempts"] == 1
    assert (config.connect_timeout, config.read_timeout) == (5, 20)
