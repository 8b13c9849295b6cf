"""function_configured, memory_is_set, function_can_run, environment_set, runtime_supported."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.errors import NotGradedError
from tests.checks.world import BASELINE, ERRORS, OPTIMIZED, World, perfect

WANTED: dict[str, Any] = {
    "function": BASELINE,
    "runtime": "python",
    "handler": "baseline_function.lambda_handler",
    "timeout_s": 30,
    "memory_mb": 128,
}


@pytest.mark.parametrize("runtime", ["python3.9", "python3.13", "python3.14"])
def test_any_python_runtime_is_right(runtime: str) -> None:
    verdict = perfect().configure(BASELINE, Runtime=runtime).judge("function_configured", **WANTED)
    assert (verdict.status, verdict.fraction, verdict.message) == ("passed", 1.0, "")


@pytest.mark.parametrize(
    ("settings", "fraction", "says", "options"),
    [
        ({"MemorySize": 256}, 0.8, "the memory is 256 MB instead of 128 MB", "--memory-size 128"),
        ({"Timeout": 3}, 0.8, "the timeout is 3 s instead of 30 s", "--timeout 30"),
        (
            {"Handler": "lambda_function.lambda_handler"},
            0.8,
            "the handler is lambda_function.lambda_handler instead of baseline_function.lambda_handler",
            "--handler baseline_function.lambda_handler",
        ),
        ({"Runtime": "nodejs22.x"}, 0.8, "the runtime is nodejs22.x instead of a Python one", "--runtime python3.13"),
        (
            {"MemorySize": 127, "Timeout": 31},
            0.6,
            "the timeout is 31 s instead of 30 s, the memory is 127 MB instead of 128 MB",
            "--timeout 30 --memory-size 128",
        ),
        ({"MemorySize": None}, 0.8, "the memory is unknown instead of 128 MB", "--memory-size 128"),
    ],
)
def test_each_wrong_setting_costs_a_fifth(settings: dict[str, Any], fraction: float, says: str, options: str) -> None:
    verdict = perfect().configure(BASELINE, **settings).judge("function_configured", **WANTED)
    assert (verdict.status, verdict.fraction) == ("partial", fraction)
    assert verdict.message == f"{BASELINE}: {says}."
    assert verdict.hint == f"aws lambda update-function-configuration --function-name {BASELINE} {options}"


def test_a_missing_function_comes_with_the_command_that_creates_it() -> None:
    verdict = World().judge("function_configured", **WANTED)
    assert verdict.status == "failed"
    assert verdict.message == "There is no function user1-baseline-function."
    assert verdict.hint == (
        "aws lambda create-function --function-name user1-baseline-function --runtime python3.13 "
        "--handler baseline_function.lambda_handler --timeout 30 --memory-size 128 "
        "--role arn:aws:iam::123456789012:role/LabRole --zip-file fileb://PACKAGE.zip"
    )
    bare = World().judge("function_configured", function="user1-x", runtime="python")
    assert (
        "--runtime python3.13 --handler lambda_function.lambda_handler --role" in bare.hint
    )  # a zip package needs one


def test_a_role_of_the_function_s_own_is_made_first() -> None:
    verdict = World().judge("function_configured", function="user1-x", runtime="python", role="user1-x-role")
    assert verdict.hint.splitlines() == [
        "aws iam create-role --role-name user1-x-role --assume-role-policy-document "
        '\'{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": '
        '"lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}\'  # unless it is there',
        "aws iam attach-role-policy --role-name user1-x-role "
        "--policy-arn arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
        "aws lambda create-function --function-name user1-x --runtime python3.13 "
        "--handler lambda_function.lambda_handler --role arn:aws:iam::123456789012:role/user1-x-role "
        "--zip-file fileb://PACKAGE.zip",
    ]


@pytest.mark.parametrize(("qualifier", "alias"), [("prod", "prod"), ("1", "ALIAS")])
def test_a_version_that_is_mended_is_served_by_its_alias(qualifier: str, alias: str) -> None:
    world = World().function("user1-x").version("user1-x", 1, MemorySize=128).alias("user1-x", "prod", "1")
    verdict = world.judge("function_configured", function="user1-x", memory_mb=256, qualifiers=[qualifier])
    assert verdict.message == "user1-x, version 1: the memory is 128 MB instead of 256 MB."
    assert verdict.hint.splitlines()[-1] == (
        f"aws lambda update-alias --function-name user1-x --name {alias} --function-version N"
        "  # the number that publish-version printed"
    )


@pytest.mark.parametrize("near", ["User1-Baseline-Function", "user1_baseline_function", "user1-baseline-funtion"])
def test_a_name_that_comes_near_is_said(near: str) -> None:
    verdict = World().function(near).judge("function_configured", **WANTED)
    assert verdict.message == (
        f"There is no function user1-baseline-function, but there is {near}: a name must match exactly."
    )


def test_a_container_image_exists_and_that_is_all() -> None:
    verdict = World().function(BASELINE, PackageType="Image").judge("function_configured", **WANTED)
    assert (verdict.status, verdict.fraction) == ("partial", 0.2)
    assert verdict.message == "user1-baseline-function is a container image; the lab deploys a zip package."


def test_a_function_with_everything_wrong_still_exists() -> None:
    world = World().function(BASELINE, Runtime="go1.x", Handler="x", Timeout=1, MemorySize=1024)
    assert world.judge("function_configured", **WANTED).fraction == 0.2


@pytest.mark.parametrize(("memory", "status"), [(511, "failed"), (512, "passed"), (513, "failed")])
def test_memory(memory: int, status: str) -> None:
    verdict = (
        perfect().configure(OPTIMIZED, MemorySize=memory).judge("memory_is_set", function=OPTIMIZED, memory_mb=512)
    )
    assert verdict.status == status
    if status == "failed":
        assert verdict.message == f"{OPTIMIZED} has {memory} MB of memory instead of 512 MB."
        assert verdict.hint == f"aws lambda update-function-configuration --function-name {OPTIMIZED} --memory-size 512"


def test_memory_of_a_missing_function() -> None:
    verdict = World().judge("memory_is_set", function=OPTIMIZED, memory_mb=512)
    assert verdict.message == f"There is no function {OPTIMIZED}."


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"State": "Failed", "StateReason": "The role cannot be assumed"},
            f"AWS could not set {OPTIMIZED} up: The role cannot be assumed.",
        ),
        ({"LastUpdateStatus": "Failed"}, f"The last update of {OPTIMIZED} failed."),
    ],
)
def test_a_function_that_cannot_run_says_why(settings: dict[str, str], message: str) -> None:
    verdict = perfect().configure(OPTIMIZED, **settings).judge("function_can_run", function=OPTIMIZED)
    assert (verdict.status, verdict.message) == ("failed", message)


def test_a_function_that_is_being_set_up_is_not_graded() -> None:
    world = perfect().configure(OPTIMIZED, State="Pending", StateReason="The function is being created.")
    with pytest.raises(NotGradedError, match="was still being set up when it was graded"):
        world.judge("function_can_run", function=OPTIMIZED)


def test_a_function_that_sleeps_can_be_woken() -> None:
    verdict = perfect().configure(OPTIMIZED, State="Inactive").judge("function_can_run", function=OPTIMIZED)
    assert (verdict.status, verdict.message) == (
        "passed",
        "It sleeps (state Inactive): nobody called it for weeks. The first call wakes it.",
    )


@pytest.mark.parametrize(("reserved", "status"), [(0, "failed"), (1, "passed"), (None, "passed")])
def test_reserved_0_switches_a_function_off(reserved: int | None, status: str) -> None:
    verdict = World().function(OPTIMIZED, reserved=reserved).judge("function_can_run", function=OPTIMIZED)
    assert verdict.status == status
    if reserved == 0:
        assert verdict.message == (
            f"The reserved concurrency of {OPTIMIZED} is 0, which switches it off: every call is refused."
        )


def test_a_list_without_state_is_taken_as_it_is() -> None:
    assert World().function(OPTIMIZED, State="").judge("function_can_run", function=OPTIMIZED).status == "passed"
    assert World().judge("function_can_run", function=OPTIMIZED).message == f"There is no function {OPTIMIZED}."


@pytest.mark.parametrize(
    ("variables", "status", "message"),
    [
        ({"GITHUB_API_URL": "https://api.github.com"}, "passed", ""),
        ({}, "failed", f"{OPTIMIZED}: GITHUB_API_URL is not set."),
        (
            {"github_api_url": "https://api.github.com"},
            "failed",
            f"{OPTIMIZED}: GITHUB_API_URL is not set (there is github_api_url).",
        ),
        (
            {"GITHUB_API_URL": "=1+1"},
            "failed",
            f"{OPTIMIZED}: GITHUB_API_URL is “=1+1”, which does not begin with http.",
        ),
        (
            {"GITHUB_API_URL": " "},
            "failed",
            f"{OPTIMIZED}: GITHUB_API_URL is “ ”, which does not begin with http.",
        ),
    ],
)
def test_environment(variables: dict[str, str], status: str, message: str) -> None:
    world = perfect().configure(OPTIMIZED, Environment={"Variables": variables})
    verdict = world.judge("environment_set", function=OPTIMIZED, variables={"GITHUB_API_URL": "http"})
    assert (verdict.status, verdict.message) == (status, message)


def test_a_value_that_was_not_recorded_is_not_graded_where_it_matters() -> None:
    world = perfect().configure(OPTIMIZED, Environment={"Variables": {"TOKEN": "[redacted]"}})
    assert world.judge("environment_set", function=OPTIMIZED, variables={"TOKEN": ""}).status == "passed"
    with pytest.raises(NotGradedError, match="the value of TOKEN looked secret and was not recorded"):
        world.judge("environment_set", function=OPTIMIZED, variables={"TOKEN": "http"})


def test_the_environment_command_keeps_the_other_variables_and_shows_no_value_of_theirs() -> None:
    world = perfect().configure(OPTIMIZED, Environment={"Variables": {"STAGE": "blue"}})
    verdict = world.judge(
        "environment_set", function=OPTIMIZED, variables={"GITHUB_API_URL": "http"}, example="https://api.github.com"
    )
    assert verdict.hint == (
        f"aws lambda update-function-configuration --function-name {OPTIMIZED} --environment "
        '\'{"Variables": {"GITHUB_API_URL": "https://api.github.com", "STAGE": "KEEP-ITS-VALUE"}}\''
    )
    assert "blue" not in f"{verdict.observed}{verdict.message}"


def test_half_of_two_variables_is_half() -> None:
    verdict = perfect().judge("environment_set", function=OPTIMIZED, variables={"GITHUB_API_URL": "", "STAGE": ""})
    assert (verdict.status, verdict.fraction) == ("partial", 0.5)
    assert World().judge("environment_set", function=OPTIMIZED, variables={"A": ""}).status == "failed"


def test_old_runtimes_are_named_once() -> None:
    parameters = {
        "functions": [BASELINE, OPTIMIZED, ERRORS, "user1-missing"],
        "deprecated": ["python3.8", "python3.9"],
        "newer": "python3.13",
    }
    assert perfect().judge("runtime_supported", **parameters).status == "passed"
    world = perfect().configure(BASELINE, Runtime="python3.9").configure(ERRORS, Runtime="python3.9")
    verdict = world.judge("runtime_supported", **parameters)
    assert verdict.message == (
        f"{BASELINE} and {ERRORS} run on python3.9, which AWS no longer supports: it gets no fixes, and new functions "
        "may be refused. python3.13 does the same."
    )
    assert verdict.hint.splitlines()[1] == (
        f"aws lambda update-function-configuration --function-name {ERRORS} --runtime python3.13"
    )
