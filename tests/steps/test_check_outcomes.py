"""Whose fault it is that a check has no verdict: a self-check is given back for ours alone."""

from __future__ import annotations

import json

import pytest

from labgrader.errors import NOT_GRADED, NotGradedError
from labgrader.evidence.question import REFUSED, Answer, Answers, Question
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.verdict import Verdict, failed, not_graded, partial, passed
from labgrader.labs.lab import Item
from labgrader.reasons import Reason
from labgrader.steps.check_outcomes import AUDIT_INVOKES_NOTHING, NO_VERDICT, resolve_outcome, ungraded_checks
from labgrader.steps.error_reason import reason_in_text
from labgrader.steps.run_documents import CheckRecord

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
    kept = not_graded("user1-f had no internet access here", Reason.NO_INTERNET)
    record = CheckRecord.from_dict(CheckRecord("handled", Answers(), kept).to_dict())
    assert resolve_outcome(HANDLED, snapshot(), record, None) == kept
    assert not Reason.NO_INTERNET.ours


def test_no_record_at_all_is_ours() -> None:
    assert resolve_outcome(RESERVED, snapshot(), None, None) == not_graded(NO_VERDICT, Reason.GRADER)
    lost = resolve_outcome(RESERVED, None, None, None, failure="the workflow was lost")
    assert lost == not_graded("the workflow was lost", Reason.GRADER)


@pytest.mark.parametrize("sentence", ["AccessDeniedException: no", "throttled: by AWS", "anything at all", "[x] y"])
@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("shown_as", ["NotGradedError", "Runtime.HandlerError"])
def test_the_reason_of_an_error_decides_and_no_word_of_its_sentence(
    sentence: str, reason: Reason, shown_as: str
) -> None:
    """The embedded AWS does not pass on an error's class, and says ``Runtime.HandlerError`` of each."""
    raised = NotGradedError("lambda:ListAliases", sentence, reason)
    message = str(raised)
    with pytest.raises(NotGradedError) as left, reason_in_text():
        raise raised
    cause = json.dumps({"errorMessage": str(left.value), "errorType": shown_as})
    found = resolve_outcome(RESERVED, snapshot(), None, {"error": shown_as, "cause": cause})
    assert found == not_graded(message, reason)
    assert message == f"{NOT_GRADED}: lambda:ListAliases: {sentence}"


@pytest.mark.parametrize(
    ("error", "cause", "reason"),
    [
        ("KeyError", '{"errorMessage": "x"}', Reason.GRADER),
        ("KeyError", '{"errorMessage": "[sunny] x"}', Reason.GRADER),
        ("KeyError", '{"errorMessage": "[sunny] a long text that is c', Reason.GRADER),
        ("NotGradedError", '{"errorMessage": "[denied] a long text that is c', Reason.DENIED),
        ("RefusedError", '{"errorMessage": "[grader] NoSuchBucket"}', Reason.GRADER),
        ("ThrottledError", '{"errorMessage": "[throttled] SlowDown"}', Reason.THROTTLED),
        ("Runtime.HandlerError", '{"errorMessage": "[service_fault] InternalError"}', Reason.SERVICE_FAULT),
        ("States.Timeout", "", Reason.TIME_OVER),
        ("Sandbox.Timedout", '{"errorMessage": "x"}', Reason.TIME_OVER),
        ("Runtime.HandlerError", "Task timed out after 40 s", Reason.TIME_OVER),
    ],
)
def test_every_other_error_of_the_workflow_is_ours(error: str, cause: str, reason: Reason) -> None:
    found = resolve_outcome(RESERVED, snapshot(), None, {"error": error, "cause": cause})
    assert (found.status, found.reason, reason.ours) == ("not_graded", reason, True)
    assert f"[{reason}]" not in found.message


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(error_code="TooManyRequestsException", error_message="slow down"), Reason.THROTTLED),
        (Answer(error_code="ServiceException", error_message="oh", reason=Reason.SERVICE_FAULT), Reason.SERVICE_FAULT),
        (Answer(error_code=REFUSED, error_message="the plan is too large"), Reason.INCONCLUSIVE),
        (Answer(error_code=REFUSED, error_message="no room", reason=Reason.QUOTA), Reason.QUOTA),
    ],
)
def test_a_record_that_cannot_be_judged_says_whose_fault_it_is(answer: Answer, reason: Reason) -> None:
    """``Refused`` is what we answer ourselves, where the student's set-up forbids a call."""
    kept = Answer.from_dict(answer.to_dict())
    found = resolve_outcome(RESERVED, snapshot(kept), CheckRecord("reserved", Answers(), None), None)
    assert (found.status, found.reason) == ("not_graded", reason)


def test_a_record_of_an_earlier_version_names_no_reason() -> None:
    """The error's code tells it, then; a verdict has the reason of its status."""
    old = {"error": {"code": "AccessDeniedException", "message": "no"}}
    assert Answer.from_dict(old).reason is Reason.DENIED
    assert Answer.from_dict(old).to_dict() == old
    assert Answer.from_dict({"error": {"code": "ServiceException", "message": "oh"}}).reason is Reason.GRADER
    for verdict, reason in ((passed(), None), (failed("x"), Reason.STUDENT), (partial(0.5, "x"), Reason.STUDENT)):
        assert "reason" not in verdict.to_dict()
        assert Verdict.from_dict(verdict.to_dict()).reason is reason


def test_an_audit_carries_over_what_it_does_not_ask() -> None:
    before = passed("3 of 3")
    assert resolve_outcome(HANDLED, snapshot(), None, None, carried=before, audit=True) is before
    found = resolve_outcome(HANDLED, snapshot(), None, None, audit=True)
    assert found == not_graded(AUDIT_INVOKES_NOTHING, Reason.NEEDS_GRADED_RUN)
    assert not Reason.NEEDS_GRADED_RUN.ours


def test_a_configuration_check_is_never_carried_over() -> None:
    found = resolve_outcome(RESERVED, snapshot(), None, None, carried=passed(), audit=True)
    assert found.message == NO_VERDICT


def open_check(check_id: str, reason: str, *requires: str, message: str) -> dict[str, object]:
    return {
        "id": check_id,
        "status": "not_graded",
        "message": message,
        "reason": reason,
        "requires": list(requires),
    }


@pytest.mark.parametrize("message", ["", AUDIT_INVOKES_NOTHING, "cannot be graded while “Reads” is not graded"])
def test_an_audit_was_refused_what_it_asked_for_and_not_what_it_leaves_to_a_graded_run(message: str) -> None:
    """The reasons say so, whatever the sentences are."""
    checks = [
        {**open_check("fine", "", message=message), "status": "passed"},
        open_check("reads", "denied", message=message),
        open_check("waits-for-it", "prerequisite", "reads", message=message),
        open_check("waits-too", "prerequisite", "waits", message=message),
        open_check("waits", "prerequisite", "fine", "calls", message=message),
        open_check("calls", "needs_graded_run", message=message),
        open_check("calls-not", "denied", "calls", message=message),
    ]
    assert ungraded_checks({"mode": "audit", "checks": checks}) == ["reads", "waits-for-it", "calls-not"]
    assert len(ungraded_checks({"mode": "grade", "checks": checks})) == 6
    assert ungraded_checks({"mode": "audit", "checks": checks[:1]}) == []
