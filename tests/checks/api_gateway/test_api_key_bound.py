"""api_key_bound: the API key exists, is enabled and is bound to the usage plan."""

from __future__ import annotations

import pytest

from tests.checks.api_gateway.samples import KEY, PLAN, deployed_api, with_key, with_plan


def test_the_command_looks_up_the_id_of_the_plan() -> None:
    by_name = f"$(aws apigateway get-usage-plans --query \"items[?name=='{PLAN}'].id\" --output text)"
    verdict = with_key(deployed_api()).judge("api_key_bound", plan=PLAN, key=KEY)
    assert verdict.hint == (
        f"aws apigateway create-usage-plan-key --usage-plan-id {by_name} --key-id key1 --key-type API_KEY"
    )


@pytest.mark.parametrize(
    ("enabled", "bound", "fraction", "says"),
    [
        (True, True, 1.0, ""),
        (
            False,
            True,
            0.5,
            f"The API key {KEY} is bound to {PLAN} but disabled. API Gateway refuses requests with a disabled key.",
        ),
        (True, False, 0.5, f"The API key {KEY} is not bound to {PLAN}."),
        (False, False, 0.0, f"The API key {KEY} is disabled and not bound to {PLAN}."),
    ],
)
def test_enabled_and_bound_are_half_each(enabled: bool, bound: bool, fraction: float, says: str) -> None:
    verdict = with_key(with_plan(deployed_api()), enabled=enabled, bound=bound).judge(
        "api_key_bound", plan=PLAN, key=KEY
    )
    assert (verdict.fraction, verdict.message) == (fraction, says)


def test_fails_when_the_plan_or_the_key_does_not_exist() -> None:
    verdict = with_key(deployed_api()).judge("api_key_bound", plan=PLAN, key=KEY)
    assert (verdict.fraction, verdict.message) == (
        0.5,
        f"The API key {KEY} is not bound to {PLAN}, because this usage plan does not exist.",
    )
    verdict = deployed_api().judge("api_key_bound", plan=PLAN, key=KEY)
    assert (verdict.message, verdict.hint) == (
        f"There is no API key {KEY}.",
        f"aws apigateway create-api-key --name {KEY} --enabled",
    )
