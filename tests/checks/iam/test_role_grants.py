"""role_grants: the policies of the function's role allow the actions on the resource."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.errors import NotGradedError
from tests.checks.iam.samples import OBJECTS, PROCESSOR, ROLE, allow, built, role_arn
from tests.checks.world import ACCOUNT, World

BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
READS: dict[str, Any] = {
    "function": PROCESSOR,
    "actions": ["s3:GetObject"],
    "resource": "arn:aws:s3:::{bucket}/uploads/test.json",
    "what": "the objects of its bucket",
    "policy_name": "S3AccessPolicy",
}
LOGS: dict[str, Any] = {
    "function": PROCESSOR,
    "actions": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
    "resource": f"arn:aws:logs:eu-central-1:{ACCOUNT}:log-group:/aws/lambda/{PROCESSOR}:log-stream:any",
    "what": "its log group",
    "managed_policy": BASIC,
}


def deny(actions: Any = "s3:GetObject", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {**allow(actions, resource, **more), "Effect": "Deny"}


def test_fails_when_the_function_does_not_exist() -> None:
    verdict = World().judge("role_grants", **READS)
    assert (verdict.status, verdict.message) == ("failed", f"There is no function {PROCESSOR}.")


@pytest.mark.parametrize(
    "statement",
    [
        allow(),
        allow(["s3:GetObject", "s3:HeadObject"]),
        allow("s3:Get*"),
        allow("S3:getobject"),
        allow("*", "*"),
        allow(resource=["arn:aws:s3:::user1-other/*", OBJECTS]),
        allow(resource="arn:aws:s3:::user1-*/*"),
        allow(resource="arn:aws:s3:::user1-upload-bucket/uploads/*"),
        {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
    ],
)
def test_passes_with_every_inline_policy_that_grants_it(statement: Any) -> None:
    assert built(inline={"S3AccessPolicy": [statement]}).judge("role_grants", **READS).status == "passed"


@pytest.mark.parametrize(
    "statement",
    [
        allow("s3:HeadObject"),
        allow("s3:ListBucket"),
        allow(resource="arn:aws:s3:::user1-upload-bucket"),
        allow(resource="arn:aws:s3:::my-upload-bucket/*"),
        allow(resource="arn:aws:s3:::user1-other/*"),
        allow(resource="arn:aws:s3:::user1-upload-bucket/done/*"),
        deny(),
    ],
)
def test_fails_when_no_policy_grants_it(statement: Any) -> None:
    verdict = built(inline={"S3AccessPolicy": [statement]}).judge("role_grants", **READS)
    denied = ", because its policy S3AccessPolicy denies it" if statement["Effect"] == "Deny" else ""
    assert (verdict.status, verdict.message) == (
        "failed",
        f"The role {ROLE} of {PROCESSOR} does not allow s3:GetObject on the objects of its bucket{denied}.",
    )
    assert verdict.hint == (
        f"aws iam put-role-policy --role-name {ROLE} --policy-name S3AccessPolicy --policy-document "
        """'{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], """
        f'"Resource": "{OBJECTS}"}}]}}\''
    )


def test_a_denial_without_conditions_wins() -> None:
    inline = {"A": [allow()], "B": [deny("s3:*")]}
    verdict = built(inline=inline).judge("role_grants", **READS)
    assert verdict.message.endswith("on the objects of its bucket, because its policy B denies it.")
    inline["B"] = [deny("s3:*", Condition={"Bool": {"aws:SecureTransport": "false"}})]
    assert built(inline=inline).judge("role_grants", **READS).status == "passed"
    inline["B"] = [{"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}]
    assert built(inline=inline).judge("role_grants", **READS).status == "passed"


@pytest.mark.parametrize("policy", ["AmazonS3ReadOnlyAccess", "AmazonS3FullAccess", "AdministratorAccess"])
def test_knows_managed_policies_of_aws(policy: str) -> None:
    assert built(f"arn:aws:iam::aws:policy/{policy}").judge("role_grants", **READS).status == "passed"


def test_reads_customer_managed_policies() -> None:
    own = f"arn:aws:iam::{ACCOUNT}:policy/user1-s3"
    world = built(own).say("labgrader:ReadManagedPolicy", {"Statement": [allow()]}, PolicyArn=own)
    assert world.judge("role_grants", **READS).status == "passed"
    world = built(own).say("labgrader:ReadManagedPolicy", {"Statement": []}, PolicyArn=own)
    assert world.judge("role_grants", **READS).status == "failed"


def test_is_not_graded_when_a_policy_cannot_be_read() -> None:
    own = f"arn:aws:iam::{ACCOUNT}:policy/user1-s3"
    world = built(own).say("labgrader:ReadManagedPolicy", None, PolicyArn=own)
    with pytest.raises(NotGradedError, match="the policy user1-s3 of user1-S3ProcessorLambdaRole could not be read"):
        world.judge("role_grants", **READS)
    world = built(own, inline={"A": [allow()]}).say("labgrader:ReadManagedPolicy", None, PolicyArn=own)
    assert world.judge("role_grants", **READS).status == "passed"


def test_without_a_bucket_the_policy_may_name_any_bucket_of_the_student() -> None:
    for resource, status in ((OBJECTS, "passed"), ("arn:aws:s3:::my-upload-bucket/*", "failed")):
        world = World().function(PROCESSOR, Role=role_arn(ROLE)).role(ROLE, inline={"A": [allow(resource=resource)]})
        assert world.judge("role_grants", **READS).status == status


def test_a_bucket_without_a_trigger_counts_when_there_is_no_other() -> None:
    world = (
        World()
        .function(PROCESSOR, Role=role_arn(ROLE))
        .bucket("user1-upload-bucket")
        .role(ROLE, inline={"A": [allow()]})
    )
    assert world.judge("role_grants", **READS).status == "passed"


@pytest.mark.parametrize(
    ("attached", "inline"),
    [
        ([BASIC], {}),
        (["arn:aws:iam::aws:policy/AWSLambdaExecute"], {}),
        ([], {"logs": [allow(LOGS["actions"], "arn:aws:logs:*:*:*")]}),
        (
            [],
            {
                "a": [allow("logs:CreateLogGroup", f"arn:aws:logs:eu-central-1:{ACCOUNT}:*")],
                "b": [allow("logs:*", "*")],
            },
        ),
    ],
)
def test_logs_may_be_granted_in_any_way(attached: list[str], inline: Any) -> None:
    assert built(*attached, inline=inline).judge("role_grants", **LOGS).status == "passed"


def test_each_action_is_worth_the_same() -> None:
    verdict = built(inline={"logs": [allow("logs:Create*", "*")]}).judge("role_grants", **LOGS)
    assert (verdict.fraction, verdict.observed) == (2 / 3, "2 of 3 allowed")
    assert verdict.message == f"The role {ROLE} of {PROCESSOR} does not allow logs:PutLogEvents on its log group."
    assert verdict.hint == f"aws iam attach-role-policy --role-name {ROLE} --policy-arn {BASIC}"


def test_fails_when_the_role_was_deleted() -> None:
    world = built().say("iam:GetRole", None, RoleName=ROLE)
    verdict = world.judge("role_grants", **READS)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"The execution role {ROLE} of {PROCESSOR} does not exist, so the function has no permissions.",
    )
