"""context_attributes_exist: advice on attributes that the context object does not have."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.evidence.question import Answer, Answers, Question
from labgrader.judging.judge import judge
from tests.checks.lambda_functions.samples import FUNCTION
from tests.checks.replies import crash
from tests.checks.world import World, item

CONTEXT: dict[str, Any] = {"functions": [FUNCTION, "user1-g"], "explanation": "It is the handout's mistake."}


def recorded(*calls: tuple[str, str]) -> Answers:
    """Record invocations that ended with an AttributeError, as pairs of function and message."""
    answers = Answers()
    for target, message in calls:
        call = crash("AttributeError", message).to_dict() | {"target": target}
        answers.record(Question("lambda:InvokeFunction", {"FunctionName": target, "Payload": message}), Answer(call))
    return answers


@pytest.mark.parametrize("kind", ["LambdaContext", "Context"])
def test_names_the_missing_attribute_and_the_right_one(kind: str) -> None:
    answers = recorded((FUNCTION, f"'{kind}' object has no attribute 'request_id'"))
    verdict = judge(item("context_attributes_exist", **CONTEXT), World().snapshot(), answers)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{FUNCTION} uses context.request_id, which does not exist (use context.aws_request_id). "
        "It is the handout's mistake.",
    )
    assert verdict.hint.splitlines() == [
        r"sed -i 's/context\.request_id\b/context.aws_request_id/g' lambda_function.py",
        f"zip function.zip lambda_function.py && aws lambda update-function-code --function-name {FUNCTION} "
        "--zip-file fileb://function.zip",
    ]


def test_separates_several_functions_and_attributes() -> None:
    answers = recorded(
        (FUNCTION, "'LambdaContext' object has no attribute 'request_id'"),
        ("user1-g:prod", "'LambdaContext' object has no attribute 'request_id'"),
        ("user1-g", "'LambdaContext' object has no attribute 'color'"),
    )
    verdict = judge(item("context_attributes_exist", **{**CONTEXT, "explanation": ""}), World().snapshot(), answers)
    assert verdict.message == (
        "user1-g uses context.color, which does not exist; user1-f and user1-g use context.request_id, "
        "which does not exist (use context.aws_request_id)."
    )


@pytest.mark.parametrize(
    "calls",
    [
        (),
        ((FUNCTION, "'dict' object has no attribute 'request_id'"),),
        (("user1-other", "'LambdaContext' object has no attribute 'request_id'"),),
    ],
)
def test_ignores_other_errors_and_functions(calls: tuple[tuple[str, str], ...]) -> None:
    verdict = judge(item("context_attributes_exist", **CONTEXT), World().snapshot(), recorded(*calls))
    assert verdict.status == "passed"
