"""rule_targets: the rule invokes the function."""

from __future__ import annotations

import pytest

from tests.checks.eventbridge.samples import OWN_ACCOUNT, elsewhere
from tests.checks.world import ACCOUNT, World, function_arn

RULE = "user1-daily-cleanup"
CLEANUP = "user1-cleanup-lambda"
CALLS = {"rule": RULE, "function": CLEANUP}


@pytest.mark.parametrize("qualifier", ["", "prod", "1"])
def test_passes_when_the_function_or_an_alias_is_the_target(qualifier: str) -> None:
    world = World().function(CLEANUP).rule(RULE, function_arn("user1-x"), function_arn(CLEANUP, qualifier))
    assert world.judge("rule_targets", **CALLS).status == "passed"


def test_a_target_of_another_partition_is_the_function() -> None:
    target = function_arn(CLEANUP).replace("arn:aws:", "arn:aws-cn:")
    assert World().function(CLEANUP).rule(RULE, target).judge("rule_targets", **CALLS).status == "passed"


@pytest.mark.parametrize(
    ("targets", "says"),
    [
        ([], f"{RULE} has no target."),
        ([function_arn("user1-todo-api")], f"{RULE} invokes {function_arn('user1-todo-api')} instead of {CLEANUP}."),
        ([function_arn(f"{CLEANUP}-2")], f"{RULE} invokes {function_arn(CLEANUP)}-2 instead of {CLEANUP}."),
        (
            [function_arn(CLEANUP).replace("eu-central-1", "us-east-1")],
            f"{RULE} invokes arn:aws:lambda:us-east-1:{ACCOUNT}:function:{CLEANUP} instead of {CLEANUP}.",
        ),
    ],
)
def test_fails_with_another_target(targets: list[str], says: str) -> None:
    verdict = World().function(CLEANUP).rule(RULE, *targets).judge("rule_targets", **CALLS)
    assert (verdict.status, verdict.message) == ("failed", says)
    assert verdict.hint == f"aws events put-targets --rule {RULE} --targets Id=1,Arn={function_arn(CLEANUP)}"


def test_names_the_example_account_of_the_handout() -> None:
    verdict = elsewhere(World().function(CLEANUP).rule(RULE, function_arn("cleanup-lambda")), "rule_targets", **CALLS)
    assert verdict.message == (
        f"{RULE} invokes {function_arn('cleanup-lambda')} instead of {CLEANUP}. {ACCOUNT} is the example account "
        f"of the handout. Replace it with your account, {OWN_ACCOUNT}."
    )


def test_fails_when_the_function_or_the_rule_does_not_exist() -> None:
    verdict = World().rule(RULE, function_arn(CLEANUP)).judge("rule_targets", **CALLS)
    assert (verdict.status, verdict.message) == (
        "failed",
        f"The target of {RULE} does not exist. There is no function {CLEANUP}.",
    )
    assert World().function(CLEANUP).judge("rule_targets", **CALLS).message == f"There is no rule {RULE}."
