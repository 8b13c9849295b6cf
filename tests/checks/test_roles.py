"""function_runs_as, role_grants, actions_exist."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.errors import NotGradedError
from tests.checks.world import ACCOUNT, World, function_arn

PROCESSOR = "user1-s3-object-processor"
ROLE = "user1-S3ProcessorLambdaRole"
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
RUNS: dict[str, Any] = {"function": PROCESSOR, "role": ROLE}
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
HEAD: dict[str, Any] = {"functions": [PROCESSOR], "mistaken": {"s3:HeadObject": "s3:GetObject"}}
OBJECTS = "arn:aws:s3:::user1-upload-bucket/*"


def arn(role: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{role}"


def allow(actions: Any = "s3:GetObject", resource: Any = OBJECTS, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}


def deny(actions: Any = "s3:GetObject", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {**allow(actions, resource, **more), "Effect": "Deny"}


def built(*attached: str, inline: Any = None, role: str = ROLE, trusts: str = "lambda.amazonaws.com") -> World:
    """A processor with a role, and a bucket that calls it."""
    notification = {"LambdaFunctionArn": function_arn(PROCESSOR), "Events": ["s3:ObjectCreated:*"]}
    world = (
        World().function(PROCESSOR, Role=arn(role)).bucket("user1-other").bucket("user1-upload-bucket", notification)
    )
    return world.role(role, *attached, inline=inline or {}, trusts=trusts)


# --- function_runs_as -------------------------------------------------------------------------------------------------


def test_a_function_under_its_own_role_passes() -> None:
    verdict = built().judge("function_runs_as", **RUNS)
    assert (verdict.status, verdict.observed) == ("passed", f"role {ROLE}, which trusts lambda.amazonaws.com")
    path = built().configure(PROCESSOR, Role=f"arn:aws:iam::{ACCOUNT}:role/service-role/{ROLE}")
    assert path.judge("function_runs_as", **RUNS).status == "passed"


def test_another_role_is_half_and_the_wanted_one_is_made_where_it_is_not_there() -> None:
    world = built(role="LabRole").say("iam:GetRole", None, RoleName=ROLE)
    verdict = world.judge("function_runs_as", **RUNS)
    assert (verdict.status, verdict.fraction) == ("partial", 0.5)
    assert verdict.message == f"{PROCESSOR}: it runs as LabRole instead of {ROLE}, which does not exist."
    create, use = verdict.hint.splitlines()
    assert create.startswith(f"aws iam create-role --role-name {ROLE} --assume-role-policy-document '{{")
    assert use == f"aws lambda update-function-configuration --function-name {PROCESSOR} --role {arn(ROLE)}"
    verdict = built(role="LabRole").role(ROLE).judge("function_runs_as", **RUNS)
    assert verdict.message == f"{PROCESSOR}: it runs as LabRole instead of {ROLE}."
    assert verdict.hint == use


def test_a_role_for_another_service_is_half() -> None:
    verdict = built(trusts="ec2.amazonaws.com").judge("function_runs_as", **RUNS)
    assert (verdict.fraction, verdict.message) == (
        0.5,
        f"{PROCESSOR}: the role {ROLE} cannot be taken on by lambda.amazonaws.com.",
    )
    assert verdict.hint.startswith(f"aws iam update-assume-role-policy --role-name {ROLE} --policy-document '{{")


def test_a_role_that_was_deleted_is_nothing() -> None:
    world = built().say("iam:GetRole", None, RoleName=ROLE)
    verdict = world.judge("function_runs_as", **RUNS)
    assert (verdict.status, verdict.message) == ("failed", f"{PROCESSOR}: its role {ROLE} does not exist any more.")


def test_a_role_of_somebody_else_that_is_gone_is_nothing() -> None:
    world = built(role="x").say("iam:GetRole", None, RoleName="x").say("iam:GetRole", None, RoleName=ROLE)
    verdict = world.judge("function_runs_as", **RUNS)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{PROCESSOR}: it runs as x instead of {ROLE}, which does not exist.",
    )


@pytest.mark.parametrize("check", ["function_runs_as", "role_grants"])
def test_without_the_function_no_role_is_asked_for(check: str) -> None:
    verdict = World().judge(check, **(RUNS if check == "function_runs_as" else READS))
    assert (verdict.status, verdict.message) == ("failed", f"There is no function {PROCESSOR}.")


# --- role_grants ------------------------------------------------------------------------------------------------------


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
def test_an_inline_policy_grants_however_wide_it_is(statement: Any) -> None:
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
def test_what_does_not_let_it_read_is_nothing(statement: Any) -> None:
    verdict = built(inline={"S3AccessPolicy": [statement]}).judge("role_grants", **READS)
    denied = ": its policy S3AccessPolicy denies it" if statement["Effect"] == "Deny" else ""
    assert (verdict.status, verdict.message) == (
        "failed",
        f"The role {ROLE} of {PROCESSOR} does not allow s3:GetObject on the objects of its bucket{denied}.",
    )
    assert verdict.hint == (
        f"aws iam put-role-policy --role-name {ROLE} --policy-name S3AccessPolicy --policy-document "
        """'{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], """
        f'"Resource": "{OBJECTS}"}}]}}\''
    )


def test_a_denial_outweighs_what_is_allowed_unless_it_has_conditions() -> None:
    inline = {"A": [allow()], "B": [deny("s3:*")]}
    verdict = built(inline=inline).judge("role_grants", **READS)
    assert verdict.message.endswith("on the objects of its bucket: its policy B denies it.")
    inline["B"] = [deny("s3:*", Condition={"Bool": {"aws:SecureTransport": "false"}})]
    assert built(inline=inline).judge("role_grants", **READS).status == "passed"
    inline["B"] = [{"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}]
    assert built(inline=inline).judge("role_grants", **READS).status == "passed"


@pytest.mark.parametrize("policy", ["AmazonS3ReadOnlyAccess", "AmazonS3FullAccess", "AdministratorAccess"])
def test_aws_own_policies_are_known(policy: str) -> None:
    assert built(f"arn:aws:iam::aws:policy/{policy}").judge("role_grants", **READS).status == "passed"


def test_a_policy_of_ones_own_is_read() -> None:
    own = f"arn:aws:iam::{ACCOUNT}:policy/user1-s3"
    world = built(own).say("labgrader:ReadManagedPolicy", {"Statement": [allow()]}, PolicyArn=own)
    assert world.judge("role_grants", **READS).status == "passed"
    world = built(own).say("labgrader:ReadManagedPolicy", {"Statement": []}, PolicyArn=own)
    assert world.judge("role_grants", **READS).status == "failed"


def test_a_policy_that_cannot_be_read_is_no_students_fault() -> None:
    own = f"arn:aws:iam::{ACCOUNT}:policy/user1-s3"
    world = built(own).say("labgrader:ReadManagedPolicy", None, PolicyArn=own)
    with pytest.raises(NotGradedError, match="the policy user1-s3 of user1-S3ProcessorLambdaRole could not be read"):
        world.judge("role_grants", **READS)
    world = built(own, inline={"A": [allow()]}).say("labgrader:ReadManagedPolicy", None, PolicyArn=own)
    assert world.judge("role_grants", **READS).status == "passed"


def test_without_a_bucket_the_policy_may_name_any_of_the_students() -> None:
    for resource, status in ((OBJECTS, "passed"), ("arn:aws:s3:::my-upload-bucket/*", "failed")):
        world = World().function(PROCESSOR, Role=arn(ROLE)).role(ROLE, inline={"A": [allow(resource=resource)]})
        assert world.judge("role_grants", **READS).status == status


def test_a_bucket_that_calls_nothing_counts_where_none_calls() -> None:
    world = (
        World().function(PROCESSOR, Role=arn(ROLE)).bucket("user1-upload-bucket").role(ROLE, inline={"A": [allow()]})
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


def test_a_role_that_is_gone_grants_nothing() -> None:
    world = built().say("iam:GetRole", None, RoleName=ROLE)
    verdict = world.judge("role_grants", **READS)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{PROCESSOR} runs as {ROLE}, which does not exist any more: nothing is allowed to it.",
    )


# --- actions_exist ----------------------------------------------------------------------------------------------------


def test_an_action_that_does_not_exist_is_named() -> None:
    world = built(inline={"S3AccessPolicy": [allow(["s3:GetObject", "S3:headobject"])]})
    verdict = world.judge("actions_exist", **HEAD, explanation="The hand-out's mistake.")
    assert verdict.message == (
        f"The policy S3AccessPolicy of {ROLE} names s3:HeadObject: s3:HeadObject is no action of IAM, what it stands "
        "for needs s3:GetObject. It does no harm, and no good. The hand-out's mistake."
    )
    assert verdict.hint.startswith(f"aws iam put-role-policy --role-name {ROLE} --policy-name S3AccessPolicy ")


@pytest.mark.parametrize(
    "world",
    [
        World(),
        built(inline={"S3AccessPolicy": [allow("s3:Head*")]}),
        built().say("iam:GetRole", None, RoleName=ROLE),
    ],
)
def test_there_is_no_advice_where_nothing_is_wrong(world: World) -> None:
    assert world.judge("actions_exist", **HEAD).status == "passed"


def test_a_hostile_role_stays_one_word_of_a_command() -> None:
    verdict = built(role="x'; reboot #", inline={"$(a)": [allow("s3:HeadObject")]}).judge("actions_exist", **HEAD)
    assert """--role-name 'x'"'"'; reboot #' --policy-name '$(a)'""" in verdict.hint
