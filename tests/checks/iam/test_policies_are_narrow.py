"""policies_are_narrow: advice on roles that allow far more than a function needs."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.errors import NotGradedError
from tests.checks.two_functions import HOSTILE, advise, two_functions, words
from tests.checks.world import ACCOUNT, World

S3_FULL = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
OWN = f"arn:aws:iam::{ACCOUNT}:policy/user1-own"


def in_role(name: str = "user1-role") -> World:
    return two_functions(Role=f"arn:aws:iam::{ACCOUNT}:role/service-role/{name}")


def allow(actions: Any, resources: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def test_names_the_managed_policy_that_allows_a_whole_service() -> None:
    verdict = advise(
        in_role().role("user1-role", BASIC, S3_FULL),
        "policies_are_narrow",
        actions=["s3:GetObject", "s3:PutObject"],
        resource="arn:aws:s3:::user1-bucket/*",
        explanation="The handout attaches it to learn with.",
    )
    assert verdict.message == (
        "The role user1-role (AmazonS3FullAccess) allows far more than the function needs. A bug in the code or in an "
        "imported package could use all of these permissions. The handout attaches it to learn with."
    )
    assert verdict.hint == (
        "aws iam put-role-policy --role-name user1-role --policy-name only-what-is-needed --policy-document "
        '\'{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], '
        '"Resource": "arn:aws:s3:::user1-bucket/*"}]}\'\n'
        f"aws iam detach-role-policy --role-name user1-role --policy-arn {S3_FULL}"
    )


@pytest.mark.parametrize(
    "resource", ["arn:aws:s3:::*", "arn:aws:dynamodb:*:*:*", f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:*"]
)
def test_a_resource_that_covers_a_whole_service_is_no_limit(resource: str) -> None:
    world = in_role().role("user1-role", inline={"all": [allow("s3:*", resource)]})
    assert "user1-role (all with s3:*) allows far more" in advise(world, "policies_are_narrow").message
    world = in_role().role("user1-role", inline={"one": [allow("s3:*", resource.replace("*", "user1-x", 9))]})
    assert advise(world, "policies_are_narrow").status == "passed"


def test_names_wildcards_in_inline_and_customer_policies() -> None:
    world = in_role().role("user1-role", OWN, inline={HOSTILE: [allow(["s3:*", "s3:GetObject"]), allow("*")]})
    world.say("labgrader:ReadManagedPolicy", {"Statement": [allow("dynamodb:*")]}, PolicyArn=OWN)
    verdict = advise(world, "policies_are_narrow")
    assert verdict.message.startswith(
        f"The role user1-role (user1-own with dynamodb:* and {HOSTILE} with s3:* and *) allows far more than "
    )
    put, detach, delete = verdict.hint.splitlines()
    assert '"Action": ["SERVICE:ACTION"], "Resource": "ARN"' in put
    assert words(detach)[-1] == OWN
    assert delete.startswith("aws iam delete-role-policy --role-name user1-role --policy-name ")
    assert words(delete)[-1] == HOSTILE


@pytest.mark.parametrize(
    "entry",
    [
        allow("logs:*"),
        allow(["logs:CreateLogGroup", "logs:*"], "arn:aws:logs:*:*:*"),
        allow("xray:*"),
        allow("s3:*", "arn:aws:s3:::user1-bucket/*"),
        allow("s3:GetObject"),
        allow("s3:Get*"),
        allow("s3:*", Condition={"StringEquals": {"aws:ResourceTag/owner": "user1"}}),
        {**allow("*"), "Effect": "Deny"},
        {},
    ],
)
def test_passes_with_narrow_statements(entry: dict[str, Any]) -> None:
    world = in_role().role("user1-role", BASIC, inline={"p": [entry]})
    assert advise(world, "policies_are_narrow").status == "passed"


@pytest.mark.parametrize("name", ["AdministratorAccess", "PowerUserAccess", "AWSLambda_FullAccess"])
def test_knows_other_broad_policies_of_aws(name: str) -> None:
    arn = f"arn:aws:iam::aws:policy/{name}"
    assert advise(in_role().role("user1-role", arn), "policies_are_narrow").observed == name


def test_ignores_roles_that_are_not_the_students() -> None:
    assert advise(in_role("LabRole").role("LabRole", S3_FULL), "policies_are_narrow").status == "passed"
    assert advise(in_role("user10-role").role("user10-role", S3_FULL), "policies_are_narrow").status == "passed"


def test_a_role_that_is_missing_or_cannot_be_read() -> None:
    gone = in_role().say("iam:GetRole", None, RoleName="user1-role")
    assert advise(gone, "policies_are_narrow").status == "passed"
    unread = in_role().role("user1-role", OWN).say("labgrader:ReadManagedPolicy", None, PolicyArn=OWN)
    assert advise(unread, "policies_are_narrow").status == "passed"
    world = in_role()
    world.refused["lambda:GetFunction"] = "AccessDeniedException"
    with pytest.raises(NotGradedError):
        advise(world, "policies_are_narrow")


def test_gives_no_advice_without_functions_or_roles() -> None:
    assert advise(World(), "policies_are_narrow").status == "passed"
    assert advise(two_functions(), "policies_are_narrow").status == "passed"
