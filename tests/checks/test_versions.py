"""versions_differ, alias_points_to, aliases_all_prefixed, versions_share_memory."""

from __future__ import annotations

import pytest

from tests.checks.world import OPTIMIZED, World, perfect

PROD = {"function": OPTIMIZED, "alias": "user1-prod", "version": "1"}
STAGING = {"function": OPTIMIZED, "alias": "user1-staging", "version": "2", "or_newest": True}


def _with_alias(name: str, version: str, weights: dict[str, float] | None = None, versions: int = 2) -> World:
    world = World().function(OPTIMIZED)
    for number in range(1, versions + 1):
        world.version(OPTIMIZED, number)
    return world.alias(OPTIMIZED, name, version, weights)


def test_two_versions_with_different_code() -> None:
    assert perfect().judge("versions_differ", function=OPTIMIZED).status == "passed"
    assert World().judge("versions_differ", function=OPTIMIZED).message == f"There is no function {OPTIMIZED}."


@pytest.mark.parametrize(("count", "counted"), [(0, "0 published versions"), (1, "1 published version")])
def test_too_few_versions(count: int, counted: str) -> None:
    world = World().function(OPTIMIZED)
    for number in range(1, count + 1):
        world.version(OPTIMIZED, number)
    verdict = world.judge("versions_differ", function=OPTIMIZED)
    assert (verdict.status, verdict.message) == ("failed", f"{OPTIMIZED} has {counted}; the lab publishes 2.")


def test_the_same_code_twice_is_worth_half() -> None:
    world = World().function(OPTIMIZED).version(OPTIMIZED, 1, "same").version(OPTIMIZED, 2, "same")
    verdict = world.judge("versions_differ", function=OPTIMIZED)
    assert (verdict.status, verdict.fraction) == ("partial", 0.5)
    assert verdict.message == (
        f"{OPTIMIZED} has the versions 1 and 2, but their code is the same: change the code before you publish again."
    )
    assert world.version(OPTIMIZED, 10, "other").judge("versions_differ", function=OPTIMIZED).status == "passed"


def test_aliases_point_to_their_versions() -> None:
    assert perfect().judge("alias_points_to", **PROD).status == "passed"
    assert perfect().judge("alias_points_to", **STAGING).status == "passed"
    dev = {"function": OPTIMIZED, "alias": "user1-dev", "version": "$LATEST"}
    assert perfect().judge("alias_points_to", **dev).status == "passed"


@pytest.mark.parametrize(
    ("version", "versions", "status"),
    [("2", 2, "passed"), ("2", 4, "passed"), ("4", 4, "passed"), ("3", 4, "partial"), ("1", 2, "partial")],
)
def test_staging_may_serve_the_version_that_repairs_the_second(version: str, versions: int, status: str) -> None:
    world = _with_alias("user1-staging", version, versions=versions)
    assert world.judge("alias_points_to", **STAGING).status == status


def test_the_newest_version_is_found_by_number_not_by_text() -> None:
    assert _with_alias("user1-staging", "10", versions=10).judge("alias_points_to", **STAGING).status == "passed"
    assert _with_alias("user1-staging", "9", versions=10).judge("alias_points_to", **STAGING).status == "partial"


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("2", "user1-prod points to version 2 instead of version 1."),
        ("$LATEST", "user1-prod points to $LATEST instead of version 1."),
    ],
)
def test_a_wrong_version_is_worth_half(version: str, message: str) -> None:
    verdict = _with_alias("user1-prod", version).judge("alias_points_to", **PROD)
    assert (verdict.status, verdict.fraction, verdict.message) == ("partial", 0.5, message)
    assert (
        verdict.hint == f"aws lambda update-alias --function-name {OPTIMIZED} --name user1-prod --function-version '1'"
    )


def test_latest_survives_the_shell() -> None:
    verdict = _with_alias("user1-dev", "1").judge(
        "alias_points_to", function=OPTIMIZED, alias="user1-dev", version="$LATEST"
    )
    assert verdict.message == "user1-dev points to version 1 instead of $LATEST."
    assert verdict.hint.endswith("--function-version '$LATEST'")


def test_a_version_that_is_not_there() -> None:
    verdict = _with_alias("user1-prod", "7").judge("alias_points_to", **PROD)
    assert (verdict.status, verdict.message) == ("failed", "user1-prod points to version 7, which is not published.")
    one = _with_alias("user1-prod", "1", versions=0).judge("alias_points_to", **PROD)
    assert (one.status, one.message) == ("failed", "user1-prod points to version 1, which is not published.")


def test_a_weighted_alias_says_its_weights() -> None:
    verdict = _with_alias("user1-prod", "1", {"2": 0.1}).judge("alias_points_to", **PROD)
    assert (verdict.status, verdict.fraction) == ("partial", 0.5)
    assert verdict.message == (
        "user1-prod is split: 90% to version 1, 10% to version 2. The lab sends every call to version 1."
    )
    assert verdict.hint.endswith("--function-version '1' --routing-config AdditionalVersionWeights={}")


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ("prod", "There is no alias user1-prod, but there is prod: the lab wants your prefix before it."),
        ("User1-Prod", "There is no alias user1-prod, but there is User1-Prod: a name must match exactly."),
        ("blue", "There is no alias user1-prod."),
    ],
)
def test_a_missing_alias_points_to_the_slip(other: str, message: str) -> None:
    verdict = _with_alias(other, "1").judge("alias_points_to", **PROD)
    assert (verdict.status, verdict.message, verdict.observed) == ("failed", message, f"aliases {other}")
    assert (
        verdict.hint == f"aws lambda create-alias --function-name {OPTIMIZED} --name user1-prod --function-version '1'"
    )


def test_no_function_and_no_alias() -> None:
    assert World().judge("alias_points_to", **PROD).message == f"There is no function {OPTIMIZED}."
    assert World().function(OPTIMIZED).judge("alias_points_to", **PROD).observed == "no aliases"


def test_aliases_without_prefix_are_advised_against() -> None:
    assert perfect().judge("aliases_all_prefixed", function=OPTIMIZED).status == "passed"
    world = perfect().alias(OPTIMIZED, "prod", "1").alias(OPTIMIZED, "staging", "2")
    verdict = world.judge("aliases_all_prefixed", function=OPTIMIZED, explanation="Use the others.")
    assert verdict.message == f"{OPTIMIZED} has the aliases prod and staging without your prefix. Use the others."
    assert verdict.hint.splitlines()[0] == f"aws lambda delete-alias --function-name {OPTIMIZED} --name prod"


@pytest.mark.parametrize(("memory", "status"), [(256, "failed"), (512, "passed"), (None, "passed")])
def test_a_version_keeps_its_memory(memory: int | None, status: str) -> None:
    world = World().function(OPTIMIZED, MemorySize=512).version(OPTIMIZED, 1, MemorySize=memory)
    world.alias(OPTIMIZED, "user1-prod", "1")
    verdict = world.judge("versions_share_memory", function=OPTIMIZED, alias="user1-prod")
    assert verdict.status == status
    if status == "failed":
        assert verdict.message == (
            "user1-prod serves version 1, which keeps 256 MB, while $LATEST has 512 MB: a version keeps the settings "
            "it was published with. The lab changes the memory last, so this costs no points; in production you would "
            "publish again and move the alias."
        )


@pytest.mark.parametrize("world", [World(), World().function(OPTIMIZED), _with_alias("user1-prod", "$LATEST")])
def test_no_advice_where_there_is_nothing_to_say(world: World) -> None:
    assert world.judge("versions_share_memory", function=OPTIMIZED, alias="user1-prod").status == "passed"
    assert world.judge("aliases_all_prefixed", function=OPTIMIZED).status == "passed"
