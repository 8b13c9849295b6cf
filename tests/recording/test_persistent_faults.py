"""A class goes on, in time: whatever AWS refuses to the end, whatever fails about one student."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from benchmarks.stub_aws import Clock, Fault, StubAws
from labgrader.errors import NotGradedError
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.check import find_check
from labgrader.judging.judge import judge, next_question
from labgrader.labs.lab import find_lab
from labgrader.recording.api_calls import FORGET_THROTTLE_S, MAX_PATIENCE_S, ApiClient
from labgrader.recording.api_errors import AwsCallError
from labgrader.recording.rate_limiter import RateLimiter
from labgrader.recording.recorder import FINISH_S, Recorder
from labgrader.recording.sessions import Accounts
from labgrader.roster import Student
from tests.recording.recording import Reading, Readings, record_all, recorder, refusal
from tests.recording.recording import next_question as read

THROTTLED = Fault("TooManyRequestsException", 429, "Rate exceeded")
HERE = "111122223333 us-east-1"
DEADLINE_S = 780


class SharedClock:
    """Time that passes when every thread sleeps (nobody has begun to for 10 ms): sleeps of many threads overlap."""

    def __init__(self) -> None:
        self._now = 0.0
        self._wakes: list[float] = []
        self._changed = threading.Condition()

    def __call__(self) -> float:
        with self._changed:
            return self._now

    def sleep(self, seconds: float) -> None:
        """Wait until so much time has passed."""
        with self._changed:
            wake = self._now + seconds
            self._wakes.append(wake)
            self._changed.notify_all()
            while self._now < wake:
                if not self._changed.wait(0.01) and self._now < wake == min(self._wakes):
                    self._now = wake
                    self._changed.notify_all()
            self._wakes.remove(wake)


def a_class(aws: StubAws, count: int) -> list[Student]:
    students = [Student(f"user{number}") for number in range(count)]
    for student in students:
        aws.add_perfect_student(student.username)
    return students


def recorded(aws: StubAws, clock: SharedClock | Clock, students: Iterable[Student], workers: int) -> list[Snapshot]:
    recording = Recorder(
        Accounts("run-1", new_session=aws.session),
        rate_limiter=RateLimiter(clock=clock, sleep=clock.sleep),
        workers=workers,
    )
    lab = find_lab("lambda-optimization")
    return list(recording.record_class(lab, students, next_question=next_question, deadline_s=DEADLINE_S))


def statuses(snapshot: Snapshot) -> dict[str, str]:
    """Judge each configuration check; one that asks what was not recorded raises ``MissingEvidenceError``."""
    found: dict[str, str] = {}
    for item in find_lab("lambda-optimization").for_student(snapshot.username, "111122223333", "us-east-1").checks:
        if find_check(item.check).kind == "configuration":
            try:
                found[item.id] = judge(item, snapshot).status
            except NotGradedError:
                found[item.id] = "not_graded"
    return found


# --- throttled for ever ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 16])
def test_a_class_whose_lists_are_throttled_for_ever_is_recorded_in_time_and_not_graded(workers: int) -> None:
    aws = StubAws()
    students = a_class(aws, 200)
    for operation in ("ListFunctions", "ListLayers", "ListVersionsByFunction", "ListAliases", "ListLayerVersions"):
        aws.fail(operation, THROTTLED)
    aws.fail("ListProvisionedConcurrencyConfigs", THROTTLED)
    clock = Clock() if workers == 1 else SharedClock()
    began = clock()
    snapshots = recorded(aws, clock, students, workers)
    assert clock() - began < DEADLINE_S + FINISH_S + 5
    assert len(snapshots) == 200
    for snapshot in snapshots:
        assert snapshot.taken_at
        assert "lambda:ListFunctions: TooManyRequestsException: throttled to the end" in refusal(
            snapshot.function_names
        )
    for snapshot in snapshots[::25]:
        found = set(statuses(snapshot).values())
        assert "not_graded" in found
        assert "failed" not in found


def test_questions_that_fail_slowly_end_with_the_deadline() -> None:
    aws = StubAws()
    students = a_class(aws, 200)
    aws.fail("ListVersionsByFunction", Fault("ServiceException", 500))
    aws.fail("ListAliases", Fault("ServiceException", 500))
    aws.fail("GetFunction", Fault("ServiceException", 500))
    clock = Clock()
    began = clock()
    snapshots = recorded(aws, clock, students, workers=1)
    assert DEADLINE_S <= clock() - began <= DEADLINE_S + FINISH_S
    assert 0 < len(snapshots) < 200
    for snapshot in snapshots:
        assert "failed" not in statuses(snapshot).values()


@pytest.mark.parametrize(("passed_s", "answered"), [(0.0, True), (0.1, False)])
def test_after_the_end_nothing_is_asked(passed_s: float, answered: bool) -> None:
    clock = Clock()
    calls = ApiClient(RateLimiter(clock=clock, sleep=clock.sleep))
    calls.ends_at = clock()
    clock.sleep(passed_s)
    sent: list[str] = []
    if answered:
        calls.send(HERE, "lambda:ListAliases", lambda: sent.append("sent"))
    else:
        with pytest.raises(AwsCallError, match=r"^NotReached: the time for this run's questions was over$"):
            calls.send(HERE, "lambda:ListAliases", lambda: sent.append("sent"))
    assert bool(sent) is answered


def test_a_turn_that_comes_too_late_is_not_waited_for() -> None:
    clock = Clock()
    rate_limiter = RateLimiter(clock=clock, sleep=clock.sleep)
    for _ in range(5):
        assert rate_limiter.take(HERE, "lambda:ListAliases")
    before = clock()
    assert not rate_limiter.take(HERE, "lambda:ListAliases", before + 0.09)
    assert clock() == before
    assert rate_limiter.take(HERE, "lambda:ListAliases", before + 0.11)  # the turn that was not taken
    assert clock() - before == pytest.approx(0.1)


def throttle() -> None:
    raise ClientError({"Error": {"Code": "TooManyRequestsException", "Message": "Rate exceeded"}}, "ListAliases")


def test_every_throttle_is_counted_and_nothing_else() -> None:
    clock = Clock()
    calls = ApiClient(RateLimiter(clock=clock, sleep=clock.sleep))
    refusals: list[Exception] = [
        ClientError({"Error": {"Code": "TooManyRequestsException", "Message": "Rate exceeded"}}, "ListAliases"),
        EndpointConnectionError(endpoint_url="https://lambda.us-east-1.amazonaws.com"),
        ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, "ListAliases"),
    ]

    def request() -> str:
        if not refusals:
            return "answered"
        raise refusals.pop()

    assert calls.send(HERE, "lambda:ListAliases", request) == "answered"
    assert calls.throttles == 2


def test_a_quota_that_was_throttled_to_the_end_is_left_alone_for_a_while() -> None:
    clock = Clock()
    calls = ApiClient(RateLimiter(clock=clock, sleep=clock.sleep))
    began = clock()
    with pytest.raises(AwsCallError, match="throttled to the end") as first:
        calls.send(HERE, "lambda:ListAliases", throttle)
    assert clock() - began <= MAX_PATIENCE_S
    given_up_at = clock()
    sent: list[str] = []
    with pytest.raises(AwsCallError) as second:
        calls.send(HERE, "lambda:ListVersionsByFunction", lambda: sent.append("same family"))
    assert (str(second.value), second.value.transient) == (str(first.value), True)
    assert clock() == given_up_at
    calls.send(HERE, "lambda:GetFunction", lambda: sent.append("other family"))
    calls.send("444455556666 us-east-1", "lambda:ListAliases", lambda: sent.append("other account"))
    clock.now = given_up_at + FORGET_THROTTLE_S - 0.1
    with pytest.raises(AwsCallError):
        calls.send(HERE, "lambda:ListAliases", lambda: sent.append("too early"))
    clock.now = given_up_at + FORGET_THROTTLE_S + 0.1
    calls.send(HERE, "lambda:ListAliases", lambda: sent.append("again"))
    assert sent == ["other family", "other account", "again"]


# --- what fails about one student -----------------------------------------------------------------------------------


def test_a_region_that_is_none_leaves_the_others_graded() -> None:
    aws = StubAws()
    aws.add_function("user2-f")
    students = [Student("user1", region="us-east-١"), Student("user2")]
    snapshots = record_all(recorder(aws), [lambda s: s.function(f"{s.username}-f")], students)
    assert refusal(snapshots["user1"].function_names).startswith("lambda:ListFunctions: InvalidRegionError: ")
    assert snapshots["user2"].function("user2-f").name == "user2-f"


def test_an_account_that_botocore_cannot_open_leaves_the_others_graded() -> None:
    aws = StubAws()
    aws.add_function("user2-f")

    class Evicted(Accounts):
        """An account that was open when it was looked at, and is not any more when it is used."""

        def is_open(self, student: Student) -> bool:
            return student.username == "user1" or super().is_open(student)

        def open(self, student: Student) -> Any:
            if student.username == "user1":
                raise NoCredentialsError
            return super().open(student)

    recording = recorder(aws, accounts=Evicted("run-1", new_session=aws.session))
    readings = [lambda s: s.function(f"{s.username}-f")]
    snapshots = record_all(recording, readings, [Student("user1"), Student("user2")])
    assert "NoCredentialsError" in refusal(snapshots["user1"].function_names)
    assert snapshots["user2"].function("user2-f").name == "user2-f"


@pytest.mark.parametrize("workers", [1, 4])
def test_an_unexpected_error_about_one_student_does_not_end_the_class(
    workers: int, caplog: pytest.LogCaptureFixture
) -> None:
    class Mistaken(Accounts):
        def region(self, student: Student) -> str:
            if student.username == "user3":
                raise ZeroDivisionError("a mistake in labgrader")
            return super().region(student)

    aws = StubAws()
    students = [Student(f"user{number}") for number in range(6)]
    for student in students:
        aws.add_function(f"{student.username}-f")
    readings = [lambda s: s.aliases(f"{s.username}-f"), lambda s: s.function_names()]
    recording = recorder(aws, accounts=Mistaken("run-1", new_session=aws.session), workers=workers)
    with caplog.at_level(logging.ERROR):
        snapshots = record_all(recording, readings, students)
    assert sorted(snapshots) == [student.username for student in students]
    assert all(snapshot.taken_at == "2026-01-02T03:04:05Z" for snapshot in snapshots.values())
    failed = snapshots.pop("user3")
    said = "RecordingFailed: labgrader failed while it recorded this student; its log says more"
    assert refusal(failed.function_names) == f"lambda:ListFunctions: {said}"
    for username, snapshot in snapshots.items():
        assert snapshot.aliases(f"{username}-f") == []
    (logged,) = caplog.records
    assert logged.getMessage() == "user3: the recording failed"
    assert "ZeroDivisionError: a mistake in labgrader" in caplog.text


def test_an_answer_that_cannot_be_read_is_a_fault_of_what_asks_it_alone(caplog: pytest.LogCaptureFixture) -> None:
    aws = StubAws()
    students = [Student("user1"), Student("user2")]
    for student in students:
        aws.add_function(f"{student.username}-f")
    aws.fail("ListLayers", AttributeError("'str' object has no attribute 'get'"))
    readings = [lambda s: s.layer_names(), lambda s: s.versions(f"{s.username}-f")]
    recording = recorder(aws)
    with caplog.at_level(logging.ERROR):
        snapshots = record_all(recording, readings, students)
    for username, snapshot in snapshots.items():
        assert refusal(snapshot.layer_names) == (
            "lambda:ListLayers: UnreadableAnswer: the answer could not be read (AttributeError); "
            "labgrader's log says more"
        )
        assert snapshot.versions(f"{username}-f") == []
    assert recording.calls["lambda:ListLayers"] == 1, "nobody asks it again"
    assert "lambda:ListLayers: the answer could not be read" in caplog.text


def test_a_student_whose_lab_cannot_be_made_does_not_end_the_class(caplog: pytest.LogCaptureFixture) -> None:
    class Picky(Readings):
        def for_student(self, username: str, account_id: str, region: str) -> Readings:
            if username == "user1":
                raise KeyError(username)
            return self

    aws = StubAws()
    lab = Picky(lambda s: s.function_names())
    students = [Student("user1"), Student("user2")]
    with caplog.at_level(logging.ERROR):
        found = {one.username: one for one in recorder(aws).record_class(lab, students, next_question=read)}
    assert found["user1"].taken_at
    assert found["user2"].function_names() == []
    assert "user1: the recording failed" in caplog.text


def test_a_question_that_is_not_json_is_a_fault_of_its_check_alone(caplog: pytest.LogCaptureFixture) -> None:
    aws = StubAws()
    aws.add_function("user1-f")
    names: Any = {"user1-f"}  # a set is not JSON
    broken: Reading = lambda s: s.layer_versions(names)  # noqa: E731
    with caplog.at_level(logging.ERROR):
        found = record_all(recorder(aws), [broken, lambda s: s.function("user1-f")], [Student("user1")])
    assert found["user1"].function("user1-f").name == "user1-f"
    assert "a check failed while its questions were collected" in caplog.text
