"""An unknown placeholder is the lab's fault: the check is not graded, and costs no points and no self-check."""

from __future__ import annotations

import pytest

from labgrader.errors import NotGradedError
from labgrader.evidence.question import Answers
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.judge import judge_recorded, next_question
from labgrader.judging.verdict import not_graded
from labgrader.labs.lab import Item, Lab
from labgrader.reasons import Reason
from labgrader.steps.check_outcomes import resolve_outcome
from labgrader.steps.error_reason import reason_in_text

SENTENCE = (
    "could not be graded, and no points are lost: the lab file is wrong: prod has an unknown placeholder, "
    "{user} in function and {usr} in alias"
)


def item_of(**parameters: object) -> Item:
    lab = Lab(
        id="example",
        version="1.0.0",
        title="An example",
        handout="",
        points=10,
        checks=(Item("prod", "alias_points_to", "It is", points=10, parameters=parameters),),
    )
    return lab.for_student("ada", "111122223333", "us-east-1").checks[0]


def empty_snapshot() -> Snapshot:
    answers = Answers.from_dict({"lambda:ListFunctions": {"value": []}})
    return Snapshot("ada", "111122223333", "us-east-1", "2026-01-01T00:00:00Z", answers)


def test_an_unknown_placeholder_is_not_graded_and_named() -> None:
    item = item_of(function="{user}-f", alias="{usr}-{username}", version="1")
    with pytest.raises(NotGradedError) as refused:
        judge_recorded(item, empty_snapshot())
    assert str(refused.value) == SENTENCE
    assert next_question(item, empty_snapshot()) is None


def test_a_self_check_with_an_unknown_placeholder_does_not_count() -> None:
    item = item_of(function="{user}-f", alias="{usr}-{username}", version="1")
    with pytest.raises(NotGradedError) as refused, reason_in_text():
        judge_recorded(item, empty_snapshot())
    found = resolve_outcome(item, empty_snapshot(), None, {"error": "NotGradedError", "cause": str(refused.value)})
    assert found == not_graded(SENTENCE, Reason.GRADER)


def test_text_in_double_braces_is_judged_literally() -> None:
    item = item_of(function="{{user}}-f", alias="{username}-prod", version="1")
    assert item.parameters["function"] == "{user}-f"
    assert judge_recorded(item, empty_snapshot()).message.startswith("There is no function {user}-f")
