"""environment_set with whole values, answers_from_environment, context_attributes_exist."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labgrader.errors import NotGradedError
from labgrader.evidence.probe import Invocation
from labgrader.evidence.question import Answer, Answers, Question
from labgrader.judging.judge import judge
from tests.checks.world import World, answer, crash, item, probed, raw

FUNCTION = "user1-f"

# --- environment_set, answers_from_environment ------------------------------------------------------------------------

VARIABLES = {"PREFIX": "Greetings", "SUFFIX": "", "LENGTH": "500", "DEBUG": "true"}
EXACT: dict[str, Any] = {"function": FUNCTION, "variables": VARIABLES, "exact": True, "example": "Thanks!"}


def configured(**variables: str) -> World:
    return World().function(FUNCTION, Environment={"Variables": variables})


@pytest.mark.parametrize("debug", ["true", "True", "TRUE"])
def test_an_exact_value_is_the_whole_value(debug: str) -> None:
    world = configured(PREFIX="Greetings", SUFFIX="Bye!", LENGTH="500", DEBUG=debug)
    verdict = world.judge("environment_set", **EXACT)
    assert (verdict.status, verdict.expected) == ("passed", "PREFIX=Greetings, SUFFIX, LENGTH=500, DEBUG=true")


@pytest.mark.parametrize(
    ("variables", "fraction", "says"),
    [
        ({"LENGTH": "5000"}, 0.75, "LENGTH is “5000” instead of “500”"),
        ({"PREFIX": "greetings"}, 0.75, "PREFIX is “greetings” instead of “Greetings”"),
        ({"SUFFIX": "  "}, 0.75, "SUFFIX is “  ”"),
        (
            {"DEBUG": "1", "PREFIX": "Welcome"},
            0.5,
            "PREFIX is “Welcome” instead of “Greetings”; DEBUG is “1” instead of “true”",
        ),
    ],
)
def test_an_exact_value_that_differs_is_said(variables: dict[str, str], fraction: float, says: str) -> None:
    has = {"PREFIX": "Greetings", "SUFFIX": "Bye!", "LENGTH": "500", "DEBUG": "true", **variables}
    verdict = configured(**has).judge("environment_set", **EXACT)
    assert (verdict.fraction, verdict.message) == (fraction, f"{FUNCTION}: {says}.")
    assert verdict.hint == (
        f"aws lambda update-function-configuration --function-name {FUNCTION} --environment "
        '\'{"Variables": {"PREFIX": "Greetings", "SUFFIX": "Thanks!", "LENGTH": "500", "DEBUG": "true"}}\''
    )


def test_a_misspelt_variable_is_not_kept() -> None:
    verdict = configured(PREFFIX="Greetings", SUFFIX="Bye!", LENGTH="500", DEBUG="true", TZ="UTC").judge(
        "environment_set", **EXACT
    )
    assert verdict.message == f"{FUNCTION}: PREFIX is not set (there is PREFFIX)."
    assert verdict.hint.endswith(
        '\'{"Variables": {"PREFIX": "Greetings", "SUFFIX": "Thanks!", "LENGTH": "500", "DEBUG": "true", '
        '"TZ": "KEEP-ITS-VALUE"}}\''
    )


def test_a_variable_of_the_lab_is_no_misspelling_of_another() -> None:
    wanted = {**EXACT, "variables": {"TABLE_NAME": "a", "TABLE_NAMES": "b"}}
    verdict = configured(TABLE_NAMES="b").judge("environment_set", **wanted)
    assert verdict.message == f"{FUNCTION}: TABLE_NAME is not set."
    assert verdict.hint.endswith('\'{"Variables": {"TABLE_NAME": "a", "TABLE_NAMES": "b"}}\'')


SHOWS: dict[str, Any] = {
    "function": FUNCTION,
    "event": {},
    "fields": {"message": "PREFIX", "environment": "ENVIRONMENT"},
}


def says(**content: Any) -> Invocation:
    return answer(200, json.dumps(content))


def test_an_answer_shows_the_variables_as_they_are() -> None:
    world = configured(PREFIX="Hi", ENVIRONMENT="development")
    call = says(message="Hi, Ada!", environment="development")
    verdict, _ = probed(world, "answers_from_environment", [call], **SHOWS)
    assert (verdict.status, verdict.observed) == ("passed", "message is “Hi, Ada!” and environment is “development”")


@pytest.mark.parametrize(
    ("content", "fraction", "says_so"),
    [
        (
            {"message": "Hello, Ada!", "environment": "staging"},
            0.5,
            "message is “Hello, Ada!”, and does not hold the value of PREFIX (“Hi”)",
        ),
        ({"message": "Hi!"}, 0.5, "environment is missing, and does not hold the value of ENVIRONMENT (“staging”)"),
        (
            {"message": 7, "environment": None},
            0.0,
            "message is “7”, and does not hold the value of PREFIX (“Hi”); "
            "environment is “null”, and does not hold the value of ENVIRONMENT (“staging”)",
        ),
    ],
)
def test_an_answer_that_is_written_into_the_code(content: dict[str, Any], fraction: float, says_so: str) -> None:
    world = configured(PREFIX="Hi", ENVIRONMENT="staging")
    verdict, _ = probed(world, "answers_from_environment", [says(**content)], **SHOWS)
    assert verdict.fraction == fraction
    assert verdict.message == (f"{FUNCTION}: {says_so}. Read it with os.environ.get in the handler.")


def test_the_code_may_strip_what_it_reads() -> None:
    world = configured(PREFIX=" Hi ", ENVIRONMENT="staging")
    call = says(message="Hi, Ada!", environment="staging")
    assert probed(world, "answers_from_environment", [call], **SHOWS)[0].status == "passed"


def test_a_variable_that_is_not_set_is_another_checks_matter() -> None:
    call = says(message="Hello!", environment="staging")
    verdict, _ = probed(configured(ENVIRONMENT="staging", PREFIX=" "), "answers_from_environment", [call], **SHOWS)
    assert verdict.status == "passed"
    verdict, asked = probed(configured(), "answers_from_environment", [], **SHOWS)
    assert (verdict.message, asked) == (
        f"{FUNCTION} has none of the environment variables PREFIX and ENVIRONMENT, so it cannot show them.",
        [],
    )


def test_a_value_that_was_not_recorded_is_not_judged() -> None:
    with pytest.raises(NotGradedError, match="looked secret"):
        probed(configured(PREFIX="[redacted]"), "answers_from_environment", [], **SHOWS)


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (answer(500, "{}"), "answered 500 instead of 200 ({})"),
        (raw('{"statusCode": 200, "body": "[1]"}'), "answered something else than a JSON object"),
        (crash("KeyError", "'a'"), "crashed: KeyError: 'a'"),
    ],
)
def test_an_answer_that_shows_nothing(call: Invocation, what: str) -> None:
    verdict, _ = probed(configured(PREFIX="Hi"), "answers_from_environment", [call], **SHOWS)
    assert (verdict.status, verdict.message) == ("failed", f"{FUNCTION} {what}.")


# --- context_attributes_exist -----------------------------------------------------------------------------------------

CONTEXT: dict[str, Any] = {"functions": [FUNCTION, "user1-g"], "explanation": "It is the hand-out's mistake."}


def recorded(*calls: tuple[str, str]) -> Answers:
    """Invocations that ended with an AttributeError: by function, the message."""
    answers = Answers()
    for target, message in calls:
        call = crash("AttributeError", message).to_dict() | {"target": target}
        answers.record(Question("lambda:InvokeFunction", {"FunctionName": target, "Payload": message}), Answer(call))
    return answers


@pytest.mark.parametrize("kind", ["LambdaContext", "Context"])
def test_an_attribute_that_does_not_exist_is_named_with_the_right_one(kind: str) -> None:
    answers = recorded((FUNCTION, f"'{kind}' object has no attribute 'request_id'"))
    verdict = judge(item("context_attributes_exist", **CONTEXT), World().snapshot(), answers)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{FUNCTION} uses context.request_id, which does not exist: it is called context.aws_request_id. "
        "It is the hand-out's mistake.",
    )
    assert verdict.hint.splitlines() == [
        r"sed -i 's/context\.request_id\b/context.aws_request_id/g' lambda_function.py",
        f"zip function.zip lambda_function.py && aws lambda update-function-code --function-name {FUNCTION} "
        "--zip-file fileb://function.zip",
    ]


def test_several_functions_and_attributes_are_told_apart() -> None:
    answers = recorded(
        (FUNCTION, "'LambdaContext' object has no attribute 'request_id'"),
        ("user1-g:prod", "'LambdaContext' object has no attribute 'request_id'"),
        ("user1-g", "'LambdaContext' object has no attribute 'colour'"),
    )
    verdict = judge(item("context_attributes_exist", **{**CONTEXT, "explanation": ""}), World().snapshot(), answers)
    assert verdict.message == (
        "user1-g uses context.colour, which does not exist; user1-f and user1-g use context.request_id, "
        "which does not exist: it is called context.aws_request_id."
    )


@pytest.mark.parametrize(
    "calls",
    [
        (),
        ((FUNCTION, "'dict' object has no attribute 'request_id'"),),
        (("user1-other", "'LambdaContext' object has no attribute 'request_id'"),),
    ],
)
def test_other_errors_and_functions_are_passed_over(calls: tuple[tuple[str, str], ...]) -> None:
    verdict = judge(item("context_attributes_exist", **CONTEXT), World().snapshot(), recorded(*calls))
    assert verdict.status == "passed"
