"""An API key is enabled and belongs to a usage plan."""

from __future__ import annotations

from checks.api_gateway._common import plan_by_name
from checks.wording import missing
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, listed, partial, passed


@check(
    title="The API key belongs to the usage plan",
    hint="aws apigateway create-usage-plan-key --usage-plan-id PLAN-ID --key-id KEY-ID --key-type API_KEY",
)
def api_key_bound(snapshot: Snapshot, *, plan: str, key: str) -> Verdict:
    """Check that the key exists, is enabled and is bound to the plan. A key that is disabled or not bound earns half.

    Args:
        plan: the usage plan's name.
        key: the key's name. If several keys have this name, one correct key is enough.
    """
    expected = f"{key}, enabled, in {plan}"
    gateway = snapshot.api_gateway
    keys = [api_key for api_key in gateway.api_keys() if api_key.name == key]
    if not keys:
        return failed(
            missing("API key", key, [api_key.name for api_key in gateway.api_keys()]),
            expected=expected,
            observed="no such API key",
            hint=f"aws apigateway create-api-key --name {key} --enabled",
        )
    found = gateway.usage_plan(plan)
    bound_ids = {api_key.id for api_key in gateway.keys_of(found.id)} if found else set()
    bound = [api_key for api_key in keys if api_key.id in bound_ids]
    if any(api_key.enabled for api_key in bound):
        return passed(expected=expected, observed=expected)
    if bound:
        return partial(
            0.5,
            f"The API key {key} is bound to {plan} but disabled. API Gateway refuses requests with a disabled key.",
            expected=expected,
            observed=f"{key}, disabled",
            hint=f"aws apigateway update-api-key --api-key {bound[0].id} --patch-operations "
            "op=replace,path=/enabled,value=true",
        )
    enabled = next((api_key for api_key in keys if api_key.enabled), None)
    plan_id = found.id if found else plan_by_name(plan)
    bind = (
        f"aws apigateway create-usage-plan-key --usage-plan-id {plan_id} --key-id {(enabled or keys[0]).id} "
        "--key-type API_KEY"
    )
    unbound = f"not bound to {plan}" + ("" if found else ", because this usage plan does not exist")
    if enabled is None:
        return failed(
            f"The API key {key} is disabled and {unbound}.",
            expected=expected,
            observed=f"{key}, disabled, not bound",
            hint=f"aws apigateway update-api-key --api-key {keys[0].id} --patch-operations "
            f"op=replace,path=/enabled,value=true\n{bind}",
        )
    others = [api_key.name for api_key in gateway.keys_of(found.id)] if found else []
    return partial(
        0.5,
        f"The API key {key} is {unbound}." + (f" The keys of the plan are {listed(others)}." if others else ""),
        expected=expected,
        observed=f"{key}, not bound",
        hint=bind,
    )
