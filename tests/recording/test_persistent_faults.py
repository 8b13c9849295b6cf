"""A class with requests that AWS keeps throttling or failing is recorded in time and not graded."""

from __future__ import annotations

import threading
from collections.abc import Iterable

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

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
from labgrader.rosters import Student
from tests.recording.recording import refusal

THROTTLED = Fault("TooManyRequestsException", 429, "Rate exceeded")
HERE = "111122223333 us-east-1"
DEADLINE_S = 780


class SharedClock:
    """A clock that advances when all threads sleep (no new sleep for 10 ms), so that their sleeps overlap."""

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


@pytest.mark.parametrize("workers", [1, 16])
def test_a_class_with_throttled_lists_ends_in_time_and_is_not_graded(workers: int) -> None:
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
        assert "lambda:ListFunctions: TooManyRequestsException: still throttled after " in refusal(
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
def test_no_request_is_sent_after_the_deadline(passed_s: float, answered: bool) -> None:
    clock = Clock()
    calls = ApiClient(RateLimiter(clock=clock, sleep=clock.sleep))
    calls.ends_at = clock()
    clock.sleep(passed_s)
    sent: list[str] = []
    if answered:
        calls.send(HERE, "lambda:ListAliases", lambda: sent.append("sent"))
    else:
        with pytest.raises(AwsCallError, match=r"^NotReached: the time for this run's requests ran out$"):
            calls.send(HERE, "lambda:ListAliases", lambda: sent.append("sent"))
    assert bool(sent) is answered


def test_a_request_does_not_wait_past_the_deadline() -> None:
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


def test_only_throttles_are_counted() -> None:
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


def test_a_quota_that_stays_throttled_is_paused() -> None:
    clock = Clock()
    calls = ApiClient(RateLimiter(clock=clock, sleep=clock.sleep))
    began = clock()
    with pytest.raises(AwsCallError, match="still throttled after ") as first:
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
