"""names_carry_prefix: the names of the student's resources begin with the student's prefix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.checks.world import ACCOUNT, BASELINE, DASHBOARD, ERRORS, OPTIMIZED, World, perfect

NAMES: dict[str, Any] = {
    "names": [BASELINE, OPTIMIZED, ERRORS, "user1-shared-dependencies", "user1-lambda-utils", DASHBOARD],
    "aliases_of": [OPTIMIZED],
}


def test_passes_when_all_names_begin_with_the_prefix() -> None:
    verdict = perfect().judge("names_carry_prefix", **NAMES)
    assert (verdict.status, verdict.observed) == ("passed", "9 with the prefix, 0 without")


def test_wrong_names_are_listed() -> None:
    world = (
        perfect()
        .function("User1_Optimised_Function")
        .layer("USER1-lambda-utils")
        .dashboard("user1_lambda-optimization")
    )
    verdict = world.judge("names_carry_prefix", **NAMES)
    assert verdict.status == "partial"
    assert verdict.fraction == 9 / 12
    assert verdict.message == (
        "These names do not begin with user1-: function User1_Optimised_Function, layer USER1-lambda-utils "
        "and dashboard user1_lambda-optimization."
    )


@pytest.mark.parametrize("name", ["user10-optimized-function", "cloud9-thing", "somebody-else"])
def test_ignores_names_of_others(name: str) -> None:
    assert perfect().function(name).judge("names_carry_prefix", **NAMES).status == "passed"


def test_a_name_of_the_lab_without_its_prefix_counts() -> None:
    verdict = perfect().function("optimized-function").judge("names_carry_prefix", **NAMES)
    assert verdict.message == "These names do not begin with user1-: function optimized-function."


def test_an_alias_without_the_prefix_passes_only_if_the_other_exists() -> None:
    beside = perfect().alias(OPTIMIZED, "prod", "1")
    assert beside.judge("names_carry_prefix", **NAMES).status == "passed"
    alone = perfect()
    alone.aliases[OPTIMIZED] = [alias for alias in alone.aliases[OPTIMIZED] if alias["Name"] != "user1-prod"]
    verdict = alone.alias(OPTIMIZED, "prod", "1").judge("names_carry_prefix", **NAMES)
    assert (verdict.status, verdict.message) == ("partial", "These names do not begin with user1-: alias prod.")


def test_fails_when_nothing_was_built() -> None:
    verdict = World().judge("names_carry_prefix", **NAMES)
    assert (verdict.status, verdict.message) == ("failed", "No resource has a name that begins with user1-.")
    assert verdict.hint == "Start with the first task: every name in the lab begins with user1-"


@pytest.mark.parametrize(
    "name",
    [
        "user1_b-baseline-function",
        "user1_b_baseline_function",
        "user1-b-baseline-function",
        "User1-B-baseline-function",
        "user1_b-my-experiment",
        "user1_b-test",
        "user1_test",
    ],
)
def test_ignores_a_classmate_with_a_name_that_begins_the_same(name: str) -> None:
    world = perfect().function(name).layer("user1_b-lambda-utils").dashboard("user1_b-lambda-optimization")
    assert world.judge("names_carry_prefix", **NAMES).status == "passed"


def test_a_misspelled_name_with_the_prefix_counts() -> None:
    world = perfect().function("User1_Baseline-Function")
    assert (
        world.judge("names_carry_prefix", **NAMES).message
        == "These names do not begin with user1-: function User1_Baseline-Function."
    )


@pytest.mark.parametrize(
    ("kind", "add"),
    [
        ("API", lambda world, name: world.api(name)),
        ("usage plan", lambda world, name: world.list("apigateway:GetUsagePlans", name, [{"name": name}])),
        ("API key", lambda world, name: world.list("apigateway:GetApiKeys", name, [{"name": name}])),
        ("queue", lambda world, name: world.queue(name)),
        ("bucket", lambda world, name: world.bucket(name)),
        ("table", lambda world, name: world.table(name)),
        ("rule", lambda world, name: world.rule(name)),
        ("alarm", lambda world, name: world.list("cloudwatch:DescribeAlarms", name, {})),
        (
            "role",
            lambda world, name: world.function("user1-thing", Role=f"arn:aws:iam::{ACCOUNT}:role/{name}"),
        ),
    ],
)
def test_every_kind_of_name_begins_with_the_prefix(kind: str, add: Callable[[World, str], Any]) -> None:
    call: dict[str, Any] = {"names": ["user1-thing"], "kinds": [kind]}
    right, wrong = World(), World()
    add(right, "user1-thing")
    add(wrong, "User1_thing")
    assert right.judge("names_carry_prefix", **call).status == "passed"
    verdict = wrong.judge("names_carry_prefix", **call)
    assert (verdict.status, verdict.message) == ("failed", f"These names do not begin with user1-: {kind} User1_thing.")
    assert wrong.judge("names_carry_prefix", names=["user1-thing"]).observed in (
        "nothing",
        "1 with the prefix, 0 without",
    )
