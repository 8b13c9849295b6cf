"""environment_set: environment variables are set, to a value that begins with a text or is that text."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.errors import NotGradedError
from labgrader.evidence.snapshot import REDACTED
from tests.checks.lambda_functions.samples import FUNCTION, with_variables
from tests.checks.world import OPTIMIZED, World, perfect

VARIABLES = {"PREFIX": "Greetings", "SUFFIX": "", "LENGTH": "500", "DEBUG": "true"}
EXACT: dict[str, Any] = {"function": FUNCTION, "variables": VARIABLES, "exact": True, "example": "Thanks!"}


@pytest.mark.parametrize("debug", ["true", "True", "TRUE"])
def test_an_exact_value_must_match_as_a_whole(debug: str) -> None:
    world = with_variables(PREFIX="Greetings", SUFFIX="Bye!", LENGTH="500", DEBUG=debug)
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
def test_names_an_exact_value_that_differs(variables: dict[str, str], fraction: float, says: str) -> None:
    has = {"PREFIX": "Greetings", "SUFFIX": "Bye!", "LENGTH": "500", "DEBUG": "true", **variables}
    verdict = with_variables(**has).judge("environment_set", **EXACT)
    assert (verdict.fraction, verdict.message) == (fraction, f"{FUNCTION}: {says}.")
    assert verdict.hint == (
        f"aws lambda update-function-configuration --function-name {FUNCTION} --environment "
        '\'{"Variables": {"PREFIX": "Greetings", "SUFFIX": "Thanks!", "LENGTH": "500", "DEBUG": "true"}}\''
    )


def test_the_command_drops_a_misspelled_variable() -> None:
    verdict = with_variables(PREFFIX="Greetings", SUFFIX="Bye!", LENGTH="500", DEBUG="true", TZ="UTC").judge(
        "environment_set", **EXACT
    )
    assert verdict.message == f"{FUNCTION}: PREFIX is not set (but PREFFIX is)."
    assert verdict.hint.endswith(
        '\'{"Variables": {"PREFIX": "Greetings", "SUFFIX": "Thanks!", "LENGTH": "500", "DEBUG": "true", '
        '"TZ": "KEEP-ITS-VALUE"}}\''
    )


def test_a_variable_of_the_lab_is_not_a_misspelling_of_another() -> None:
    wanted = {**EXACT, "variables": {"TABLE_NAME": "a", "TABLE_NAMES": "b"}}
    verdict = with_variables(TABLE_NAMES="b").judge("environment_set", **wanted)
    assert verdict.message == f"{FUNCTION}: TABLE_NAME is not set."
    assert verdict.hint.endswith('\'{"Variables": {"TABLE_NAME": "a", "TABLE_NAMES": "b"}}\'')


@pytest.mark.parametrize(
    ("variables", "status", "message"),
    [
        ({"GITHUB_API_URL": "https://api.github.com"}, "passed", ""),
        ({}, "failed", f"{OPTIMIZED}: GITHUB_API_URL is not set."),
        (
            {"github_api_url": "https://api.github.com"},
            "failed",
            f"{OPTIMIZED}: GITHUB_API_URL is not set (but github_api_url is).",
        ),
        (
            {"GITHUB_API_URL": "=1+1"},
            "failed",
            f"{OPTIMIZED}: GITHUB_API_URL is “=1+1”, but must begin with http.",
        ),
        (
            {"GITHUB_API_URL": " "},
            "failed",
            f"{OPTIMIZED}: GITHUB_API_URL is “ ”, but must begin with http.",
        ),
    ],
)
def test_fails_when_the_variable_is_missing_or_wrong(variables: dict[str, str], status: str, message: str) -> None:
    world = perfect().configure(OPTIMIZED, Environment={"Variables": variables})
    verdict = world.judge("environment_set", function=OPTIMIZED, variables={"GITHUB_API_URL": "http"})
    assert (verdict.status, verdict.message) == (status, message)


def test_is_not_graded_when_a_value_to_judge_was_redacted() -> None:
    world = perfect().configure(OPTIMIZED, Environment={"Variables": {"TOKEN": "[redacted]"}})
    assert world.judge("environment_set", function=OPTIMIZED, variables={"TOKEN": ""}).status == "passed"
    with pytest.raises(NotGradedError, match="the value of TOKEN looked secret and was not recorded"):
        world.judge("environment_set", function=OPTIMIZED, variables={"TOKEN": "http"})


def test_the_command_keeps_the_other_variables_without_their_values() -> None:
    world = perfect().configure(OPTIMIZED, Environment={"Variables": {"STAGE": "blue"}})
    verdict = world.judge(
        "environment_set", function=OPTIMIZED, variables={"GITHUB_API_URL": "http"}, example="https://api.github.com"
    )
    assert verdict.hint == (
        f"aws lambda update-function-configuration --function-name {OPTIMIZED} --environment "
        '\'{"Variables": {"GITHUB_API_URL": "https://api.github.com", "STAGE": "KEEP-ITS-VALUE"}}\''
    )
    assert "blue" not in f"{verdict.observed}{verdict.message}"


def test_each_variable_is_worth_the_same() -> None:
    verdict = perfect().judge("environment_set", function=OPTIMIZED, variables={"GITHUB_API_URL": "", "STAGE": ""})
    assert (verdict.status, verdict.fraction, verdict.message) == ("partial", 0.5, f"{OPTIMIZED}: STAGE is not set.")


def test_fails_when_the_function_does_not_exist() -> None:
    verdict = World().judge("environment_set", function=OPTIMIZED, variables={"A": ""})
    assert (verdict.status, verdict.message) == ("failed", f"There is no function {OPTIMIZED}.")


@pytest.mark.parametrize(("length", "status"), [(4096, "passed"), (4097, "failed")])
@pytest.mark.parametrize("letter", ["a", "é"])
def test_an_environment_above_4_kb_fails(length: int, status: str, letter: str) -> None:
    value = letter * ((length - 1) // len(letter.encode()))
    rest = "b" * (length - len(f"A{value}".encode()))
    verdict = with_variables(A=value + rest).judge("environment_set", function=FUNCTION, variables={"A": ""})
    assert verdict.status == status
    if status == "failed":
        assert verdict.message == (
            f"The environment variables of {FUNCTION} are 4097 bytes together. AWS accepts at most 4096 bytes."
        )
        assert verdict.observed == "4097 bytes"


def test_a_value_that_was_not_recorded_has_no_size() -> None:
    world = with_variables(A="a" * 4089, SECRET=REDACTED)
    assert world.judge("environment_set", function=FUNCTION, variables={"A": ""}).status == "passed"
