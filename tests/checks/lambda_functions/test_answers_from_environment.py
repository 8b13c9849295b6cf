"""answers_from_environment: fields of the response contain the values of environment variables."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labgrader.errors import NotGradedError
from labgrader.evidence.probe import Invocation
from tests.checks.lambda_functions.samples import FUNCTION, with_variables
from tests.checks.replies import answer, crash, probed, raw
from tests.checks.world import World

SHOWS: dict[str, Any] = {
    "function": FUNCTION,
    "event": {},
    "fields": {"message": "PREFIX", "environment": "ENVIRONMENT"},
}


def says(**content: Any) -> Invocation:
    return answer(200, json.dumps(content))


def test_passes_when_the_response_contains_the_variables() -> None:
    world = with_variables(PREFIX="Hi", ENVIRONMENT="development")
    call = says(message="Hi, Ada!", environment="development")
    verdict, _ = probed(world, "answers_from_environment", [call], **SHOWS)
    assert (verdict.status, verdict.observed) == ("passed", "message is “Hi, Ada!” and environment is “development”")


@pytest.mark.parametrize(
    ("content", "fraction", "says_so"),
    [
        (
            {"message": "Hello, Ada!", "environment": "staging"},
            0.5,
            "message is “Hello, Ada!”, without the value of PREFIX (“Hi”)",
        ),
        ({"message": "Hi!"}, 0.5, "environment is missing, without the value of ENVIRONMENT (“staging”)"),
        (
            {"message": 7, "environment": None},
            0.0,
            "message is “7”, without the value of PREFIX (“Hi”); "
            "environment is “null”, without the value of ENVIRONMENT (“staging”)",
        ),
    ],
)
def test_each_hard_coded_field_costs_its_share(content: dict[str, Any], fraction: float, says_so: str) -> None:
    world = with_variables(PREFIX="Hi", ENVIRONMENT="staging")
    verdict, _ = probed(world, "answers_from_environment", [says(**content)], **SHOWS)
    assert verdict.fraction == fraction
    assert verdict.message == (f"{FUNCTION}: {says_so}. Read the variables with os.environ.get in the handler.")


def test_the_code_may_strip_the_value() -> None:
    world = with_variables(PREFIX=" Hi ", ENVIRONMENT="staging")
    call = says(message="Hi, Ada!", environment="staging")
    assert probed(world, "answers_from_environment", [call], **SHOWS)[0].status == "passed"


def test_ignores_a_variable_that_is_not_set() -> None:
    call = says(message="Hello!", environment="staging")
    verdict, _ = probed(with_variables(ENVIRONMENT="staging", PREFIX=" "), "answers_from_environment", [call], **SHOWS)
    assert verdict.status == "passed"
    verdict, asked = probed(with_variables(), "answers_from_environment", [], **SHOWS)
    assert (verdict.message, asked) == (
        f"{FUNCTION} has none of these environment variables: PREFIX, ENVIRONMENT.",
        [],
    )


def test_is_not_graded_when_the_value_was_redacted() -> None:
    with pytest.raises(NotGradedError, match="looked secret"):
        probed(with_variables(PREFIX="[redacted]"), "answers_from_environment", [], **SHOWS)


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (answer(500, "{}"), "returned 500 instead of 200 ({})"),
        (raw('{"statusCode": 200, "body": "[1]"}'), "did not return a JSON object"),
        (crash("KeyError", "'a'"), "crashed: KeyError: 'a'"),
    ],
)
def test_fails_when_the_response_is_wrong(call: Invocation, what: str) -> None:
    verdict, _ = probed(with_variables(PREFIX="Hi"), "answers_from_environment", [call], **SHOWS)
    assert (verdict.status, verdict.message) == ("failed", f"{FUNCTION} {what}.")


def test_fails_when_the_function_does_not_exist() -> None:
    verdict, asked = probed(World(), "answers_from_environment", [], **SHOWS)
    assert (verdict.status, verdict.message, asked) == ("failed", f"There is no function {FUNCTION}.", [])


def test_fails_when_the_function_was_deleted_meanwhile() -> None:
    verdict, _ = probed(with_variables(PREFIX="Hi"), "answers_from_environment", [None], **SHOWS)
    assert (verdict.status, verdict.message) == ("failed", f"{FUNCTION} does not exist.")
