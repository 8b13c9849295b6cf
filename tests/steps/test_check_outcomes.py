"""The reason why a check has no verdict. A self-check does not count only if labgrader or AWS is the reason."""

from __future__ import annotations

import json
from typing import Any

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


def test_check_that_cannot_decide_has_its_own_reason() -> None:
    kept = not_graded("user1-f could not reach the internet", Reason.NO_INTERNET)
    record = CheckRecord.from_dict(CheckRecord("handled", Answers(), kept).to_dict())
    assert resolve_outcome(HANDLED, snapshot(), record, None) == kept
    assert not Reason.NO_INTERNET.ours


def test_check_without_a_record_has_the_reason_grader() -> None:
    assert resolve_outcome(RESERVED, snapshot(), None, None) == not_graded(NO_VERDICT, Reason.GRADER)
    lost = resolve_outcome(RESERVED, None, None, None, failure="the workflow was lost")
    assert lost == not_graded("the workflow was lost", Reason.GRADER)


@pytest.mark.parametrize("sentence", ["AccessDeniedException: no", "throttled: by AWS", "anything at all", "[x] y"])
@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("shown_as", ["NotGradedError", "Runtime.HandlerError"])
def test_reason_of_an_error_does_not_depend_on_its_sentence(sentence: str, reason: Reason, shown_as: str) -> None:
    """The embedded AWS does not pass on the class of an error: each is ``Runtime.HandlerError``."""
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
def test_other_errors_of_the_workflow_have_the_reason_grader(error: str, cause: str, reason: Reason) -> None:
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
def test_record_that_cannot_be_judged_has_the_reason_of_the_error(answer: Answer, reason: Reason) -> None:
    """``Refused`` is labgrader's own error code, for requests that the student's configuration does not allow."""
    kept = Answer.from_dict(answer.to_dict())
    found = resolve_outcome(RESERVED, snapshot(kept), CheckRecord("reserved", Answers(), None), None)
    assert (found.status, found.reason) == ("not_graded", reason)


def test_record_of_an_earlier_version_gets_its_reason_from_the_error_code() -> None:
    """The reason is that of the error code. A verdict has the reason of its status."""
    old = {"error": {"code": "AccessDeniedException", "message": "no"}}
    assert Answer.from_dict(old).reason is Reason.DENIED
    assert Answer.from_dict(old).to_dict() == old
    assert Answer.from_dict({"error": {"code": "ServiceException", "message": "oh"}}).reason is Reason.GRADER
    for verdict, reason in ((passed(), None), (failed("x"), Reason.STUDENT), (partial(0.5, "x"), Reason.STUDENT)):
        assert "reason" not in verdict.to_dict()
        assert Verdict.from_dict(verdict.to_dict()).reason is reason


def test_audit_carries_over_checks_that_invoke() -> None:
    before = passed("3 of 3")
    assert resolve_outcome(HANDLED, snapshot(), None, None, carried=before, audit=True) is before
    found = resolve_outcome(HANDLED, snapshot(), None, None, audit=True)
    assert found == not_graded(AUDIT_INVOKES_NOTHING, Reason.NEEDS_GRADED_RUN)
    assert not Reason.NEEDS_GRADED_RUN.ours


def test_configuration_check_is_never_carried_over() -> None:
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


@pytest.mark.parametrize("message", ["", AUDIT_INVOKES_NOTHING, "this depends on “Reads”, which is not graded"])
def test_ungraded_checks_are_without_checks_left_to_a_graded_run(message: str) -> None:
    """The reasons decide, and not the sentences."""
    checks = [
        {**open_check("fine", "", message=message), "status": "passed"},
        open_check("reads", "denied", message=message),
        open_check("waits-for-it", "prerequisite", "reads", message=message),
        open_check("waits-too", "prerequisite", "waits", message=message),
        open_check("waits", "prerequisite", "fine", "calls", message=message),
        open_check("calls", "needs_graded_run", message=message),
        open_check("calls-not", "denied", "calls", message=message),
    ]
    report: Any = {"mode": "audit", "checks": checks}
    assert ungraded_checks(report) == ["reads", "waits-for-it", "calls-not"]
    assert len(ungraded_checks(report | {"mode": "grade"})) == 6
    assert ungraded_checks(report | {"checks": checks[:1]}) == []
