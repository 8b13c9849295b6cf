"""A stage's cache answers faster than the function behind it."""

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
"""Seconds that an answer is kept where nothing else is set. Source: API Gateway Developer Guide, "Cache settings for
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
    """A request that the stage's cache answers is faster than one that it has to pass on, measured in turn.

    Every second request says ``Cache-Control: max-age=0``: API Gateway then calls the function and keeps the new
    answer, which the next request gets from the cache. Nothing is said where the stage does not cache the method, where
    its cache is not available yet, and where only authorized callers may have an answer made anew, for then each
    request is a hit. A method with a body earns half at most: the body is no part of the cache's key.

    Args:
        api: the REST API's name.
        path: the resource's path.
        method: the HTTP method.
        stage: the stage's name; where empty ``prod``, else the first there is.
        body: the request's body: text as it stands, everything else as JSON.
        rounds: requests of each kind, besides the first.
        most_rounds: requests are added, up to so many of each, while it is too close to call which is faster.
    """
    found = own_api(load.snapshot, api)
    called = choose_stage(load.snapshot, found, stage) if found else None
    if found is None or called is None:
        return passed()
    caching = called.caching_of(method, path)
    route = route_for(load.snapshot.api_gateway.routes(found.id), method, path)
    if route is None or not caching.enabled or caching.authorized_only or called.cache_status != "AVAILABLE":
        return passed()
    key = ""
    if route.api_key_required:
        plan = plan_for(load.snapshot, found, called.name)
        key = key_of(load.snapshot, plan) if plan else ""
        if not key:
            return passed()
    sent = None if body is None else as_text(body)
    hit = EndpointTarget(found, called.name, method, path, body=sent, api_key_id=key)
    miss = EndpointTarget(
        found, called.name, method, path, headers={"Cache-Control": "max-age=0"}, body=sent, api_key_id=key
    )
    measured = load.compare(miss, hit, rounds=rounds, most_rounds=most_rounds)
    if measured is None or not measured.baseline_ms or not measured.candidate_ms:
        raise NotGradedError("", f"{hit.name} could not be timed")
    slow, fast = median(measured.baseline_ms), median(measured.candidate_ms)
    low, high = measured.ratio_interval
    sure = confidence_text(measured)
    notes = notes_of(measured.notes)
    message = (
        f"{method} {path} of {api}: an answer from the cache of the stage {quote(called.name)} took {fast:,.0f} ms, "
        f"one from the function {slow:,.0f} ms"
    )
    observed = f"{fast:,.0f} ms against {slow:,.0f} ms"
    expected = "an answer from the cache is faster"
    settings = (
        f"aws apigateway get-stage --rest-api-id {found.id} --stage-name {argument(called.name)} --query methodSettings"
    )
    if high < 1:
        return failed(
            f"{message}: the cache makes it slower ({measured.ratio:.1f} times as fast, {sure}). {notes}".rstrip(),
            expected=expected,
            observed=observed,
            hint=_without_cache(found.id, called, method, path),
        )
    if low <= 1:
        return failed(
            f"{message}: no difference can be seen (ratio {measured.ratio:.1f}, {sure}), so the cache, which is billed "
            f"by the hour, saves no time. {notes}".rstrip(),
            expected=expected,
            observed=observed,
            hint=settings,
        )
    message = f"{message}: {measured.ratio:.1f} times faster ({sure}). {notes}".rstrip()
    if method in ("GET", "HEAD"):
        return passed(message, expected=expected, observed=observed)
    return partial(
        0.5,
        f"{message} But the body of a {method} is no part of the cache's key: for {_seconds(caching)} every {method} "
        "gets the answer that the first one got, whatever its body says. Cache what is asked for with a GET.",
        expected=expected,
        observed=observed,
        hint=_without_cache(found.id, called, method, path),
    )


def _seconds(caching: MethodCaching) -> str:
    return f"{DEFAULT_TTL_S if caching.ttl_s is None else caching.ttl_s} seconds"


def _without_cache(api_id: str, stage: Stage, method: str, path: str) -> str:
    """The command that caches a method no longer; slashes of a resource's path are written ``~1``."""
    setting = f"/{path.replace('/', '~1')}/{method}/caching/enabled"
    return (
        f"aws apigateway update-stage --rest-api-id {api_id} --stage-name {argument(stage.name)} --patch-operations "
        f"op=replace,path={setting},value=false"
    )
