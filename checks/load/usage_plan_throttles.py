"""A usage plan throttles: seen from outside, by calling faster than it allows, and slower."""

from __future__ import annotations

import math
from typing import Any

from checks.api_gateway._common import own_api, route_for
from checks.load._common import key_of, notes_of
from checks.wording.advice import argument
from checks.wording.structure import as_text
from labgrader.judging import (
    EndpointTarget,
    LoadResult,
    LoadTest,
    NotGradedError,
    Reason,
    Verdict,
    check,
    failed,
    passed,
    quote,
)

ABOVE = 3.0
"""Times the plan's rate that is offered, so that the burst is used up at twice the rate."""

BELOW = 0.5
"""Times the plan's rate that must pass."""

BELOW_S = 2.0
"""Seconds that the calls below the limit go on."""

AFTER_BURST_S = 0.5
"""Seconds that the calls above the limit go on when the burst must be used up."""

LONGEST_S = 5.0
"""Seconds for the calls above the limit; where the burst needs longer, they come faster."""

KEEPING_UP = 0.5
"""The share of the calls below the limit that must have been sent for more to be tried."""

MARGIN = 1.1
"""Times what a plan lets through that must have been sent before it is said to let everything through: usage plans are
applied on a best-effort basis. Source: API Gateway Developer Guide, "Usage plans and API keys for REST APIs"."""


@check(
    title="The usage plan throttles the calls",
    hint="aws apigateway get-usage-plans",
    paths=["path"],
)
def usage_plan_throttles(
    load: LoadTest,
    *,
    plan: str,
    api: str,
    path: str,
    method: str,
    body: Any = None,
    most_in_flight: int = 100,
    most_requests: int = 3000,
    quota_share: float = 0.3,
) -> Verdict:
    """Calls above the plan's rate are refused with 429 when the burst is used up, and none below it is.

    Calls at half of the rate come first, for 2 seconds; then three times the rate until the burst must be empty, and
    half a second more. It is told only where the method wants an API key, an enabled key of the student belongs to the
    plan, and the plan limits a stage of the API; where the calls did not come faster than the plan allows (the account
    or the tester held them back), and where they would cost too much of the plan's quota, nothing is said.

    Args:
        plan: the usage plan's name.
        api: the REST API's name.
        path: the resource's path.
        method: the HTTP method.
        body: the request's body, of an operation that costs little: text as it stands, everything else as JSON.
        most_in_flight: calls in flight at most; those that find no room are not sent.
        most_requests: calls in all at most.
        quota_share: the share of the plan's quota that they may use up, 0 to 1.
    """
    found, limits = own_api(load.snapshot, api), load.snapshot.api_gateway.usage_plan(plan)
    if found is None or limits is None:
        return passed()
    stage = next((name for api_id, name in limits.stages if api_id == found.id), "")
    route = route_for(load.snapshot.api_gateway.routes(found.id), method, path)
    if not stage or route is None or not route.api_key_required:
        return passed()
    key, rate, burst = key_of(load.snapshot, limits), limits.rate, limits.burst
    if not key or not rate or not math.isfinite(rate) or rate < 0 or burst is None or burst < 1:
        return passed()
    most = most_requests if limits.quota is None else min(most_requests, quota_share * limits.quota)
    if rate > most:
        return passed()
    emptied_s = min(burst / ((ABOVE - 1) * rate), LONGEST_S - AFTER_BURST_S)
    duration_s = emptied_s + AFTER_BURST_S
    above_rps = max(ABOVE * rate, rate + burst / emptied_s)
    if round(BELOW * rate * BELOW_S) + round(above_rps * duration_s) > most:
        return passed()
    target = EndpointTarget(found, stage, method, path, body=None if body is None else as_text(body), api_key_id=key)
    called = f"{method} {path} of {api}"
    allowed = f"{rate:g} requests a second, burst {burst}"
    expected = f"429 above {allowed}, none below"
    below = _sent(load, target, BELOW * rate, BELOW_S, most_in_flight)
    if below.requests > burst + rate * _seconds(below, BELOW_S):
        raise NotGradedError("", f"{called} was called faster than it should be: nothing can be said of its usage plan")
    if early := _throttled(below):
        return failed(
            f"{called}: at {_rate(below)} requests a second {early} of {below.requests} were "
            f"refused (429), although the usage plan {plan} allows {allowed}: another limit is lower: that of the "
            f"stage {quote(stage)}, of its methods, of the plan for this method, or of the account, which all of its "
            f"APIs share.{_notes(below)}",
            expected=expected,
            observed=f"{early} refused below the limit",
            hint=f"aws apigateway get-stage --rest-api-id {found.id} --stage-name {argument(stage)} "
            "--query methodSettings\n"
            f"aws apigateway get-usage-plan --usage-plan-id {limits.id} --query apiStages\n"
            "aws apigateway get-account --query throttleSettings",
        )
    slow = f"{called} could not be called faster than its usage plan allows ({allowed})"
    if below.requests < BELOW * rate * KEEPING_UP * _seconds(
        below, BELOW_S
    ):  # then three times the rate is out of reach: spare them the load
        raise NotGradedError("", slow)
    above = _sent(load, target, above_rps, duration_s, most_in_flight)
    late = _throttled(above)
    numbers = (
        f"at {_rate(above)} requests a second {late} of {above.requests} were refused (429), at "
        f"{_rate(below)} a second none of {below.requests}"
    )
    observed = f"{late} refused above the limit, none below"
    if late:
        return passed(f"{called}: {numbers}.{_notes(above)}", expected=expected, observed=observed)
    if above.requests <= MARGIN * (burst + rate * _seconds(above, duration_s)):
        raise NotGradedError("", slow)
    return failed(
        f"{called}: {numbers}, although the usage plan {plan} allows {allowed}. The key is not limited by it.",
        expected=expected,
        observed=observed,
        hint=f"aws apigateway get-usage-plan-keys --usage-plan-id {limits.id}\n"
        f"aws apigateway get-usage-plan --usage-plan-id {limits.id} --query throttle",
    )


def _sent(load: LoadTest, target: EndpointTarget, rate_rps: float, duration_s: float, most: int) -> LoadResult:
    """Calls at a rate; those that the quota refused say nothing about the rate.

    Raises:
        NotGradedError: the quota is used up, or nothing could be sent.
    """
    result = load.open(target, rate_rps=rate_rps, duration_s=duration_s, most_in_flight=most)
    if result is None or not result.requests or result.other_errors > result.requests / 2:
        raise NotGradedError("", f"{target.name} could not be called")
    if any(_is_quota(reason) for reason in result.throttle_reasons):
        raise NotGradedError("", f"{target.name}: the quota of the usage plan is used up", Reason.QUOTA)
    return result


def _throttled(result: LoadResult) -> int:
    """Requests that the gateway refused for their rate; a 429 that the student's own code writes is none."""
    return sum(count for reason, count in result.throttle_reasons.items() if reason.startswith("TooManyRequests"))


def _is_quota(reason: str) -> bool:
    """Whether a call was refused for the quota (``LimitExceededException``), not the rate (``TooManyRequests…``)."""
    return reason.lower().replace(" ", "").startswith("limitexceeded")


def _seconds(result: LoadResult, planned_s: float) -> float:
    """How long it took to send the calls, those included that were dropped."""
    return (result.requests + result.dropped) / result.offered_rps if result.offered_rps > 0 else planned_s


def _rate(result: LoadResult) -> str:
    """How fast the calls came; a few calls that were on time came as fast as they should."""
    arrivals = result.requests + result.dropped
    rate = min(result.offered_rps, result.rate_rps or result.offered_rps) * result.requests / arrivals
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.2g}"


def _notes(result: LoadResult) -> str:
    """What the tester changed, to follow a sentence."""
    notes = notes_of(result.notes)
    return f" {notes}" if notes else ""
