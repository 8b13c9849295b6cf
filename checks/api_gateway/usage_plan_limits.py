"""A usage plan limits the calls of a stage."""

from __future__ import annotations

from checks.api_gateway._common import api_by_name, own_api
from checks.wording import missing
from labgrader.evidence.snapshot import Snapshot, UsagePlan
from labgrader.judging import Verdict, check, failed, listed, quote, share


@check(
    title="The usage plan limits the stage",
    hint="aws apigateway get-usage-plans",
)
def usage_plan_limits(
    snapshot: Snapshot, *, plan: str, rate: float, burst: int, quota: int, period: str, api: str, stage: str
) -> Verdict:
    """The plan has its rate, its burst and its quota, and is bound to the stage; each is worth a quarter.

    Args:
        plan: its name.
        rate: requests a second.
        burst: requests that may come at once.
        quota: requests in a period.
        period: ``DAY``, ``WEEK`` or ``MONTH``.
        api: the REST API's name.
        stage: the stage's name.
    """
    expected = f"{rate:g}/s, burst {burst}, {quota} a {period}, for {api}/{stage}"
    create = (
        f"aws apigateway create-usage-plan --name {plan} --throttle rateLimit={rate:g},burstLimit={burst} "
        f"--quota limit={quota},period={period} --api-stages apiId={api_by_name(api)},stage={stage}"
    )
    found = snapshot.api_gateway.usage_plan(plan)
    if found is None:
        names = [one.name for one in snapshot.api_gateway.usage_plans()]
        return failed(missing("usage plan", plan, names), expected=expected, observed="no such usage plan", hint=create)
    wrong: list[str] = []
    patches: list[str] = []
    if found.rate != rate:
        wrong.append(f"the rate is {_number(found.rate)} instead of {rate:g} requests a second")
        patches.append(f"op=replace,path=/throttle/rateLimit,value={rate:g}")
    if found.burst != burst:
        wrong.append(f"the burst is {_number(found.burst)} instead of {burst}")
        patches.append(f"op=replace,path=/throttle/burstLimit,value={burst}")
    if (found.quota, found.quota_period) != (quota, period):
        wrong.append(f"the quota is {_quota(found)} instead of {quota} a {period}")
        patches += [
            f"op=replace,path=/quota/limit,value={quota}",
            f"op=replace,path=/quota/period,value={period}",
        ]
    target = own_api(snapshot, api)
    ids = [one.id for one in snapshot.api_gateway.rest_apis() if one.name == api]
    if not any((one, stage) in found.stages for one in ids):
        wrong.append(f"it is not bound to the stage {stage} of {api}{_bound(snapshot, found)}")
        patches.append(f"op=add,path=/apiStages,value={target.id if target else api_by_name(api)}:{stage}")
    return share(
        4 - len(wrong),
        4,
        f"{plan}: {', '.join(wrong)}.",
        expected=expected,
        observed=f"{_number(found.rate)}/s, burst {_number(found.burst)}, {_quota(found)}",
        hint=f"aws apigateway update-usage-plan --usage-plan-id {found.id} --patch-operations {' '.join(patches)}",
    )


def _number(value: float | None) -> str:
    return "not set" if value is None else f"{value:g}" if value < 1e6 else f"{value:.0f}"


def _quota(plan: UsagePlan) -> str:
    return "not set" if plan.quota is None else f"{plan.quota} a {quote(plan.quota_period) or 'period unknown'}"


def _bound(snapshot: Snapshot, plan: UsagePlan) -> str:
    """What it is bound to instead."""
    names = {api.id: api.name for api in snapshot.api_gateway.rest_apis()}
    if not plan.stages:
        return ", nor to any other"
    return f" but to {listed(f'{names.get(api_id, api_id)}/{stage}' for api_id, stage in plan.stages)}"
