"""role_has_policies: the role exists, trusts the service, has its managed policies, and is the function's."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.world import ACCOUNT, World

FUNCTION = "user1-f"
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
ROLE: dict[str, Any] = {"role": "user1-role", "policies": ["AWSLambdaBasicExecutionRole"], "function": FUNCTION}


def with_role(*attached: str, used: str = "user1-role", **settings: Any) -> World:
    world = World().role("user1-role", *attached, **settings)
    return world.function(FUNCTION, Role=f"arn:aws:iam::{ACCOUNT}:role/{used}")


def test_passes_with_more_policies() -> None:
    verdict = with_role(BASIC, "arn:aws:iam::aws:policy/AmazonS3FullAccess").judge("role_has_policies", **ROLE)
    assert (verdict.status, verdict.observed) == (
        "passed",
        "AWSLambdaBasicExecutionRole and AmazonS3FullAccess attached",
    )


@pytest.mark.parametrize(
    ("world", "fraction", "says", "hint"),
    [
        (
            with_role(),
            0.75,
            "does not have the policy AWSLambdaBasicExecutionRole",
            f"aws iam attach-role-policy --role-name user1-role --policy-arn {BASIC}",
        ),
        (
            with_role(BASIC, used="LabRole"),
            0.75,
            f"is not the role of {FUNCTION}, which uses LabRole",
            f"aws lambda update-function-configuration --function-name {FUNCTION} "
            f"--role arn:aws:iam::{ACCOUNT}:role/user1-role",
        ),
        (
            with_role(BASIC, trusts="ec2.amazonaws.com"),
            0.75,
            "cannot be assumed by lambda.amazonaws.com",
            "aws iam update-assume-role-policy --role-name user1-role --policy-document "
            '\'{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", '
            '"Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}\'',
        ),
    ],
)
def test_each_part_is_worth_the_same(world: World, fraction: float, says: str, hint: str) -> None:
    verdict = world.judge("role_has_policies", **ROLE)
    assert (verdict.status, verdict.fraction) == ("partial", fraction)
    assert (verdict.message, verdict.hint) == (f"The role user1-role {says}.", hint)


def test_fails_when_the_role_does_not_exist() -> None:
    world = World().function(FUNCTION, Role=f"arn:aws:iam::{ACCOUNT}:role/LabRole")
    verdict = world.say("iam:GetRole", None, RoleName="user1-role").judge("role_has_policies", **ROLE)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"There is no role user1-role. The execution role of {FUNCTION} is LabRole.",
    )
    assert [line.split(" --")[0] for line in verdict.hint.splitlines()] == [
        "aws iam create-role",
        "aws iam attach-role-policy",
        "aws lambda update-function-configuration",
    ]
    assert verdict.hint.splitlines()[-1] == (
        f"aws lambda update-function-configuration --function-name {FUNCTION} "
        f"--role arn:aws:iam::{ACCOUNT}:role/user1-role"
    )


def test_the_commands_only_create_the_role_without_the_function() -> None:
    verdict = World().say("iam:GetRole", None, RoleName="user1-role").judge("role_has_policies", **ROLE)
    assert verdict.message == "There is no role user1-role."
    assert [line.split(" --")[0] for line in verdict.hint.splitlines()] == [
        "aws iam create-role",
        "aws iam attach-role-policy",
    ]


def test_judges_the_functions_role_when_none_is_named() -> None:
    wanted = {"policies": ["AmazonS3FullAccess"], "function": FUNCTION}
    verdict = with_role(BASIC).judge("role_has_policies", **wanted)
    assert (verdict.fraction, verdict.message) == (
        2 / 3,
        "The role user1-role does not have the policy AmazonS3FullAccess.",
    )
    assert verdict.hint == (
        "aws iam attach-role-policy --role-name user1-role --policy-arn arn:aws:iam::aws:policy/AmazonS3FullAccess"
    )
    assert World().judge("role_has_policies", **wanted).message == f"There is no function {FUNCTION}."


def test_judges_the_role_when_the_function_does_not_exist() -> None:
    verdict = World().role("user1-role", BASIC).judge("role_has_policies", **ROLE)
    assert (verdict.fraction, verdict.message) == (
        0.75,
        f"The role user1-role is not in use, because there is no function {FUNCTION}.",
    )


def test_joins_everything_that_is_wrong_with_the_role() -> None:
    verdict = with_role(used="LabRole", trusts="ec2.amazonaws.com").judge("role_has_policies", **ROLE)
    assert (verdict.fraction, verdict.message) == (
        0.25,
        "The role user1-role cannot be assumed by lambda.amazonaws.com; it does not have the policy "
        f"AWSLambdaBasicExecutionRole; it is not the role of {FUNCTION}, which uses LabRole.",
    )
