"""What the recorder writes down when AWS throttles, fails, denies access or gives an answer that cannot be used."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from benchmarks.stub_aws import ACCOUNT, REGION, UNREACHABLE, Clock, Fault, StubAws
from labgrader.recording.api_calls import MAX_ATTEMPTS, MAX_PATIENCE_S
from labgrader.rosters import Student
from tests.recording.recording import F, record, record_all, recorder, refusal


def test_a_throttle_is_retried_and_lowers_the_rate(aws: StubAws) -> None:
    aws.fail("ListAliases", Fault("TooManyRequestsException", 429), times=3)
    clock = Clock()
    recording = recorder(aws, clock=clock)
    snapshot = record_all(recording, [lambda s: s.aliases(F)], [Student("user1")])["user1"]
    assert snapshot.aliases(F) == []
    assert recording.calls["lambda:ListAliases"] == 4


def test_a_request_that_stays_throttled_names_its_action(aws: StubAws) -> None:
    aws.fail("ListAliases", Fault("TooManyRequestsException", 429, "Rate exceeded"))
    clock = Clock()
    recording = recorder(aws, clock=clock)
    snapshot = record_all(recording, [lambda s: s.aliases(F)], [Student("user1")])["user1"]
    said = refusal(lambda: snapshot.aliases(F))
    attempts = recording.calls["lambda:ListAliases"]
    code = "lambda:ListAliases: TooManyRequestsException"
    assert re.fullmatch(rf"{code}: still throttled after {attempts} attempts in \d+ s: Rate exceeded", said)
    assert 1 < recording.calls["lambda:ListAliases"] <= MAX_ATTEMPTS
    assert clock.now - 1000 < MAX_PATIENCE_S + 20
    assert snapshot.function(F) is not None


@pytest.mark.parametrize("fault", [Fault("ServiceException", 500), Fault("InternalServiceError", 503), UNREACHABLE])
def test_a_service_fault_is_retried(aws: StubAws, fault: Exception) -> None:
    aws.fail("GetFunction", fault, times=2)
    assert record(aws, lambda s: s.function(F)).function(F).name == F
    assert aws.counted()["GetFunction"] == 3


def test_a_lasting_service_fault_is_not_graded(aws: StubAws) -> None:
    aws.fail("GetFunction", EndpointConnectionError(endpoint_url="https://x.example/?X-Amz-Signature=abc"))
    snapshot = record(aws, lambda s: s.function(F))
    said = refusal(lambda: snapshot.function(F))
    assert said.startswith("lambda:GetFunction: EndpointConnectionError: still failing after ")
    assert "X-Amz-Signature" not in said


def test_access_denied_on_one_api_does_not_affect_the_others(aws: StubAws) -> None:
    message = f"User: arn:aws:sts::{ACCOUNT}:assumed-role/grader/x is not authorized to perform: lambda:ListAliases"
    aws.fail("ListAliases", Fault("AccessDeniedException", 403, message))
    aws.versions[F] = [{**aws.functions[F]["Configuration"], "Version": "1"}]
    snapshot = record(aws, lambda s: s.aliases(F), lambda s: s.versions(F))
    assert [version.version for version in snapshot.versions(F)] == ["1"]
    assert refusal(lambda: snapshot.aliases(F)) == f"lambda:ListAliases: AccessDeniedException: {message}"
    assert aws.counted()["ListAliases"] == 1


def test_a_denied_class_list_is_requested_once(aws: StubAws) -> None:
    aws.add_function("user2-f")
    aws.fail("ListFunctions", Fault("AccessDeniedException", 403))
    recording = recorder(aws)
    snapshots = record_all(recording, [lambda s: s.function(f"{s.username}-f")], [Student("user1"), Student("user2")])
    assert snapshots["user1"].function("user1-f").name == "user1-f"
    assert snapshots["user2"].function("user2-f").name == "user2-f"
    assert "lambda:ListFunctions: AccessDeniedException" in refusal(snapshots["user2"].function_names)
    assert recording.calls["lambda:ListFunctions"] == 1
    nothing: dict[str, Any] = {"lists": {}, "answers": {}, "lists_provisioned_concurrency": None}
    assert recording.facts.to_dict() == {f"{ACCOUNT} {REGION}": nothing}


def test_a_missing_list_costs_no_points(aws: StubAws) -> None:
    aws.fail("ListFunctions", Fault("ResourceNotFoundException", 404))
    assert "AWS says that there is no such list" in refusal(
        lambda: record(aws, lambda s: s.function_names()).function_names()
    )


def test_a_failing_second_page_fails_the_whole_list() -> None:
    aws = StubAws(page_size=2)
    for number in range(5):
        aws.add_function(f"user1-{number}")
    aws.fail("ListFunctions", Fault("AccessDeniedException", 403), where=lambda parameters: "Marker" in parameters)
    assert "lambda:ListFunctions: AccessDeniedException" in refusal(
        lambda: record(aws, lambda s: s.function_names()).function_names()
    )


def test_a_marker_that_repeats_is_an_error() -> None:
    aws = StubAws(page_size=1)
    configuration = aws.add_function(F)
    aws.versions[F] = [{**configuration, "Version": str(number)} for number in range(1, 4)]

    def loop(operation: str, parameters: Any) -> None:
        if operation == "ListVersionsByFunction" and parameters.get("Marker") == "2":
            parameters["Marker"] = "0"

    aws.before.append(loop)
    message = "RepeatedMarker: AWS gave the same NextMarker twice, so the list has no end"
    assert message in refusal(lambda: record(aws, lambda s: s.versions(F)).versions(F))


def test_an_endless_list_is_stopped() -> None:
    aws = StubAws(page_size=1)
    aws.add_function(F)
    aws.aliases[F] = [{"Name": f"user1-{number}", "FunctionVersion": "1"} for number in range(101)]
    assert "EndlessList: the list has more than 100 pages" in refusal(
        lambda: record(aws, lambda s: s.aliases(F)).aliases(F)
    )
    aws.aliases[F].pop()
    assert len(record(aws, lambda s: s.aliases(F)).aliases(F)) == 100


def test_a_function_deleted_in_the_middle_is_missing(aws: StubAws) -> None:
    aws.fail("GetFunction", Fault("ResourceNotFoundException", 404))
    snapshot = record(aws, lambda s: s.aliases(F))
    assert snapshot.function(F) is None
    assert snapshot.aliases(F) == []


def test_a_dashboard_deleted_in_the_middle_is_missing() -> None:
    aws = StubAws()
    aws.dashboards["user1-d"] = '{"widgets": []}'
    assert record(aws, lambda s: s.dashboard("user1-d")).dashboard("user1-d").problem == ""
    aws.fail("GetDashboard", Fault("ResourceNotFound", 404))
    assert record(aws, lambda s: s.dashboard("user1-d")).dashboard("user1-d") is None


def test_a_nan_in_an_answer_is_not_graded(aws: StubAws) -> None:
    weights = {"AdditionalVersionWeights": {"2": float("nan")}}
    aws.aliases[F] = [{"Name": "user1-prod", "FunctionVersion": "1", "RoutingConfig": weights}]
    assert "UnreadableAnswer: the answer holds a number that is not finite" in refusal(
        lambda: record(aws, lambda s: s.aliases(F)).aliases(F)
    )
