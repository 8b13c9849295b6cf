"""not_destroyed: the function, its REST API, its role and its log group still exist."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.errors import NotGradedError
from tests.checks.world import World

FUNCTION = "user1-terraform-managed-lambda"
API, ROLE = f"{FUNCTION}-api", f"{FUNCTION}-role"
EVERYTHING = ("function", "api", "role", "logs")
WANTED: dict[str, Any] = {"function": FUNCTION, "api": API, "role": ROLE, "explanation": "Run terraform apply again."}


def left(*parts: str) -> World:
    """Return a student who has only these parts of the lab."""
    world = World()
    if "function" in parts:
        world.function(FUNCTION)
    if "api" in parts:
        world.api(API)
    if "logs" in parts:
        world.list("logs:DescribeLogGroups", FUNCTION, {"retentionInDays": 7})
    return world.role(ROLE) if "role" in parts else world.say("iam:GetRole", None, RoleName=ROLE)


def test_passes_when_everything_exists() -> None:
    verdict = left(*EVERYTHING).judge("not_destroyed", **WANTED)
    assert (verdict.status, verdict.message, verdict.expected) == ("passed", "", "all four resources")
    assert verdict.observed == (
        f"the function {FUNCTION}, the REST API {API}, the role {ROLE} and the log group /aws/lambda/{FUNCTION}"
    )


@pytest.mark.parametrize(
    ("parts", "fraction", "message"),
    [
        (
            ("api", "role", "logs"),
            0.75,
            f"These resources are missing: the function {FUNCTION}. "
            f"These exist: the REST API {API}, the role {ROLE} and the log group /aws/lambda/{FUNCTION}.",
        ),
        (
            ("function", "logs"),
            0.5,
            f"These resources are missing: the REST API {API} and the role {ROLE}. "
            f"These exist: the function {FUNCTION} and the log group /aws/lambda/{FUNCTION}.",
        ),
        (
            ("role",),
            0.25,
            f"These resources are missing: the function {FUNCTION}, the REST API {API} and the log group "
            f"/aws/lambda/{FUNCTION}. These exist: the role {ROLE}.",
        ),
    ],
)
def test_each_part_is_worth_a_quarter(parts: tuple[str, ...], fraction: float, message: str) -> None:
    verdict = left(*parts).judge("not_destroyed", **WANTED)
    assert (verdict.status, verdict.fraction, verdict.message) == ("partial", fraction, message)


@pytest.mark.parametrize("parts", [(), ("logs",)], ids=["nothing", "a log group that Lambda created again"])
def test_is_not_graded_when_everything_was_destroyed(parts: tuple[str, ...]) -> None:
    with pytest.raises(NotGradedError) as caught:
        left(*parts).judge("not_destroyed", **WANTED)
    assert caught.value.reason == f"{FUNCTION} and its resources do not exist. Run terraform apply again."


def test_passes_when_the_only_unknown_part_cannot_be_read() -> None:
    world = left(*EVERYTHING)
    world.refused["iam:GetRole"] = "AccessDenied"
    assert world.judge("not_destroyed", **WANTED).status == "passed"


def test_is_not_graded_when_a_part_cannot_be_read_and_the_others_are_missing() -> None:
    world = left()
    world.refused["iam:GetRole"] = "AccessDenied"
    with pytest.raises(NotGradedError, match="iam:GetRole"):
        world.judge("not_destroyed", **WANTED)
