"""function_runs_as: the function has its execution role, and the role trusts Lambda."""

from __future__ import annotations

from typing import Any

from tests.checks.iam.samples import PROCESSOR, ROLE, built, role_arn
from tests.checks.world import ACCOUNT, World

RUNS: dict[str, Any] = {"function": PROCESSOR, "role": ROLE}


def test_passes_when_the_function_has_its_execution_role() -> None:
    verdict = built().judge("function_runs_as", **RUNS)
    assert (verdict.status, verdict.observed) == ("passed", f"role {ROLE}, which trusts lambda.amazonaws.com")
    path = built().configure(PROCESSOR, Role=f"arn:aws:iam::{ACCOUNT}:role/service-role/{ROLE}")
    assert path.judge("function_runs_as", **RUNS).status == "passed"


def test_another_role_costs_half() -> None:
    world = built(role="LabRole").say("iam:GetRole", None, RoleName=ROLE)
    verdict = world.judge("function_runs_as", **RUNS)
    assert (verdict.status, verdict.fraction) == ("partial", 0.5)
    assert verdict.message == f"{PROCESSOR}: its execution role is LabRole instead of {ROLE}, which does not exist."
    create, use = verdict.hint.splitlines()
    assert create.startswith(f"aws iam create-role --role-name {ROLE} --assume-role-policy-document '{{")
    assert use == f"aws lambda update-function-configuration --function-name {PROCESSOR} --role {role_arn(ROLE)}"
    verdict = built(role="LabRole").role(ROLE).judge("function_runs_as", **RUNS)
    assert verdict.message == f"{PROCESSOR}: its execution role is LabRole instead of {ROLE}."
    assert verdict.hint == use


def test_a_role_for_another_service_costs_half() -> None:
    verdict = built(trusts="ec2.amazonaws.com").judge("function_runs_as", **RUNS)
    assert (verdict.fraction, verdict.message) == (
        0.5,
        f"{PROCESSOR}: the trust policy of the role {ROLE} does not allow lambda.amazonaws.com to assume it.",
    )
    assert verdict.hint.startswith(f"aws iam update-assume-role-policy --role-name {ROLE} --policy-document '{{")


def test_fails_when_the_role_was_deleted() -> None:
    world = built().say("iam:GetRole", None, RoleName=ROLE)
    verdict = world.judge("function_runs_as", **RUNS)
    assert (verdict.status, verdict.message) == ("failed", f"{PROCESSOR}: its execution role {ROLE} no longer exists.")


def test_fails_when_another_role_was_deleted() -> None:
    world = built(role="x").say("iam:GetRole", None, RoleName="x").say("iam:GetRole", None, RoleName=ROLE)
    verdict = world.judge("function_runs_as", **RUNS)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"{PROCESSOR}: its execution role is x instead of {ROLE}, which does not exist.",
    )


def test_fails_when_the_function_does_not_exist() -> None:
    verdict = World().judge("function_runs_as", **RUNS)
    assert (verdict.status, verdict.message) == ("failed", f"There is no function {PROCESSOR}.")
