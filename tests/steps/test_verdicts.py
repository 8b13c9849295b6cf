"""Whose fault it is that a check has no verdict: a self-check is given back for ours alone."""

from __future__ import annotations

import json

import pytest

from labgrader.errors import NOT_GRADED, NotGradedError
from labgrader.evidence.question import Answer, Answers, Question
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.verdict import not_graded, passed
from labgrader.labs.lab import Item
from labgrader.steps.check_outcomes import AUDIT_INVOKES_NOTHING, NO_VERDICT, refused, told
from labgrader.steps.run_record import CheckRecord

RESERVED = Item("reserved", "reserved_concurrency_set", "It is", parameters={"function": "user1-f", "executions": 10})
HANDLED = Item(
    "handled",
    "answers_only_with",
    "They are",
    parameters={"function": "user1-f", "operation": "x", "statuses": [200], "tries": 1},
)


def snapshot(answer: Answer | None = None) -> Snapshot:
    answers = Answers()
    answers.record(Question("lambda:ListFunctions"), Answer(["user1-f"]))
    configuration = {"Configuration": {"FunctionName": "user1-f", "State": "Active"}, "Concurrency": {}, "Tags": {}}
    answers.record(Question("lambda:GetFunction", {"FunctionName": "user1-f"}), answer or Answer(configuration))
    return Snapshot("user1", "111122223333", "us-east-1", "2026-01-01T00:00:00Z", answers)


def test_what_the_check_itself_cannot_tell_is_nobodys_fault() -> None:
    record = CheckRecord("handled", Answers(), not_graded("user1-f could not reach the internet from here"))
    found = told(HANDLED, snapshot(), record, None)
    assert (found.verdict.status, found.our_fault) == ("not_graded", False)


def test_no_record_at_all_is_ours() -> None:
    found = told(RESERVED, snapshot(), None, None)
    assert (found.verdict.message, found.our_fault) == (NO_VERDICT, True)
    found = told(RESERVED, None, None, None, failure="the workflow was lost")
    assert (found.verdict.message, found.our_fault) == ("the workflow was lost", True)


@pytest.mark.parametrize(
    ("raised", "ours"),
    [
        (NotGradedError("lambda:ListAliases", "AccessDeniedException: not authorized"), True),
        (NotGradedError("lambda:InvokeFunction", "NotReached: the time for this check was over"), True),
        (NotGradedError("sts:AssumeRole", "AccessDenied: user is not authorized: to do it"), True),
        (NotGradedError("lambda:InvokeFunction", "user1-f was throttled to the end"), True),
        (NotGradedError("lambda:GetFunction", "this was not recorded when the student was graded"), True),
        (NotGradedError("lambda:InvokeFunction", "user1-f served 3 requests: too few for p95"), False),
        (NotGradedError("", "user1-f is not yours: nothing was asked"), False),
        (NotGradedError("", "Refused: by ourselves"), False),
    ],
)
def test_an_error_of_the_workflow_is_ours_where_aws_refused(raised: NotGradedError, ours: bool) -> None:
    error = {"error": "NotGradedError", "cause": json.dumps({"errorMessage": str(raised)})}
    found = told(RESERVED, snapshot(), None, error)
    assert found.verdict.message == str(raised)
    assert found.verdict.message.startswith(NOT_GRADED)
    assert found.our_fault is ours


@pytest.mark.parametrize(("error", "cause"), [("KeyError", '{"errorMessage": "x"}'), ("States.Timeout", "")])
def test_every_other_error_of_the_workflow_is_ours(error: str, cause: str) -> None:
    assert told(RESERVED, snapshot(), None, {"error": error, "cause": cause}).our_fault


@pytest.mark.parametrize(("code", "ours"), [("TooManyRequestsException", True), ("Refused", False)])
def test_a_record_that_cannot_be_judged_says_whose_fault_it_is(code: str, ours: bool) -> None:
    """``Refused`` is what we answer ourselves, where the student's set-up forbids a call."""
    refused = Answer(error_code=code, error_message="slow down")
    found = told(RESERVED, snapshot(refused), CheckRecord("reserved", Answers(), None), None)
    assert (found.verdict.status, found.our_fault) == ("not_graded", ours)


def test_an_audit_carries_over_what_it_does_not_ask() -> None:
    before = passed("3 of 3")
    assert told(HANDLED, snapshot(), None, None, carried=before, audit=True).verdict is before
    found = told(HANDLED, snapshot(), None, None, audit=True)
    assert (found.verdict.message, found.our_fault) == (AUDIT_INVOKES_NOTHING, False)


def test_a_configuration_check_is_never_carried_over() -> None:
    found = told(RESERVED, snapshot(), None, None, carried=passed(), audit=True)
    assert found.verdict.message == NO_VERDICT


def open_check(check_id: str, message: str, *requires: str) -> dict[str, object]:
    return {"id": check_id, "status": "not_graded", "message": message, "requires": list(requires)}


def test_an_audit_was_refused_what_it_asked_for_and_not_what_it_leaves_to_a_graded_run() -> None:
    checks = [
        {**open_check("fine", ""), "status": "passed"},
        open_check("reads", "not graded: lambda:GetFunction: AccessDeniedException: no"),
        open_check("waits-for-it", "cannot be told while “Reads” is not graded", "reads"),
        open_check("waits-too", "cannot be told while “Waits” is not graded", "waits"),
        open_check("waits", "cannot be told while “Calls” is not graded", "fine", "calls"),
        open_check("calls", AUDIT_INVOKES_NOTHING),
        open_check("calls-not", "not graded: sqs:ListQueues: AccessDenied: no", "calls"),
    ]
    assert refused({"mode": "audit", "checks": checks}) == ["reads", "waits-for-it", "calls-not"]
    assert len(refused({"mode": "grade", "checks": checks})) == 6
    assert refused({"mode": "audit", "checks": checks[:1]}) == []
