"""The recorder: what it asks and how often, what it keeps, and what it says when AWS will not answer."""

from __future__ import annotations

import json
import logging
import random
import re
from collections.abc import Generator, Mapping
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from benchmarks.calls import record as bench_record
from benchmarks.stub_aws import ACCOUNT, REGION, UNREACHABLE, Clock, Fault, StubAws, served, zipped
from labgrader.errors import NotGradedError
from labgrader.evidence.question import Question
from labgrader.evidence.snapshot import Snapshot, owns
from labgrader.judging.judge import judge_recorded, next_question
from labgrader.labs.lab import find_lab
from labgrader.recording.account_cache import AccountCache, NamesByPrefix
from labgrader.recording.api_calls import MAX_ATTEMPTS, MAX_PATIENCE_S
from labgrader.recording.operations import IAM_ACTIONS
from labgrader.recording.recorder import MAX_QUESTIONS, SETTLE_LOOKS, SETTLE_WAIT_S
from labgrader.roster import MAX_USERNAME, Student
from tests.recording.recording import Readings, record, record_all, recorder, refusal
from tests.recording.recording import next_question as read

F = "user1-f"


@pytest.fixture
def aws() -> StubAws:
    stub = StubAws()
    stub.add_function(F)
    return stub


# --- what is asked, and how often -----------------------------------------------------------------------------------


@pytest.mark.parametrize("offers_list", [True, False], ids=["AWS", "embedded AWS"])
def test_lambda_optimization_costs_seven_calls_a_student_and_three_in_the_slow_bucket(offers_list: bool) -> None:
    students = 5
    cost = bench_record(find_lab("lambda-optimization"), students, offers_provisioned_list=offers_list)
    finding_out = 0 if offers_list else 1  # once an account: the list is not there
    assert cost.own * students - finding_out <= 7 * students
    assert cost.own_in_bucket * students - finding_out <= 3 * students
    assert cost.shared == 4
    assert cost.downloads == students


def test_a_student_without_resources_costs_no_call_but_the_class_lists() -> None:
    empty = StubAws()
    recording = recorder(empty)
    lab = find_lab("lambda-optimization")
    (snapshot,) = recording.record_class(lab, [Student("user1")], next_question=next_question)
    assert sorted(empty.counted()) == ["GetCallerIdentity", "ListDashboards", "ListFunctions", "ListLayers"]
    assert snapshot.function_names() == []


def test_each_question_is_asked_once_however_many_checks_ask_it(aws: StubAws) -> None:
    readings = [lambda s: s.function(F), lambda s: s.aliases(F), lambda s: s.function(F), lambda s: s.aliases(F)]
    record(aws, *readings)
    assert aws.counted() == {"GetCallerIdentity": 1, "ListFunctions": 1, "GetFunction": 1, "ListAliases": 1}


def test_lists_are_paged_asked_once_an_account_and_divided_by_prefix() -> None:
    aws = StubAws()
    usernames = [f"user{number}" for number in range(1, 61)]
    for username in usernames:
        aws.add_function(f"{username}-a")
        aws.add_function(f"{username.title()}_B")
        aws.add_layer(f"{username}-layer", versions=3)
        aws.dashboards[f"{username}-board"] = "{}"
    readings = [lambda s: s.function_names(), lambda s: s.layer_names(), lambda s: s.dashboard_names()]
    recording = recorder(aws)
    snapshots = record_all(recording, readings, [Student(username) for username in usernames])
    for username, snapshot in snapshots.items():
        assert snapshot.function_names() == [f"{username.title()}_B", f"{username}-a"]
        assert snapshot.layer(f"{username}-layer").version == 3
        assert snapshot.dashboard_names() == [f"{username}-board"]
    assert recording.calls == {
        "sts:GetCallerIdentity": 1,
        "lambda:ListFunctions": 3,  # 120 functions, 50 a page
        "lambda:ListLayers": 2,
        "cloudwatch:ListDashboards": 2,
    }


def test_a_second_recorder_goes_on_without_asking_the_lists_again(aws: StubAws) -> None:
    first = recorder(aws)
    record_all(first, [lambda s: s.function_names(), lambda s: s.provisioned_concurrency(F)], [Student("user1")])
    saved = json.loads(json.dumps(first.facts.to_dict()))
    assert list(saved) == [f"{ACCOUNT} {REGION}"]
    aws.add_function("user2-f")
    second = recorder(aws, facts=AccountCache.from_dict(saved))
    snapshot = record_all(second, [lambda s: s.function_names()], [Student("user2")])["user2"]
    assert snapshot.function_names() == []  # the class is seen at one moment
    assert second.calls == {"sts:GetCallerIdentity": 1}


def test_every_list_about_a_student_is_paged() -> None:
    aws = StubAws(page_size=2)
    configuration = aws.add_function(F)
    aws.versions[F] = [configuration, *({**configuration, "Version": str(number)} for number in range(1, 6))]
    aws.aliases[F] = [{"Name": f"user1-{letter}", "FunctionVersion": "1"} for letter in "abcde"]
    aws.provisioned[F] = {f"user1-{letter}": {"Status": "READY"} for letter in "abc"}
    aws.add_layer("user1-l", versions=5)
    snapshot = record(
        aws,
        lambda s: s.versions(F),
        lambda s: s.aliases(F),
        lambda s: s.provisioned_concurrency(F),
        lambda s: s.layer_versions("user1-l"),
    )
    assert [version.version for version in snapshot.versions(F)] == ["1", "2", "3", "4", "5"]
    assert [alias.name for alias in snapshot.aliases(F)] == [f"user1-{letter}" for letter in "abcde"]
    assert [one.qualifier for one in snapshot.provisioned_concurrency(F)] == ["user1-a", "user1-b", "user1-c"]
    assert [one.version for one in snapshot.layer_versions("user1-l")] == [1, 2, 3, 4, 5]


def test_the_index_of_names_agrees_with_owns() -> None:
    rng = random.Random(5)
    names = ["".join(rng.choice("aA1-_.") for _ in range(rng.randint(1, 7))) for _ in range(800)]
    index = NamesByPrefix(names)
    for _ in range(300):
        username = "".join(rng.choice("a1-_") for _ in range(rng.randint(1, 4)))
        assert index.owned(username) == sorted(name for name in names if owns(username, name))


def test_a_name_is_found_by_the_longest_username_and_filed_no_further() -> None:
    longest = "a" * (MAX_USERNAME - 2) + "-b"
    endless = "-" * 512
    index = NamesByPrefix([f"{longest}-f", f"{longest}c", endless])
    assert index.owned(longest) == [f"{longest}-f"]
    assert index.owned(endless[: MAX_USERNAME - 1]) == [endless]
    assert index.owned(endless) == []


def test_user1_is_not_user10() -> None:
    index = NamesByPrefix(["user1-f", "user10-f", "user1", "USER1_g", "user1f", "my-user1-f"])
    assert index.owned("user1") == ["USER1_g", "user1", "user1-f"]
    assert index.owned("user10") == ["user10-f"]


def test_probes_and_load_tests_are_left_for_later(aws: StubAws) -> None:
    recording = recorder(aws)
    lab = find_lab("lambda-optimization")
    (snapshot,) = recording.record_class(lab, [Student("user1")], next_question=next_question)
    assert not [key for key in snapshot.answers.to_dict() if "Invoke" in key or "Load" in key or "Compare" in key]


def test_every_question_has_its_permissions() -> None:
    assert IAM_ACTIONS["labgrader:ReadPackage"] == ("lambda:GetFunction",)
    reading = ("Get", "List", "Describe", "GET")
    assert all(action.split(":")[1].startswith(reading) for row in IAM_ACTIONS.values() for action in row)


# --- what is kept ---------------------------------------------------------------------------------------------------


def test_a_function_is_kept_with_tags_and_concurrency_without_url_and_secrets(aws: StubAws) -> None:
    environment = {"Variables": {"API_KEY": "abc123secret", "GITHUB_API_URL": "https://api.github.com/"}}
    aws.add_function(F, reserved=0, Environment=environment)
    aws.package_url = "https://awslambda.example/package"
    aws.functions[F]["Tags"] |= {"course": "day2", "api-key": "hunter2hunter2"}
    aws.versions[F] = [{**aws.functions[F]["Configuration"], "Version": "1"}]
    snapshot = record(aws, lambda s: s.function(F), lambda s: s.versions(F))
    document = json.dumps(snapshot.to_dict())
    assert "X-Amz-Signature" not in document
    assert "abc123secret" not in document
    assert document.count("https://api.github.com/") == 2
    assert snapshot.function(F).reserved_concurrency == 0
    assert snapshot.function(F).tags == {"owner": "user1", "course": "day2", "api-key": "[redacted]"}
    assert snapshot.function(F).environment["API_KEY"] == "[redacted]"


def test_a_snapshot_says_where_and_when(aws: StubAws) -> None:
    snapshot = record(aws, lambda s: s.function(F))
    assert (snapshot.account_id, snapshot.region) == (ACCOUNT, REGION)
    assert snapshot.taken_at == "2026-01-02T03:04:05Z"


def test_a_saved_snapshot_is_judged_to_the_same_verdicts() -> None:
    aws = StubAws()
    aws.add_perfect_student("user1")
    aws.aliases["user1-optimized-function"].pop()
    lab = find_lab("lambda-optimization")
    with served(zipped({"optimized_function.py": ""})) as aws.package_url:
        (snapshot,) = recorder(aws).record_class(lab, [Student("user1")], next_question=next_question)
    loaded = Snapshot.from_dict(json.loads(json.dumps(snapshot.to_dict())))

    def verdicts(evidence: Snapshot) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for item in lab.for_student("user1", ACCOUNT, REGION).checks:
            try:
                found[item.id] = judge_recorded(item, evidence).to_dict()
            except NotGradedError as error:
                found[item.id] = str(error)
        return found

    assert verdicts(loaded) == verdicts(snapshot)
    statuses = {name: verdict["status"] for name, verdict in verdicts(loaded).items() if isinstance(verdict, dict)}
    assert statuses.pop("alias-staging") == "failed"
    assert set(statuses.values()) == {"passed", "failed"}
    assert [name for name, status in statuses.items() if status == "failed"] == ["answers-staging"]


# --- provisioned concurrency ----------------------------------------------------------------------------------------


def test_an_endpoint_without_the_list_is_found_out_once_and_asked_by_qualifier() -> None:
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


def test_an_answer_that_is_not_a_list_is_not_taken_for_an_empty_one() -> None:
    aws = StubAws(offers_provisioned_list=False)
    aws.add_function(F)
    aws.provisioned[F] = {"$LATEST": {"Status": "READY"}, "user1-prod": {"Status": "READY"}}
    snapshot = record(aws, lambda s: s.provisioned_concurrency_of(F, "user1-prod"))
    assert snapshot.provisioned_concurrency_of(F, "user1-prod").status == "READY"


def test_no_provisioned_concurrency_is_none(aws: StubAws) -> None:
    assert record(aws, lambda s: s.provisioned_concurrency(F)).provisioned_concurrency(F) == []
    bare = StubAws(offers_provisioned_list=False)
    bare.add_function(F)
    snapshot = record(bare, lambda s: s.provisioned_concurrency_of(F, "user1-prod"))
    assert snapshot.provisioned_concurrency_of(F, "user1-prod") is None


def test_a_function_deleted_before_its_list_says_nothing_about_the_endpoint(aws: StubAws) -> None:
    def delete(operation: str, parameters: Mapping[str, Any]) -> None:
        if operation == "ListProvisionedConcurrencyConfigs":
            aws.functions.pop(parameters["FunctionName"], None)

    aws.before.append(delete)
    recording = recorder(aws)
    record_all(recording, [lambda s: s.provisioned_concurrency(F)], [Student("user1")])
    assert recording.facts.of(ACCOUNT, REGION).lists_provisioned_concurrency is None


# --- what AWS will not say ------------------------------------------------------------------------------------------


def test_a_throttle_is_asked_again_and_slows_us_down(aws: StubAws) -> None:
    aws.fail("ListAliases", Fault("TooManyRequestsException", 429), times=3)
    clock = Clock()
    recording = recorder(aws, clock=clock)
    snapshot = record_all(recording, [lambda s: s.aliases(F)], [Student("user1")])["user1"]
    assert snapshot.aliases(F) == []
    assert recording.calls["lambda:ListAliases"] == 4


def test_throttled_to_the_end_is_not_graded_and_names_the_action(aws: StubAws) -> None:
    aws.fail("ListAliases", Fault("TooManyRequestsException", 429, "Rate exceeded"))
    clock = Clock()
    recording = recorder(aws, clock=clock)
    snapshot = record_all(recording, [lambda s: s.aliases(F)], [Student("user1")])["user1"]
    said = refusal(lambda: snapshot.aliases(F))
    attempts = recording.calls["lambda:ListAliases"]
    code = "lambda:ListAliases: TooManyRequestsException"
    assert re.fullmatch(rf"{code}: throttled to the end, {attempts} times in \d+ s: Rate exceeded", said)
    assert 1 < recording.calls["lambda:ListAliases"] <= MAX_ATTEMPTS
    assert clock.now - 1000 < MAX_PATIENCE_S + 20
    assert snapshot.function(F) is not None


@pytest.mark.parametrize("fault", [Fault("ServiceException", 500), Fault("InternalServiceError", 503), UNREACHABLE])
def test_a_fault_of_aws_is_asked_again(aws: StubAws, fault: Exception) -> None:
    aws.fail("GetFunction", fault, times=2)
    assert record(aws, lambda s: s.function(F)).function(F).name == F
    assert aws.counted()["GetFunction"] == 3


def test_a_fault_to_the_end_is_not_graded(aws: StubAws) -> None:
    aws.fail("GetFunction", EndpointConnectionError(endpoint_url="https://x.example/?X-Amz-Signature=abc"))
    snapshot = record(aws, lambda s: s.function(F))
    said = refusal(lambda: snapshot.function(F))
    assert said.startswith("lambda:GetFunction: EndpointConnectionError: failing to the end")
    assert "X-Amz-Signature" not in said


def test_access_denied_on_one_api_leaves_the_others_graded(aws: StubAws) -> None:
    message = f"User: arn:aws:sts::{ACCOUNT}:assumed-role/grader/x is not authorized to perform: lambda:ListAliases"
    aws.fail("ListAliases", Fault("AccessDeniedException", 403, message))
    aws.versions[F] = [{**aws.functions[F]["Configuration"], "Version": "1"}]
    snapshot = record(aws, lambda s: s.aliases(F), lambda s: s.versions(F))
    assert [version.version for version in snapshot.versions(F)] == ["1"]
    assert refusal(lambda: snapshot.aliases(F)) == f"lambda:ListAliases: AccessDeniedException: {message}"
    assert aws.counted()["ListAliases"] == 1


def test_a_denied_class_list_is_asked_once_and_the_functions_are_still_read(aws: StubAws) -> None:
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


def test_a_list_that_is_said_to_be_missing_costs_nobody_points(aws: StubAws) -> None:
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


def test_a_list_of_one_student_that_does_not_end_is_given_up() -> None:
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


def test_a_number_that_json_has_not_is_not_graded(aws: StubAws) -> None:
    weights = {"AdditionalVersionWeights": {"2": float("nan")}}
    aws.aliases[F] = [{"Name": "user1-prod", "FunctionVersion": "1", "RoutingConfig": weights}]
    assert "UnreadableAnswer: the answer holds a number that is not finite" in refusal(
        lambda: record(aws, lambda s: s.aliases(F)).aliases(F)
    )


# --- functions that are not ready -----------------------------------------------------------------------------------


@pytest.mark.parametrize("busy", [{"State": "Pending"}, {"LastUpdateStatus": "InProgress"}])
def test_a_function_that_becomes_ready_is_waited_for(aws: StubAws, busy: dict[str, str]) -> None:
    ready = dict(aws.functions[F]["Configuration"])
    aws.functions[F]["Configuration"].update(busy)
    looks = []

    def settle(operation: str, parameters: object) -> None:
        if operation == "GetFunction":
            looks.append(operation)
            if len(looks) == 3:
                aws.functions[F]["Configuration"] = ready

    aws.before.append(settle)
    clock = Clock()
    function = record(aws, lambda s: s.function(F), clock=clock).function(F)
    assert (function.state, function.last_update_status) == ("Active", "Successful")
    assert len(looks) == 3
    assert clock.now - 1000 == pytest.approx(2 * SETTLE_WAIT_S, abs=0.5)


def test_a_function_that_stays_pending_is_recorded_as_it_is(aws: StubAws) -> None:
    aws.add_function(F, State="Pending", StateReason="The function is being created.")
    snapshot = record(aws, lambda s: s.function(F), lambda s: s.aliases(F))
    assert snapshot.function(F).state == "Pending"
    assert snapshot.aliases(F) == []
    assert aws.counted()["GetFunction"] == SETTLE_LOOKS


def test_the_waits_of_many_students_overlap() -> None:
    aws = StubAws()
    students = [Student(f"user{number}") for number in range(30)]
    for student in students:
        aws.add_function(f"{student.username}-f", State="Pending")
    clock = Clock()
    recording = recorder(aws, clock=clock, workers=1)
    record_all(recording, [lambda s: s.function(f"{s.username}-f")], students)
    assert recording.calls["lambda:GetFunction"] == 30 * SETTLE_LOOKS
    assert clock.now - 1000 < SETTLE_LOOKS * (SETTLE_WAIT_S + 1)


# --- a class --------------------------------------------------------------------------------------------------------


def test_after_the_deadline_no_further_student_is_begun() -> None:
    aws = StubAws()
    students = [Student(f"user{number}") for number in range(100)]
    for student in students:
        aws.add_function(f"{student.username}-f")
    clock = Clock()
    recording = recorder(aws, clock=clock, workers=1)
    readings = [lambda s: s.aliases(f"{s.username}-f")]
    done = list(recording.record_class(Readings(*readings), students, next_question=read, deadline_s=3))
    assert 20 < len(done) < 50  # 10 a second
    assert all(f"{snapshot.username}-f" in snapshot.function_names() for snapshot in done)
    assert all(snapshot.taken_at for snapshot in done)


def test_students_are_read_one_by_one() -> None:
    drawn = []

    def roster() -> Any:
        for number in range(50):
            drawn.append(number)
            yield Student(f"user{number}")

    recording = recorder(StubAws(), workers=2)
    snapshots = recording.record_class(Readings(lambda s: s.function_names()), roster(), next_question=read)
    next(snapshots)
    assert len(drawn) <= 6
    assert isinstance(snapshots, Generator)
    snapshots.close()


def test_a_check_with_a_fault_does_not_end_the_class(aws: StubAws, caplog: pytest.LogCaptureFixture) -> None:
    def broken(snapshot: Snapshot) -> None:
        raise ZeroDivisionError(snapshot.username)

    with caplog.at_level(logging.ERROR):
        snapshot = record(aws, broken, lambda s: s.function(F))
    assert snapshot.function(F) is not None
    assert "a check failed while its questions were collected" in caplog.text


def test_a_check_that_never_ends_its_asking_is_stopped(aws: StubAws) -> None:
    def endless(snapshot: Snapshot) -> None:
        for number in range(10**6):
            snapshot.dashboard(f"user1-{number}")

    aws.fail("ListDashboards", Fault("AccessDenied", 403))
    snapshot = record(aws, endless)
    assert len(snapshot.answers) == MAX_QUESTIONS


def test_an_unknown_question_is_not_graded(aws: StubAws) -> None:
    question = Question("lambda:DeleteFunction", {"FunctionName": F})
    snapshot = record(aws, lambda s: s.answers.ask(question))
    assert "lambda:DeleteFunction: UnknownQuestion" in refusal(lambda: snapshot.answers.ask(question))
    assert "DeleteFunction" not in aws.counted()
