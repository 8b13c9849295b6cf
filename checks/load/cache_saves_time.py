"""A stage's cache responds faster than its function."""

from __future__ import annotations

from statistics import median
from typing import Any

from checks.api_gateway._common import choose_stage, own_api, route_for
from checks.load._common import confidence_text, key_of, notes_of, plan_for
from checks.wording.advice import argument
from checks.wording.structure import as_text
from labgrader.evidence.snapshot import MethodCaching, Stage
from labgrader.judging import (
    EndpointTarget,
    LoadTest,
    NotGradedError,
    Verdict,
    check,
    failed,
    partial,
    passed,
    quote,
)

DEFAULT_TTL_S = 300
"""Default time to live of a cached response in seconds. Source: API Gateway Developer Guide, "Cache settings for
REST APIs in API Gateway"."""


@check(
    title="The cache of the stage saves time",
    hint="aws apigateway get-stages --rest-api-id API-ID --query 'item[].methodSettings'",
    paths=["path"],
)
def cache_saves_time(
    load: LoadTest,
    *,
    api: str,
    path: str,
    method: str,
    stage: str = "",
    body: Any = None,
    rounds: int = 10,
    most_rounds: int = 40,
) -> Verdict:
    """Check that a cached response is faster than a response from the function. Both are measured in turn.

    Every second request has ``Cache-Control: max-age=0``, so API Gateway invokes the function and caches the new
    response for the next request. The check passes without a test if the stage does not cache the method, if its cache
    is not available yet, or if only authorized requests may invalidate the cache. A method with a body earns half at
    most, because the cache key does not include the body.

    Args:
        api: the REST API's name.
        path: the resource's path.
        method: the HTTP method.
        stage: the stage's name; if empty, ``prod`` or else the first stage.
        body: the request's body. Text is sent unchanged, everything else as JSON.
        rounds: requests of each kind, after the first.
        most_rounds: the most requests of each kind. The test adds requests while the result is too close to call.

    Raises:
        NotGradedError: the requests could not be timed.

    Sources:
        A stage caches only GET methods by default. A response stays in the cache for 300 seconds by default:
            https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html
    """
    found = own_api(load.snapshot, api)
    deployed = choose_stage(load.snapshot, found, stage) if found else None
    if found is None or deployed is None:
        return passed()
    caching = deployed.caching_of(method, path)
    route = route_for(load.snapshot.api_gateway.routes(found.id), method, path)
    if route is None or not caching.enabled or caching.authorized_only or deployed.cache_status != "AVAILABLE":
        return passed()
    key = ""
    if route.api_key_required:
        plan = plan_for(load.snapshot, found, deployed.name)
        key = key_of(load.snapshot, plan) if plan else ""
        if not key:
            return passed()
    sent = None if body is None else as_text(body)
    hit = EndpointTarget(found, deployed.name, method, path, body=sent, api_key_id=key)
    miss = EndpointTarget(
        found, deployed.name, method, path, headers={"Cache-Control": "max-age=0"}, body=sent, api_key_id=key
    )
    measured = load.compare(miss, hit, rounds=rounds, most_rounds=most_rounds)
    if measured is None or not measured.baseline_ms or not measured.candidate_ms:
        raise NotGradedError("", f"{hit.name} could not be timed")
    slow, fast = median(measured.baseline_ms), median(measured.candidate_ms)
    low, high = measured.ratio_interval
    sure = confidence_text(measured)
    notes = notes_of(measured.notes)
    message = (
        f"{method} {path} of {api}: the cache of the stage {quote(deployed.name)} responded in {fast:,.0f} ms, "
        f"the function in {slow:,.0f} ms."
    )
    observed = f"{fast:,.0f} ms against {slow:,.0f} ms"
    expected = "the cache is faster"
    settings = (
        f"aws apigateway get-stage --rest-api-id {found.id} --stage-name {argument(deployed.name)} "
        "--query methodSettings"
    )
    if high < 1:
        return failed(
            f"{message} The cache makes requests slower (ratio {measured.ratio:.1f}, {sure}). {notes}".rstrip(),
            expected=expected,
            observed=observed,
            hint=_without_cache(found.id, deployed, method, path),
        )
    if low <= 1:
        return failed(
            f"{message} There is no measurable difference (ratio {measured.ratio:.1f}, {sure}). The cache saves no "
            f"time, but AWS bills it by the hour. {notes}".rstrip(),
            expected=expected,
            observed=observed,
            hint=settings,
        )
    message = f"{message} The cache is {measured.ratio:.1f} times faster ({sure}). {notes}".rstrip()
    if method in ("GET", "HEAD"):
        return passed(message, expected=expected, observed=observed)
    return partial(
        0.5,
        f"{message} But the cache key does not include the body of a {method}. For {_seconds(caching)}, every "
        f"{method} gets the response to the first one, even with another body. Cache only GET methods.",
        expected=expected,
        observed=observed,
        hint=_without_cache(found.id, deployed, method, path),
    )


def _seconds(caching: MethodCaching) -> str:
    return f"{DEFAULT_TTL_S if caching.ttl_s is None else caching.ttl_s} seconds"


def _without_cache(api_id: str, stage: Stage, method: str, path: str) -> str:
    """Return the command that disables the cache of a method. The setting has ``~1`` for each slash of the path."""
    setting = f"/{path.replace('/', '~1')}/{method}/caching/enabled"
    return (
        f"aws apigateway update-stage --rest-api-id {api_id} --stage-name {argument(stage.name)} --patch-operations "
        f"op=replace,path={setting},value=false"
    )
