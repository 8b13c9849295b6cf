"""Run check and Run probe: a check is judged and stored, and a check that is delivered twice invokes once."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from labgrader.errors import NotGradedError, ServiceFaultError
from labgrader.evidence.question import Answer, Question
from labgrader.steps.live_dispatcher import StudentsFunctions
from labgrader.steps.run_check import run_check
from labgrader.steps.run_live_check import Delivery, run_live_check
from labgrader.store import Store
from tests.clock import Clock
from tests.steps.example_run import FIRST, KEYS, RUN, Function, planned, recorded

HANGING_S = 300.0
"""Seconds after which a test that hangs is given up."""


def test_run_check_judges_the_snapshot_and_stores_the_verdict(store: Store) -> None:
    planned(store)
    recorded(store, reserved=5)
    verdict = run_check(store, RUN, "user1", "reserved")
    assert verdict.message == "The reserved concurrency of user1-f is 5 instead of 10."
    kept = store.get_json(KEYS.evidence("user1", "reserved"))
    assert kept["verdict"]["status"] == "partial"


def test_run_check_raises_if_aws_denied_a_request(store: Store) -> None:
    planned(store)
    recorded(store, denied=True)
    with pytest.raises(NotGradedError, match="lambda:GetFunction: AccessDeniedException: not authorized"):
        run_check(store, RUN, "user1", "reserved")
    assert KEYS.evidence("user1", "reserved") not in store.keys(KEYS.root)


def test_run_live_check_stores_answers_and_verdict(store: Store) -> None:
    planned(store)
    recorded(store)
    function = Function()
    assert run_live_check(store, RUN, "user1", "handled", function, FIRST).status == "passed"
    kept = store.get_json(KEYS.evidence("user1", "handled"))
    assert len(kept["answers"]) == function.calls == 1


def test_run_live_check_invokes_once_if_delivered_twice(store: Store) -> None:
    planned(store)
    recorded(store)
    function = Function()
    verdicts = [run_live_check(store, RUN, "user1", "handled", function, FIRST) for _ in range(2)]
    assert verdicts[0] == verdicts[1]
    assert function.calls == 1


def test_second_delivery_waits_for_the_first_and_invokes_nothing(store: Store, clock: Clock) -> None:
    planned(store)
    recorded(store)
    slow, second = Function(), Function()
    begun, goes_on = threading.Event(), threading.Event()

    def answer(question: Question) -> Answer:
        begun.set()
        assert goes_on.wait(HANGING_S)
        return slow(question)

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(run_live_check, store, RUN, "user1", "handled", answer, FIRST)

        def end_of_the_first() -> None:
            goes_on.set()
            first.result(HANGING_S)

        assert begun.wait(HANGING_S)
        clock.while_sleeping = end_of_the_first
        verdict = run_live_check(store, RUN, "user1", "handled", second, Delivery("request-2", time.time() + 60))
        assert verdict == first.result()
    assert clock.elapsed == 1, "the second delivery read again after one second"
    assert (slow.calls, second.calls) == (1, 0)


def test_second_delivery_takes_over_when_the_first_timed_out(store: Store) -> None:
    planned(store)
    recorded(store)
    died = {"id": "request-0", "ends_at": time.time() - 1}
    store.put_json(KEYS.claim("user1", "handled"), died)
    function = Function()
    assert run_live_check(store, RUN, "user1", "handled", function, FIRST).status == "passed"
    assert function.calls == 1


def test_aws_failure_leaves_the_task_to_the_next_delivery(store: Store, clock: Clock) -> None:
    planned(store)
    recorded(store)

    def closed(question: Question) -> Answer:
        raise ServiceFaultError("sts:AssumeRole: InternalFailure: try later")

    with pytest.raises(ServiceFaultError, match="try later"):
        run_live_check(store, RUN, "user1", "handled", closed, FIRST)
    function = Function()
    second = Delivery("request-2", time.time() + 3600)
    assert run_live_check(store, RUN, "user1", "handled", function, second).status == "passed"
    assert clock.elapsed == 0
    assert function.calls == 1


def test_second_delivery_stops_waiting_for_a_missing_record(store: Store) -> None:
    planned(store)
    recorded(store)
    store.put_json(KEYS.claim("user1", "handled"), {"id": "request-0", "ends_at": time.time() + 3600})
    with pytest.raises(NotGradedError, match="the first delivery left no record"):
        run_live_check(store, RUN, "user1", "handled", Function(), Delivery("request-2", time.time() + 0.1))


def test_run_live_check_invokes_nothing_if_a_prerequisite_failed(store: Store) -> None:
    planned(store)
    recorded(store, reserved=None)
    function = Function()
    verdict = run_live_check(store, RUN, "user1", "handled", function, FIRST)
    assert verdict.status == "skipped"
    assert verdict.message == "Skipped: fix “Concurrency is reserved” first."
    assert function.calls == 0


def test_refused_invocation_is_stored_as_evidence_and_not_graded(store: Store) -> None:
    planned(store)
    recorded(store)

    def refuse(question: Question) -> Answer:
        return Answer(error_code="AccessDeniedException", error_message="no")

    for _ in range(2):
        with pytest.raises(NotGradedError, match="lambda:InvokeFunction: AccessDeniedException: no"):
            run_live_check(store, RUN, "user1", "handled", refuse, FIRST)
    assert store.get_json(KEYS.evidence("user1", "handled"))["verdict"] is None


@pytest.mark.parametrize(("left_s", "calls"), [(66, 1), (64, 0)])
def test_invocation_that_could_outlast_the_task_is_not_started(store: Store, left_s: float, calls: int) -> None:
    """A request may take its 35 seconds, and 30 more for retries and cleaning up."""
    planned(store)
    recorded(store)
    function = Function()
    delivery = Delivery("request-1", time.time() + left_s)
    if calls:
        assert run_live_check(store, RUN, "user1", "handled", function, delivery).status == "passed"
    else:
        with pytest.raises(NotGradedError) as refused:
            run_live_check(store, RUN, "user1", "handled", function, delivery)
        assert refused.value.reason == "NotReached: the time for this check ended before all of its requests were sent"
    assert function.calls == calls


@pytest.mark.parametrize(
    ("action", "arguments", "reason"),
    [
        (
            "lambda:InvokeFunction",
            {"FunctionName": "user10-f", "Qualifier": "", "Payload": {}},
            "user10-f does not begin",
        ),
        (
            "labgrader:CallApi",
            {"Method": "GET", "ApiName": "user10-api"},
            "the API user10-api does not begin with user1-",
        ),
        ("labgrader:DropObject", {"Bucket": "user10-b"}, "the bucket user10-b does not begin with user1-"),
        (
            "labgrader:SendMessages",
            {"QueueName": "user10-q", "QueueUrl": "x", "Bodies": []},
            "the queue user10-q does not",
        ),
        ("labgrader:DropObject", {"Bucket": "grader-stack-b"}, "the bucket grader-stack-b belongs to the grader"),
    ],
)
def test_each_question_reaches_only_resources_of_the_student(
    store: Store, action: str, arguments: dict[str, Any], reason: str
) -> None:
    planned(store)
    functions = StudentsFunctions(store, RUN, "user1", stack="grader-stack")
    with pytest.raises(NotGradedError, match=reason):
        functions.answer(Question(action, arguments))
