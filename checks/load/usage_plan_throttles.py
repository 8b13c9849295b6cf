"""A usage plan throttles, measured with requests above and below its rate."""

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
"""Multiple of the plan's rate for the fast requests. They use up the burst at twice the rate."""

BELOW = 0.5
"""Multiple of the plan's rate for the slow requests, which must not be throttled."""

BELOW_S = 2.0
"""Duration of the slow requests in seconds."""

AFTER_BURST_S = 0.5
"""Duration of the fast requests after the burst is used up, in seconds."""

LONGEST_S = 5.0
"""Longest duration of the fast requests in seconds. A larger burst gets a higher rate."""

KEEPING_UP = 0.5
"""Smallest share of the slow requests that must have been sent before the fast requests start."""

MARGIN = 1.1
"""Multiple of the requests that the plan allows that must have been sent before the check fails.

AWS applies usage plans on a best-effort basis. Source: API Gateway Developer Guide, "Usage plans and API keys for REST
APIs"."""


@check(
    title="The usage plan throttles requests",
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
    """Check that requests above the plan's rate are throttled (429) after the burst is used up. Requests below it are
    not.

    The test first sends requests at half of the rate for 2 seconds. It then sends three times the rate until the burst
    is used up, and half a second longer. The check passes without a test unless the method requires an API key, an
    enabled key of the student belongs to the plan, and the plan limits a stage of the API. It also passes without a
    test if the requests would use too much of the plan's quota. If the requests were not faster than the plan allows,
    because the account or the load tester slowed them down, nothing is graded.

    Args:
        plan: the usage plan's name.
        api: the REST API's name.
        path: the resource's path.
        method: the HTTP method.
        body: the request's body, for a cheap operation. Text is sent unchanged, everything else as JSON.
        most_in_flight: the most requests in flight. Further requests are not sent.
        most_requests: the most requests in all.
        quota_share: the largest share (0 to 1) of the plan's quota that the test may use.

    Raises:
        NotGradedError: the test cannot decide.

    Sources:
        AWS applies the limits of a usage plan on a best-effort basis:
            https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
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
    endpoint = f"{method} {path} of {api}"
    allowed = f"{rate:g} requests a second with a burst of {burst}"
    expected = f"429 above {allowed}, none below"
    below = _sent(load, target, BELOW * rate, BELOW_S, most_in_flight)
    if below.requests > burst + rate * _seconds(below, BELOW_S):
        raise NotGradedError(
            "", f"{endpoint} received requests faster than planned, so its usage plan cannot be judged"
        )
    if early := _throttled(below):
        return failed(
            f"{endpoint}: at {_rate(below)} requests a second, {early} of {below.requests} were throttled (429), "
            f"although the usage plan {plan} allows {allowed}. Another limit is lower: that of the stage "
            f"{quote(stage)}, of its methods, of the plan for this method, or of the account for all of its APIs."
            f"{_notes(below)}",
            expected=expected,
            observed=f"{early} throttled below the limit",
            hint=f"aws apigateway get-stage --rest-api-id {found.id} --stage-name {argument(stage)} "
            "--query methodSettings\n"
            f"aws apigateway get-usage-plan --usage-plan-id {limits.id} --query apiStages\n"
            "aws apigateway get-account --query throttleSettings",
        )
    slow = f"requests to {endpoint} could not be sent faster than its usage plan allows ({allowed})"
    fewest_sent = BELOW * rate * KEEPING_UP * _seconds(below, BELOW_S)
    if below.requests < fewest_sent:  # three times the rate is out of reach, so do not try it
        raise NotGradedError("", slow)
    above = _sent(load, target, above_rps, duration_s, most_in_flight)
    late = _throttled(above)
    numbers = (
        f"at {_rate(above)} requests a second, {late} of {above.requests} were throttled (429); at "
        f"{_rate(below)} a second, none of {below.requests}"
    )
    observed = f"{late} throttled above the limit, none below"
    if late:
        return passed(f"{endpoint}: {numbers}.{_notes(above)}", expected=expected, observed=observed)
    if above.requests <= MARGIN * (burst + rate * _seconds(above, duration_s)):
        raise NotGradedError("", slow)
    return failed(
        f"{endpoint}: {numbers}. But the usage plan {plan} allows only {allowed}, so it does not limit the API key.",
        expected=expected,
        observed=observed,
        hint=f"aws apigateway get-usage-plan-keys --usage-plan-id {limits.id}\n"
        f"aws apigateway get-usage-plan --usage-plan-id {limits.id} --query throttle",
    )


def _sent(load: LoadTest, target: EndpointTarget, rate_rps: float, duration_s: float, most: int) -> LoadResult:
    """Send requests at a rate. Requests that the quota refused say nothing about the rate.

    Raises:
        NotGradedError: the quota is used up, or the stage could not be called.
    """
    result = load.open(target, rate_rps=rate_rps, duration_s=duration_s, most_in_flight=most)
    if result is None or not result.requests or result.other_errors > result.requests / 2:
        raise NotGradedError("", f"{target.name} could not be called")
    if any(_is_quota(reason) for reason in result.throttle_reasons):
        raise NotGradedError("", f"{target.name}: the quota of the usage plan is used up", Reason.QUOTA)
    return result


def _throttled(result: LoadResult) -> int:
    """Return how many requests the gateway throttled; a 429 from the student's code does not count."""
    return sum(count for reason, count in result.throttle_reasons.items() if reason.startswith("TooManyRequests"))


def _is_quota(reason: str) -> bool:
    """Return whether the reason is the quota (``LimitExceededException``), not the rate (``TooManyRequests…``)."""
    return reason.lower().replace(" ", "").startswith("limitexceeded")


def _seconds(result: LoadResult, planned_s: float) -> float:
    """Return how long the requests took to send, in seconds, including dropped ones."""
    return (result.requests + result.dropped) / result.offered_rps if result.offered_rps > 0 else planned_s


def _rate(result: LoadResult) -> str:
    """Return the rate at which requests were sent, for a sentence; never more than planned."""
    arrivals = result.requests + result.dropped
    rate = min(result.offered_rps, result.rate_rps or result.offered_rps) * result.requests / arrivals
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.2g}"


def _notes(result: LoadResult) -> str:
    """Return the load tester's notes with a leading space, to follow a sentence."""
    notes = notes_of(result.notes)
    return f" {notes}" if notes else ""
