"""A usage plan limits the requests of a stage."""

from __future__ import annotations

from checks.api_gateway._common import api_by_name, own_api
from checks.wording import missing
from labgrader.evidence.snapshot import Snapshot, UsagePlan
from labgrader.judging import Verdict, check, failed, listed, quote, share

_NOT_SET = "not set"


@check(
    title="The usage plan limits the stage",
    hint="aws apigateway get-usage-plans",
)
def usage_plan_limits(
    snapshot: Snapshot, *, plan: str, rate: float, burst: int, quota: int, period: str, api: str, stage: str
) -> Verdict:
    """Check that the plan has the rate, the burst and the quota, and is bound to the stage. Each is worth a quarter.

    Args:
        plan: its name.
        rate: requests a second.
        burst: requests that may arrive at once.
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
        names = [other.name for other in snapshot.api_gateway.usage_plans()]
        return failed(missing("usage plan", plan, names), expected=expected, observed="no such usage plan", hint=create)
    wrong: list[str] = []
    patches: list[str] = []
    if found.rate != rate:
        wrong.append(f"the rate {_differs(_number(found.rate), f'{rate:g} requests a second')}")
        patches.append(f"op=replace,path=/throttle/rateLimit,value={rate:g}")
    if found.burst != burst:
        wrong.append(f"the burst {_differs(_number(found.burst), str(burst))}")
        patches.append(f"op=replace,path=/throttle/burstLimit,value={burst}")
    if (found.quota, found.quota_period) != (quota, period):
        wrong.append(f"the quota {_differs(_quota(found), f'{quota} a {period}')}")
        patches += [
            f"op=replace,path=/quota/limit,value={quota}",
            f"op=replace,path=/quota/period,value={period}",
        ]
    target = own_api(snapshot, api)
    ids = [candidate.id for candidate in snapshot.api_gateway.rest_apis() if candidate.name == api]
    if not any((api_id, stage) in found.stages for api_id in ids):
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


def _differs(seen: str, wanted: str) -> str:
    return f"is {_NOT_SET} (the lab requires {wanted})" if seen == _NOT_SET else f"is {seen} instead of {wanted}"


def _number(value: float | None) -> str:
    return _NOT_SET if value is None else f"{value:g}" if value < 1e6 else f"{value:.0f}"


def _quota(plan: UsagePlan) -> str:
    return _NOT_SET if plan.quota is None else f"{plan.quota} a {quote(plan.quota_period) or 'period unknown'}"


def _bound(snapshot: Snapshot, plan: UsagePlan) -> str:
    """Return the stages to which the plan is bound instead, to end the sentence."""
    names = {api.id: api.name for api in snapshot.api_gateway.rest_apis()}
    if not plan.stages:
        return " or to any other stage"
    return f", but to {listed(f'{names.get(api_id, api_id)}/{stage}' for api_id, stage in plan.stages)}"
