"""usage_plan_applies: advice on usage plans that limit no call."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.api_gateway.samples import API, PLAN, deployed_api, with_plan
from tests.checks.world import World

APPLIES: dict[str, Any] = {"plan": PLAN, "api": API, "path": "/performance", "method": "POST"}


def test_names_a_plan_that_limits_no_call() -> None:
    verdict = with_plan(deployed_api()).judge("usage_plan_applies", **APPLIES)
    assert verdict.message == (
        f"POST /performance of {API} wants no API key, so the usage plan {PLAN} limits nothing: it counts only the "
        "calls that come with one of its keys."
    )
    assert "path=/apiKeyRequired,value=true" in verdict.hint


@pytest.mark.parametrize(
    "made",
    [
        deployed_api(),
        World(),
        with_plan(deployed_api(), apiStages=[]),
        with_plan(deployed_api(apiKeyRequired=True)),
        with_plan(deployed_api().routes("api1", {})),
    ],
    ids=["no plan", "nothing", "unbound", "key required", "no route"],
)
def test_gives_no_advice_where_there_is_nothing_to_say(made: World) -> None:
    assert made.judge("usage_plan_applies", **APPLIES).status == "passed"
