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
    """The key exists, is enabled and is bound to the plan; without one of the last two it earns half.

    Args:
        plan: the usage plan's name.
        key: the key's name; of several with one name, one that does is enough.
    """
    expected = f"{key}, enabled, in {plan}"
    gateway = snapshot.api_gateway
    keys = [one for one in gateway.api_keys() if one.name == key]
    if not keys:
        return failed(
            missing("API key", key, [one.name for one in gateway.api_keys()]),
            expected=expected,
            observed="no such API key",
            hint=f"aws apigateway create-api-key --name {key} --enabled",
        )
    found = gateway.usage_plan(plan)
    bound_ids = {one.id for one in gateway.keys_of(found.id)} if found else set()
    bound = [one for one in keys if one.id in bound_ids]
    if any(one.enabled for one in bound):
        return passed(expected=expected, observed=expected)
    if bound:
        return partial(
            0.5,
            f"The API key {key} is bound to {plan}, but it is disabled: a call with it is refused.",
            expected=expected,
            observed=f"{key}, disabled",
            hint=f"aws apigateway update-api-key --api-key {bound[0].id} --patch-operations "
            "op=replace,path=/enabled,value=true",
        )
    enabled = next((one for one in keys if one.enabled), None)
    plan_id = found.id if found else plan_by_name(plan)
    bind = (
        f"aws apigateway create-usage-plan-key --usage-plan-id {plan_id} --key-id {(enabled or keys[0]).id} "
        "--key-type API_KEY"
    )
    unbound = f"not bound to {plan}" if found else f"bound to no usage plan {plan}, as there is none"
    if enabled is None:
        return failed(
            f"The API key {key} is disabled, and {unbound}.",
            expected=expected,
            observed=f"{key}, disabled, not bound",
            hint=f"aws apigateway update-api-key --api-key {keys[0].id} --patch-operations "
            f"op=replace,path=/enabled,value=true\n{bind}",
        )
    others = [one.name for one in gateway.keys_of(found.id)] if found else []
    return partial(
        0.5,
        f"The API key {key} is {unbound}" + (f"; the plan has {listed(others)}." if others else "."),
        expected=expected,
        observed=f"{key}, not bound",
        hint=bind,
    )
