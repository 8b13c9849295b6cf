"""usage_plan_limits: rate, burst, quota and stage of the usage plan."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checks.api_gateway.samples import API, PLAN, deployed_api, with_plan

LIMITS: dict[str, Any] = {
    "plan": PLAN,
    "rate": 500.0,
    "burst": 1000,
    "quota": 10000,
    "period": "DAY",
    "api": API,
    "stage": "prod",
}


def test_the_command_looks_up_the_id_of_the_api() -> None:
    by_name = f"$(aws apigateway get-rest-apis --query \"items[?name=='{API}'].id\" --output text)"
    assert f"--api-stages apiId={by_name},stage=prod" in deployed_api().judge("usage_plan_limits", **LIMITS).hint


@pytest.mark.parametrize(
    ("changes", "fraction", "says"),
    [
        ({}, 1.0, ""),
        ({"throttle": {"rateLimit": 500, "burstLimit": 1000}}, 1.0, ""),
        (
            {"throttle": {"rateLimit": 500.5, "burstLimit": 1000}},
            0.75,
            "the rate is 500.5 instead of 500 requests a second",
        ),
        ({"throttle": {"rateLimit": 500.0, "burstLimit": 999}}, 0.75, "the burst is 999 instead of 1000"),
        (
            {"throttle": None},
            0.5,
            "the rate is not set (the lab requires 500 requests a second), the burst is not set (the lab requires "
            "1000)",
        ),
        ({"quota": {"limit": 10001, "period": "DAY"}}, 0.75, "the quota is 10001 a DAY instead of 10000 a DAY"),
        ({"quota": {"limit": 10000, "period": "MONTH"}}, 0.75, "the quota is 10000 a MONTH instead of 10000 a DAY"),
        ({"quota": None}, 0.75, "the quota is not set (the lab requires 10000 a DAY)"),
        ({"apiStages": []}, 0.75, f"it is not bound to the stage prod of {API} or to any other stage"),
        (
            {"apiStages": [{"apiId": "api1", "stage": "dev"}, {"apiId": "gone", "stage": "prod"}]},
            0.75,
            f"it is not bound to the stage prod of {API}, but to {API}/dev and gone/prod",
        ),
    ],
)
def test_each_limit_is_a_quarter(changes: dict[str, Any], fraction: float, says: str) -> None:
    verdict = with_plan(deployed_api(), **changes).judge("usage_plan_limits", **LIMITS)
    assert (verdict.fraction, verdict.message) == (fraction, f"{PLAN}: {says}." if says else "")
    if says:
        assert verdict.hint.startswith("aws apigateway update-usage-plan --usage-plan-id plan1 --patch-operations op=")


def test_fails_when_the_plan_does_not_exist() -> None:
    assert deployed_api().judge("usage_plan_limits", **LIMITS).message == f"There is no usage plan {PLAN}."
    verdict = with_plan(deployed_api(), "user1-Performance-Plan").judge("usage_plan_limits", **LIMITS)
    assert "but there is user1-Performance-Plan" in verdict.message
