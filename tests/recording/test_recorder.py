"""The recorder: what it asks and how often, what it keeps, and how it goes through a class."""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Generator
from typing import Any

import pytest

from benchmarks.calls import record as bench_record
from benchmarks.stub_aws import ACCOUNT, REGION, Clock, Fault, StubAws, served, zipped
from labgrader.errors import NotGradedError
from labgrader.evidence.question import Question
from labgrader.evidence.snapshot import Snapshot, owns
from labgrader.judging.judge import judge_recorded, next_question
from labgrader.labs.lab import find_lab
from labgrader.recording.account_cache import AccountCache, NamesByPrefix
from labgrader.recording.operations import IAM_ACTIONS
from labgrader.recording.recorder import MAX_QUESTIONS
from labgrader.rosters import MAX_USERNAME, Student
from tests.recording.recording import F, Readings, record, record_all, recorder, refusal
from tests.recording.recording import next_question as read

# --- what is asked, and how often -------------------------------------------------------------------------------------


@pytest.mark.parametrize("offers_list", [True, False], ids=["AWS", "embedded AWS"])
def test_lambda_optimization_costs_seven_calls_a_student_and_three_in_the_slow_bucket(offers_list: bool) -> None:
    students = 5
    cost = bench_record(find_lab("lambda-optimization"), students, offers_provisioned_list=offers_list)
    finding_out = 0 if offers_list else 1  # once per account: the list is not supported
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


def test_each_question_is_requested_once_for_all_checks(aws: StubAws) -> None:
    readings = [lambda s: s.function(F), lambda s: s.aliases(F), lambda s: s.function(F), lambda s: s.aliases(F)]
    record(aws, *readings)
    assert aws.counted() == {"GetCallerIdentity": 1, "ListFunctions": 1, "GetFunction": 1, "ListAliases": 1}


def test_lists_are_requested_once_per_account_and_divided_by_prefix() -> None:
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


def test_a_second_recorder_reuses_the_lists(aws: StubAws) -> None:
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
    assert [config.qualifier for config in snapshot.provisioned_concurrency(F)] == ["user1-a", "user1-b", "user1-c"]
    assert [version.version for version in snapshot.layer_versions("user1-l")] == [1, 2, 3, 4, 5]


def test_the_index_of_names_agrees_with_owns() -> None:
    rng = random.Random(5)
    names = ["".join(rng.choice("aA1-_.") for _ in range(rng.randint(1, 7))) for _ in range(800)]
    index = NamesByPrefix(names)
    for _ in range(300):
        username = "".join(rng.choice("a1-_") for _ in range(rng.randint(1, 4)))
        assert index.owned(username) == sorted(name for name in names if owns(username, name))


def test_a_name_belongs_to_the_longest_matching_username() -> None:
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


def test_the_recorder_runs_no_probes_and_load_tests(aws: StubAws) -> None:
    recording = recorder(aws)
    lab = find_lab("lambda-optimization")
    (snapshot,) = recording.record_class(lab, [Student("user1")], next_question=next_question)
    assert not [key for key in snapshot.answers.to_dict() if "Invoke" in key or "Load" in key or "Compare" in key]


def test_every_question_has_its_permissions() -> None:
    assert IAM_ACTIONS["labgrader:ReadPackage"] == ("lambda:GetFunction",)
    reading = ("Get", "List", "Describe", "GET")
    assert all(action.split(":")[1].startswith(reading) for row in IAM_ACTIONS.values() for action in row)


# --- what is kept -----------------------------------------------------------------------------------------------------


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


def test_a_snapshot_has_its_account_region_and_time(aws: StubAws) -> None:
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


# --- a class ----------------------------------------------------------------------------------------------------------


def test_no_student_is_started_after_the_deadline() -> None:
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


def test_a_check_with_endless_questions_is_stopped(aws: StubAws) -> None:
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
