"""table_configured: the table exists with its keys and its billing mode."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.world import World

TABLE = "user1-TodoItems"
WANTED: dict[str, Any] = {
    "table": TABLE,
    "partition_key": "userId",
    "sort_key": "todoId",
    "billing_mode": "PAY_PER_REQUEST",
}
CREATE = (
    f"aws dynamodb create-table --table-name {TABLE} --attribute-definitions AttributeName=userId,AttributeType=S "
    "AttributeName=todoId,AttributeType=S --key-schema AttributeName=userId,KeyType=HASH "
    "AttributeName=todoId,KeyType=RANGE --billing-mode PAY_PER_REQUEST"
)
ON_DEMAND = {"BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}}


def built(name: str = TABLE, billing: Any = ON_DEMAND, **keys: tuple[str, str]) -> World:
    """Return a student with a table that has these keys: ``HASH=("userId", "S")``."""
    keys = keys or {"HASH": ("userId", "S"), "RANGE": ("todoId", "S")}
    schema = [{"AttributeName": key, "KeyType": kind} for kind, (key, _) in keys.items()]
    types = [{"AttributeName": key, "AttributeType": of} for key, of in keys.values()]
    return World().table(name, KeySchema=schema, AttributeDefinitions=types, **billing)


def test_passes_with_the_right_table() -> None:
    verdict = built().judge("table_configured", **WANTED)
    assert (verdict.status, verdict.observed) == (
        "passed",
        "partition key userId, sort key todoId, PAY_PER_REQUEST",
    )
    assert verdict.expected == "partition key userId (S), sort key todoId (S), PAY_PER_REQUEST"


@pytest.mark.parametrize(
    ("world", "says"),
    [
        (World(), f"There is no table {TABLE}."),
        (
            built("user1-todoitems"),
            f"There is no table {TABLE}, but there is user1-todoitems: a name must match exactly.",
        ),
    ],
)
def test_fails_when_the_table_does_not_exist(world: World, says: str) -> None:
    verdict = world.judge("table_configured", **WANTED)
    assert (verdict.status, verdict.message, verdict.hint) == ("failed", says, CREATE)


@pytest.mark.parametrize(
    ("keys", "fraction", "says"),
    [
        ({"HASH": ("userId", "S")}, 3 / 4, "the sort key todoId is missing"),
        ({"HASH": ("userId", "S"), "RANGE": ("id", "S")}, 3 / 4, "the sort key is id instead of todoId"),
        (
            {"HASH": ("todoId", "S"), "RANGE": ("userId", "S")},
            2 / 4,
            "the partition key is todoId instead of userId, the sort key is userId instead of todoId",
        ),
        (
            {"HASH": ("userId", "N"), "RANGE": ("todoId", "S")},
            3 / 4,
            "the partition key userId is of type N instead of S",
        ),
    ],
)
def test_wrong_keys_cost_a_quarter_each_and_a_new_table(keys: Any, fraction: float, says: str) -> None:
    verdict = built(**keys).judge("table_configured", **WANTED)
    assert (verdict.status, verdict.fraction, verdict.message) == ("partial", fraction, f"{TABLE}: {says}.")
    assert verdict.hint == (
        f"aws dynamodb delete-table --table-name {TABLE}  # the keys of a table cannot be changed\n{CREATE}"
    )


def test_another_billing_mode_costs_a_quarter() -> None:
    verdict = built(billing={}).judge("table_configured", **WANTED)
    assert (verdict.fraction, verdict.message) == (
        3 / 4,
        f"{TABLE}: the billing mode is PROVISIONED instead of PAY_PER_REQUEST.",
    )
    assert verdict.hint == f"aws dynamodb update-table --table-name {TABLE} --billing-mode PAY_PER_REQUEST"
    provisioned = {**WANTED, "billing_mode": "PROVISIONED"}
    assert built(billing={}).judge("table_configured", **provisioned).status == "passed"
    assert (
        built()
        .judge("table_configured", **provisioned)
        .hint.endswith("--billing-mode PROVISIONED --provisioned-throughput ReadCapacityUnits=1,WriteCapacityUnits=1")
    )


def test_any_billing_mode_is_fine_when_none_is_named() -> None:
    free = {**WANTED, "billing_mode": ""}
    assert built(billing={}).judge("table_configured", **free).status == "passed"
    assert built(HASH=("x", "S"), RANGE=("y", "S")).judge("table_configured", **free).fraction == 1 / 3


def test_a_sort_key_that_the_lab_does_not_name_costs_a_third() -> None:
    verdict = built().judge("table_configured", table=TABLE, partition_key="userId")
    assert (verdict.fraction, verdict.message) == (
        2 / 3,
        f"{TABLE}: the lab has no sort key, but the table has todoId.",
    )
    assert "KeyType=RANGE" not in verdict.hint
