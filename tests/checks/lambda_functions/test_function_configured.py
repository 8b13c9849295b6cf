"""function_configured: the function exists with its settings."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.world import BASELINE, World, perfect

WANTED: dict[str, Any] = {
    "function": BASELINE,
    "runtime": "python",
    "handler": "baseline_function.lambda_handler",
    "timeout_s": 30,
    "memory_mb": 128,
}


@pytest.mark.parametrize("runtime", ["python3.9", "python3.13", "python3.14"])
def test_passes_with_any_python_runtime(runtime: str) -> None:
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


def test_fails_when_the_function_does_not_exist() -> None:
    verdict = World().judge("function_configured", **WANTED)
    assert verdict.status == "failed"
    assert verdict.message == "There is no function user1-baseline-function."
    assert verdict.hint == (
        "aws lambda create-function --function-name user1-baseline-function --runtime python3.13 "
        "--handler baseline_function.lambda_handler --timeout 30 --memory-size 128 "
        "--role arn:aws:iam::123456789012:role/LabRole --zip-file fileb://PACKAGE.zip"
    )
    bare = World().judge("function_configured", function="user1-x", runtime="python")
    assert "--runtime python3.13 --handler lambda_function.lambda_handler --role" in bare.hint  # a .zip file needs one


def test_the_commands_create_the_role_first() -> None:
    verdict = World().judge("function_configured", function="user1-x", runtime="python", role="user1-x-role")
    assert verdict.hint.splitlines() == [
        "aws iam create-role --role-name user1-x-role --assume-role-policy-document "
        '\'{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": '
        '"lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}\'  # skip this if the role exists',
        "aws iam attach-role-policy --role-name user1-x-role "
        "--policy-arn arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
        "aws lambda create-function --function-name user1-x --runtime python3.13 "
        "--handler lambda_function.lambda_handler --role arn:aws:iam::123456789012:role/user1-x-role "
        "--zip-file fileb://PACKAGE.zip",
    ]


@pytest.mark.parametrize(("qualifier", "alias"), [("prod", "prod"), ("1", "ALIAS")])
def test_the_commands_move_the_alias_to_the_new_version(qualifier: str, alias: str) -> None:
    world = World().function("user1-x").version("user1-x", 1, MemorySize=128).alias("user1-x", "prod", "1")
    verdict = world.judge("function_configured", function="user1-x", memory_mb=256, qualifiers=[qualifier])
    assert verdict.message == "user1-x, version 1: the memory is 128 MB instead of 256 MB."
    assert verdict.hint.splitlines()[-1] == (
        f"aws lambda update-alias --function-name user1-x --name {alias} --function-version N"
        "  # the number that publish-version printed"
    )


@pytest.mark.parametrize("near", ["User1-Baseline-Function", "user1_baseline_function", "user1-baseline-funtion"])
def test_names_a_function_with_a_similar_name(near: str) -> None:
    verdict = World().function(near).judge("function_configured", **WANTED)
    assert verdict.message == (
        f"There is no function user1-baseline-function, but there is {near}: a name must match exactly."
    )


def test_a_container_image_earns_a_fifth() -> None:
    verdict = World().function(BASELINE, PackageType="Image").judge("function_configured", **WANTED)
    assert (verdict.status, verdict.fraction) == ("partial", 0.2)
    assert verdict.message == "user1-baseline-function is a container image, but the lab deploys a .zip file."


def test_a_function_with_every_setting_wrong_earns_a_fifth() -> None:
    world = World().function(BASELINE, Runtime="go1.x", Handler="x", Timeout=1, MemorySize=1024)
    assert world.judge("function_configured", **WANTED).fraction == 0.2
