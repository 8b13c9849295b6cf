"""usage_plan_applies: advice on usage plans that limit nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.api_gateway.samples import API, PLAN, deployed_api, with_plan
from tests.checks.world import World

APPLIES: dict[str, Any] = {"plan": PLAN, "api": API, "path": "/performance", "method": "POST"}


def test_names_a_plan_that_limits_nothing() -> None:
    verdict = with_plan(deployed_api()).judge("usage_plan_applies", **APPLIES)
    assert verdict.message == (
        f"POST /performance of {API} does not require an API key, so the usage plan {PLAN} limits nothing. A usage "
        "plan counts only requests with one of its API keys."
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
def test_gives_no_advice_without_a_mistake(made: World) -> None:
    assert made.judge("usage_plan_applies", **APPLIES).status == "passed"
