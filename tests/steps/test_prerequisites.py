"""Live checks behind a prerequisite that cannot be graded cost no points."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.errors import NotGradedError
from labgrader.evidence.question import Answer, Answers, Question
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.judge import judge_recorded
from labgrader.judging.scoring import score
from labgrader.judging.verdict import Verdict, not_graded
from labgrader.labs.lab import Item, Lab
from labgrader.steps.run_live_check import Delivery, run_live_check
from labgrader.store import Keys, Store

RUN = "20260101-000000-destroyed-0000"
KEYS = Keys(RUN)
STARTED = "2026-01-01T00:00:00Z"
FUNCTION = "{username}-f"
THERE: dict[str, Any] = {"function": FUNCTION, "api": "{username}-a", "role": "{username}-r", "explanation": "Again."}
LAB = Lab(
    id="destroyed",
    version="1.0.0",
    title="An example",
    handout="",
    points=3,
    checks=(
        Item("there", "not_destroyed", "All of it is there", "1", 1, parameters=THERE),
        Item("function", "function_can_run", "It can run", "1", 1, ("there",), {"function": FUNCTION}),
        Item("answers", "event_answered", "It answers", "1", 1, ("function",), {"function": FUNCTION, "event": {}}),
    ),
)


def student(*, role: bool) -> Snapshot:
    """A student without the function. Only the log group that Lambda created again is left, or also the role."""
    left = {"RoleName": "user1-r", "AssumeRolePolicyDocument": {}} if role else None
    answers = Answers()
    for action, value in (
        ("lambda:ListFunctions", []),
        ("apigateway:GetRestApis", {}),
        ("logs:DescribeLogGroups", {"user1-f": {}}),
    ):
        answers.record(Question(action), Answer(value))
    answers.record(Question("iam:GetRole", {"RoleName": "user1-r"}), Answer(left))
    for action in ("iam:ListAttachedRolePolicies", "iam:ListRolePolicies"):
        answers.record(Question(action, {"RoleName": "user1-r"}), Answer([]))
    return Snapshot("user1", "111122223333", "us-east-1", STARTED, answers)


def nothing_is_called(question: Question) -> Answer:
    raise AssertionError(question.key)


def run_live(store: Store, snapshot: Snapshot) -> dict[str, Verdict]:
    """Run the live check as a run does. Return the verdict of every check without its prerequisites."""
    store.put_json(KEYS.lab, LAB.to_dict())
    store.put_json(KEYS.snapshot("user1"), snapshot.to_dict())
    mine = LAB.for_student("user1", "111122223333", "us-east-1")
    verdicts = {}
    for item in mine.checks[:2]:
        try:
            verdicts[item.id] = judge_recorded(item, snapshot)
        except NotGradedError as error:
            verdicts[item.id] = not_graded(str(error))
    delivery = Delivery("request-1", 4e9)
    verdicts["answers"] = run_live_check(store, RUN, "user1", "answers", nothing_is_called, delivery)
    return verdicts


@pytest.mark.parametrize(
    ("role", "own", "final", "open_points"),
    [
        (False, "failed", ["not_graded", "not_graded", "not_graded"], 3),
        (True, "skipped", ["partial", "failed", "skipped"], 0),
    ],
)
def test_live_check_behind_an_ungraded_prerequisite_costs_no_points(
    store: Store, role: bool, own: str, final: list[str], open_points: float
) -> None:
    verdicts = run_live(store, student(role=role))
    assert verdicts["answers"].status == own
    result = score(LAB.checks, verdicts)
    assert [check.verdict.status for check in result.checks] == final
    assert result.open_points == open_points
