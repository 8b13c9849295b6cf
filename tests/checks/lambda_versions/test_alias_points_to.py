"""alias_points_to: the alias sends every invocation to its version."""

from __future__ import annotations

import pytest

from tests.checks.lambda_versions.samples import with_alias
from tests.checks.world import OPTIMIZED, World, perfect

PROD = {"function": OPTIMIZED, "alias": "user1-prod", "version": "1"}
STAGING = {"function": OPTIMIZED, "alias": "user1-staging", "version": "2", "or_newest": True}


def test_passes_when_the_alias_points_to_its_version() -> None:
    assert perfect().judge("alias_points_to", **PROD).status == "passed"
    assert perfect().judge("alias_points_to", **STAGING).status == "passed"
    dev = {"function": OPTIMIZED, "alias": "user1-dev", "version": "$LATEST"}
    assert perfect().judge("alias_points_to", **dev).status == "passed"


@pytest.mark.parametrize(
    ("version", "versions", "status"),
    [("2", 2, "passed"), ("2", 4, "passed"), ("4", 4, "passed"), ("3", 4, "partial"), ("1", 2, "partial")],
)
def test_the_newest_version_passes_if_the_lab_allows_it(version: str, versions: int, status: str) -> None:
    world = with_alias("user1-staging", version, versions=versions)
    assert world.judge("alias_points_to", **STAGING).status == status


def test_the_newest_version_is_found_by_number() -> None:
    assert with_alias("user1-staging", "10", versions=10).judge("alias_points_to", **STAGING).status == "passed"
    assert with_alias("user1-staging", "9", versions=10).judge("alias_points_to", **STAGING).status == "partial"


@pytest.mark.parametrize(
    ("version", "message"),
    [
        ("2", "user1-prod points to version 2 instead of version 1."),
        ("$LATEST", "user1-prod points to $LATEST instead of version 1."),
    ],
)
def test_a_wrong_version_earns_half(version: str, message: str) -> None:
    verdict = with_alias("user1-prod", version).judge("alias_points_to", **PROD)
    assert (verdict.status, verdict.fraction, verdict.message) == ("partial", 0.5, message)
    assert (
        verdict.hint == f"aws lambda update-alias --function-name {OPTIMIZED} --name user1-prod --function-version '1'"
    )


def test_the_command_quotes_latest_for_the_shell() -> None:
    verdict = with_alias("user1-dev", "1").judge(
        "alias_points_to", function=OPTIMIZED, alias="user1-dev", version="$LATEST"
    )
    assert verdict.message == "user1-dev points to version 1 instead of $LATEST."
    assert verdict.hint.endswith("--function-version '$LATEST'")


def test_fails_when_the_version_does_not_exist() -> None:
    verdict = with_alias("user1-prod", "7").judge("alias_points_to", **PROD)
    assert (verdict.status, verdict.message) == ("failed", "user1-prod points to version 7, which is not published.")
    verdict = with_alias("user1-prod", "1", versions=0).judge("alias_points_to", **PROD)
    assert (verdict.status, verdict.message) == ("failed", "user1-prod points to version 1, which is not published.")


def test_a_weighted_alias_to_a_version_that_does_not_exist_fails() -> None:
    verdict = with_alias("user1-prod", "7", {"2": 0.1}).judge("alias_points_to", **PROD)
    assert (verdict.status, verdict.message) == ("failed", "user1-prod points to version 7, which is not published.")


def test_a_weighted_alias_earns_half() -> None:
    verdict = with_alias("user1-prod", "1", {"2": 0.1}).judge("alias_points_to", **PROD)
    assert (verdict.status, verdict.fraction) == ("partial", 0.5)
    assert verdict.message == (
        "user1-prod splits its traffic: 90% to version 1, 10% to version 2. "
        "The lab sends every invocation to version 1."
    )
    assert verdict.hint.endswith("--function-version '1' --routing-config AdditionalVersionWeights={}")


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ("prod", "There is no alias user1-prod, but there is prod. The name must begin with your prefix."),
        ("User1-Prod", "There is no alias user1-prod, but there is User1-Prod: a name must match exactly."),
        ("blue", "There is no alias user1-prod."),
    ],
)
def test_names_the_alias_that_may_be_meant(other: str, message: str) -> None:
    verdict = with_alias(other, "1").judge("alias_points_to", **PROD)
    assert (verdict.status, verdict.message, verdict.observed) == ("failed", message, f"aliases {other}")
    assert (
        verdict.hint == f"aws lambda create-alias --function-name {OPTIMIZED} --name user1-prod --function-version '1'"
    )


def test_fails_when_the_function_or_the_alias_does_not_exist() -> None:
    assert World().judge("alias_points_to", **PROD).message == f"There is no function {OPTIMIZED}."
    assert World().function(OPTIMIZED).judge("alias_points_to", **PROD).observed == "no aliases"


LIVE = {"function": OPTIMIZED, "alias": "live", "version": "1"}


def test_an_alias_with_the_prefix_that_the_lab_does_not_use_earns_half() -> None:
    verdict = with_alias("user1-live", "1").judge("alias_points_to", **LIVE)
    assert (verdict.status, verdict.fraction, verdict.observed) == ("partial", 0.5, "user1-live → version 1")
    assert verdict.message == (
        "There is no alias live, but there is user1-live. The name must be live, without your prefix."
    )
    assert verdict.hint == (f"aws lambda create-alias --function-name {OPTIMIZED} --name live --function-version '1'")


@pytest.mark.parametrize("version", ["2", "7"])
def test_an_alias_with_the_prefix_fails_when_it_points_to_another_version(version: str) -> None:
    verdict = with_alias("user1-live", version).judge("alias_points_to", **LIVE)
    assert (verdict.status, verdict.observed) == ("failed", "aliases user1-live")
    assert verdict.message == "There is no alias live."


def test_an_alias_with_the_prefix_fails_when_it_is_weighted() -> None:
    verdict = with_alias("user1-live", "1", {"2": 0.5}).judge("alias_points_to", **LIVE)
    assert (verdict.status, verdict.message) == ("failed", "There is no alias live.")
