"""actions_exist: inline policies name only actions that exist."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.iam.samples import PROCESSOR, ROLE, allow, built
from tests.checks.world import World

HEAD: dict[str, Any] = {"functions": [PROCESSOR], "mistaken": {"s3:HeadObject": "s3:GetObject"}}


def test_names_an_action_that_does_not_exist() -> None:
    world = built(inline={"S3AccessPolicy": [allow(["s3:GetObject", "S3:headobject"])]})
    verdict = world.judge("actions_exist", **HEAD, explanation="The handout's mistake.")
    assert verdict.message == (
        f"The policy S3AccessPolicy of {ROLE} names s3:HeadObject. s3:HeadObject is not an IAM action and has no "
        "effect. Use s3:GetObject instead. The handout's mistake."
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
def test_gives_no_advice_without_a_mistake(world: World) -> None:
    assert world.judge("actions_exist", **HEAD).status == "passed"


def test_a_hostile_role_stays_one_word_of_a_command() -> None:
    verdict = built(role="x'; reboot #", inline={"$(a)": [allow("s3:HeadObject")]}).judge("actions_exist", **HEAD)
    assert """--role-name 'x'"'"'; reboot #' --policy-name '$(a)'""" in verdict.hint
