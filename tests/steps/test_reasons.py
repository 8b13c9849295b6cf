"""The reason of each check, from an error of AWS or of a check to the report and the events."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.stub_aws import UNREACHABLE, Fault, StubAws
from labgrader.evidence.probe import Invocation
from labgrader.evidence.question import Answer, Question
from labgrader.judging.verdict import failed
from labgrader.labs.lab import Item
from labgrader.labs.search_path import searching
from labgrader.load_testing.admission import TEST_S
from labgrader.reasons import Reason
from labgrader.rosters import GraderAccount
from labgrader.steps.error_reason import reason_in_text
from labgrader.steps.live_dispatcher import Sharing, StudentsFunctions
from labgrader.steps.run_live_check import Delivery, run_live_check
from labgrader.steps.summarise_run import NEVER_REPORTED
from labgrader.store import Store
from tests.steps.graded_for_a_reason import (
    CALLS,
    KEYS,
    LIVE,
    RESERVED,
    RUN,
    aws,
    check,
    kept_record,
    outcome_of,
    planned,
    reported,
)

pytestmark = pytest.mark.usefixtures("stack_environment")

HOME = GraderAccount("111122223333", "us-east-1")
NOT_GRADED = "could not be graded, and no points are lost"
AFTER = Item("after", "answers_only_with", "It answers after", "Task 2", 60, ("reserved",), CALLS)
LOADS = Item(
    "loads",
    "succeeds_under_load",
    "It holds",
    "Task 3",
    60,
    parameters={"function": "{username}-f", "operation": "x", "concurrency": 2, "requests": 20},
)
DENIED = Fault("AccessDeniedException", 403, "User: x is not authorized to perform: lambda:GetFunction")
THROTTLED = Fault("TooManyRequestsException", 429, "Rate exceeded")
BROKEN = Fault("ServiceException", 500, "oh")


def live(store: Store, check_id: str, answer: Callable[[Question], Answer], ends_in_s: float = 3600) -> dict[str, str]:
    """Run probe or Run load test."""

    def run() -> None:
        with reason_in_text():
            run_live_check(store, RUN, "user1", check_id, answer, Delivery("request-1", time.time() + ends_in_s))

    return outcome_of(check_id, run)


def answered(payload: dict[str, Any], outcome: Any = "answered") -> Callable[[Question], Answer]:
    return lambda question: Answer(
        Invocation(question.arguments["FunctionName"], outcome, json.dumps(payload)).to_dict()
    )


@pytest.mark.parametrize("shown_as", ["NotGradedError", "Runtime.HandlerError"])
@pytest.mark.parametrize(
    ("fault", "reason", "said"),
    [
        (DENIED, "denied", "AccessDeniedException: User: x is not authorized to perform: lambda:GetFunction"),
        (Fault("OddlyNamed", 403, "no"), "denied", "OddlyNamed: no"),
        (THROTTLED, "throttled", "TooManyRequestsException: still throttled after 8 attempts in "),
        (Fault("SlowDown", 503, "wait"), "throttled", "SlowDown: still throttled after 8 attempts in "),
        (BROKEN, "service_fault", "ServiceException: still failing after 8 attempts in "),
        (UNREACHABLE, "service_fault", "EndpointConnectionError: still failing after 8 attempts in "),
        (Fault("ValidationException", 400, "what"), "grader", "ValidationException: what"),
    ],
)
def test_aws_error_is_the_reason_of_a_check_that_needs_the_answer(
    store: Store, fault: Exception, reason: str, said: str, shown_as: str
) -> None:
    planned(store, RESERVED, stub=aws(fault))
    outcome = check("reserved", shown_as)
    assert outcome["error"] == shown_as
    found = reported(store, outcome)["reserved"]
    assert (found["status"], found["reason"]) == ("not_graded", reason)
    assert found["message"].startswith(f"{NOT_GRADED}: lambda:GetFunction: {said}")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(error_code="AccessDeniedException", error_message="no"), "denied"),
        (Answer(Invocation("user1-f", "throttled", error="TooManyRequestsException: busy").to_dict()), "throttled"),
        (Answer(error_code="HTTP 502", reason=Reason.SERVICE_FAULT), "service_fault"),
    ],
)
def test_refused_or_failed_invocation_is_not_graded_with_its_reason(store: Store, answer: Answer, reason: str) -> None:
    planned(store, LIVE)
    found = reported(store, live(store, "live", lambda _: answer))["live"]
    assert (found["status"], found["reason"]) == ("not_graded", reason)


def test_record_is_judged_with_its_stored_reason(store: Store) -> None:
    """The reason is in the record, even without an outcome of the workflow."""
    planned(store, LIVE)
    live(store, "live", lambda _: Answer(error_code="HTTP 502", reason=Reason.SERVICE_FAULT))
    assert store.get_json(KEYS.evidence("user1", "live"))["verdict"] is None
    assert reported(store)["live"]["reason"] == "service_fault"


def test_invocation_without_time_left_is_not_graded(store: Store) -> None:
    planned(store, LIVE)
    found = reported(store, live(store, "live", answered({}), ends_in_s=1.0))["live"]
    assert (found["status"], found["reason"]) == ("not_graded", "time_over")
    assert found["message"] == (
        f"{NOT_GRADED}: lambda:InvokeFunction: NotReached: the time for this check ended before all of its requests "
        "were sent"
    )


def test_student_under_load_of_another_run_is_not_graded(store: Store) -> None:
    planned(store, LOADS)
    now = time.time()
    assert store.lease("123456789012 us-east-1 student user1", "another", now, now + 1_000)
    functions = StudentsFunctions(store, RUN, "user1", "grader-stack", Sharing(HOME, 12, now + TEST_S))
    found = reported(store, live(store, "loads", functions.answer))["loads"]
    assert (found["status"], found["reason"]) == ("not_graded", "quota")
    (kept,) = store.get_json(KEYS.evidence("user1", "loads"))["answers"].values()
    assert (kept["error"]["code"], kept["error"]["reason"]) == ("Refused", "quota")


@pytest.mark.parametrize(
    ("reserved", "status", "reason"), [(10, "passed", None), (5, "partial", "student"), (None, "failed", "student")]
)
def test_mistake_of_a_student_has_the_reason_student(
    store: Store, reserved: int | None, status: str, reason: str | None
) -> None:
    planned(store, RESERVED, AFTER, stub=aws(reserved=reserved))
    checks = reported(store, check("reserved"), live(store, "after", answered({"statusCode": 200})))
    assert (checks["reserved"]["status"], checks["reserved"].get("reason")) == (status, reason)
    if status == "failed":
        assert (checks["after"]["status"], checks["after"]["reason"]) == ("skipped", "prerequisite")
    else:
        assert (checks["after"]["status"], checks["after"].get("reason")) == ("passed", None)


def test_check_behind_an_ungraded_check_has_the_reason_prerequisite(store: Store) -> None:
    planned(store, RESERVED, AFTER, stub=aws(DENIED))
    store.put_json(KEYS.evidence("user1", "after"), kept_record("after", failed("500 instead of 200")))
    checks = reported(store, check("reserved"))
    assert (checks["after"]["status"], checks["after"]["reason"]) == ("not_graded", "prerequisite")
    assert checks["reserved"]["reason"] == "denied"


@pytest.mark.parametrize(
    ("payload", "status", "reason"),
    [
        ({"statusCode": 500, "body": "Max retries exceeded with url: /uuid"}, "not_graded", "no_internet"),
        ({"statusCode": 500, "body": "division by zero"}, "failed", "student"),
    ],
)
def test_check_without_internet_has_the_reason_no_internet(
    store: Store, payload: dict[str, Any], status: str, reason: str
) -> None:
    parameters = {"function": "{username}-f", "event": {"operation": "default"}}
    item = Item("online", "event_answered", "It answers", "Task 1", 10, parameters=parameters, needs_internet=True)
    planned(store, item)
    found = reported(store, live(store, "online", answered(payload)))["online"]
    assert (found["status"], found["reason"]) == (status, reason)
    advice = store.get_json(KEYS.report("user1"))["advice"]
    assert [entry["reason"] for entry in advice] == (["no_internet"] if status == "not_graded" else [])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise ValueError('no')", "there is a fault in the check mine: checks/mine.py:8: ValueError: no"),
        ("return None", "there is a fault in the check mine: it returned NoneType instead of a verdict"),
    ],
)
def test_error_in_a_check_has_the_reason_grader(store: Store, tmp_path: Path, body: str, said: str) -> None:
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "mine.py").write_text(
        "from labgrader.evidence.snapshot import Snapshot\nfrom labgrader.judging import Verdict, check\n\n\n"
        '@check(title="It is", hint="aws lambda list-functions")\ndef mine(snapshot: Snapshot) -> Verdict:\n'
        f'    """Holds."""\n    {body}\n',
        encoding="utf-8",
    )
    with searching(tmp_path):
        planned(store, Item("mine", "mine", "It is", "Task 1", 10))
        found = reported(store, check("mine"))["mine"]
    assert (found["status"], found["reason"], found["message"]) == ("not_graded", "grader", f"{NOT_GRADED}: {said}")


def test_missing_outcome_has_the_reason_grader(store: Store) -> None:
    planned(store, RESERVED)
    found = reported(store, failure=NEVER_REPORTED)["reserved"]
    assert (found["reason"], found["message"]) == ("grader", NEVER_REPORTED)


def test_pending_function_is_not_graded(store: Store) -> None:
    stub = StubAws()
    stub.add_function("user1-f", State="Pending")
    planned(
        store,
        Item("runs", "function_can_run", "It runs", "Task 1", 10, parameters={"function": "{username}-f"}),
        stub=stub,
    )
    found = reported(store, check("runs"))["runs"]
    assert (found["status"], found["reason"]) == ("not_graded", "inconclusive")
    assert "AWS was still creating user1-f during grading" in found["message"]
