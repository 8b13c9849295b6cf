"""A function answers within a time, for all but a few of its callers."""

from __future__ import annotations

from typing import Any, Literal

from checks.load._common import (
    FAILING_STATUS,
    kinds_of_failure,
    notes_of,
    refused,
    require_room,
)
from checks.wording import event_for, first_existing, missing_function, no_qualifier, plural, target_name
from labgrader.judging import (
    FunctionTarget,
    LoadResult,
    LoadTest,
    NotGradedError,
    Threshold,
    Verdict,
    check,
    failed,
    fewest_measurements,
    partial,
    passed,
    quote,
)

FEWEST_SERVED = 10
"""Requests that must have been served before a percentile is spoken of at all."""

_INVOKE = "lambda:InvokeFunction"


@check(
    title="The function answers in time",
    hint="aws lambda get-function-configuration --function-name {function} --query MemorySize  # processor time comes "
    "with the memory, a whole vCPU at 1,769 MB; then see what the call waits for",
)
def latency_within(
    load: LoadTest,
    *,
    function: str,
    percentile: Literal[50, 90, 95, 99],
    milliseconds: float,
    operation: str = "",
    event: dict[str, Any] | None = None,
    concurrency: int = 1,
    requests: int = 100,
    most_requests: int = 1000,
    warm_up: int | None = None,
    qualifiers: list[str] | None = None,
) -> Verdict:
    """A percentile of the latency keeps a bound, as surely as its 95% interval tells.

    It passes where the interval's upper end is within the bound, and fails where its lower end is beyond. Requests are
    added while the interval straddles the bound; where it still does after ``most_requests``, it is too close to call
    and half is earned, with words. A p50 takes 6 served requests to be kept for sure, a p90 36, a p95 72, a p99 368:
    with fewer nothing is graded, unless it is broken. A request that failed was not answered in time, so more failures
    than the percentile leaves out (a tenth at most) fail as well; a ``statusCode`` of 400 or more is one. Where the
    load tester itself was so late that it may have made the difference, or requests that were due could not be sent,
    nothing is graded, unless it is broken all the same. Judged are all requests that were served after the warm-up,
    which takes the first cold starts away; those that come all the same count, because somebody waits for them, and are
    named. The latency is the caller's, with the way to Lambda and back.

    Args:
        function: the function.
        percentile: 50, 90, 95 or 99.
        milliseconds: the bound.
        operation: what ``operation`` is in the request's body.
        event: the event itself, in place of ``operation``.
        concurrency: requests in flight.
        requests: requests at first, without the warm-up.
        most_requests: requests are added, up to so many in all, while it is too close to call.
        warm_up: requests sent before, and not judged: as many as there are in flight, which takes the first cold
            starts away. With fewer, requests that are added to decide would thin out the cold starts among them.
        qualifiers: aliases or versions; the first that exists is called. ``$LATEST`` where none is given.
    """
    expected = f"p{percentile} within {milliseconds:g} ms"
    deployed = load.snapshot.function(function)
    if deployed is None:
        return failed(missing_function(load.snapshot, function), expected=expected, observed="no such function")
    qualifier = first_existing(load.snapshot, function, qualifiers)
    result = None
    if qualifier is not None:
        result = load.closed(
            FunctionTarget(function, qualifier, event_for(operation) if event is None else event),
            concurrency=concurrency,
            requests=requests,
            warm_up=concurrency if warm_up is None else warm_up,
            threshold=Threshold(percentile, milliseconds, max(requests, most_requests)),
            failing_status=FAILING_STATUS,
        )
    if result is None:
        return failed(no_qualifier(function, qualifiers), expected=expected, observed="no such alias or version")
    target = target_name(function, qualifier or "")
    own, by_account = refused(result, deployed)
    failures = result.own_failures
    if result.broken_by_failures(max(percentile, 90)):  # a tenth at most, whatever the percentile
        return failed(
            f"{target}: {failures} of {plural(result.succeeded + failures, 'request')} that it took failed "
            f"({kinds_of_failure(result)}), so that its latency says nothing.",
            expected=expected,
            observed=f"{result.succeeded} served, {failures} failed",
            hint=f"aws logs tail /aws/lambda/{function} --since 1h --filter-pattern ERROR",
            evidence=[quote(sample) for sample in result.error_samples],
        )
    require_room(result, target, by_account)
    name = f"p{percentile}"
    if result.succeeded < FEWEST_SERVED or name not in result.intervals_ms:
        raise NotGradedError(_INVOKE, f"{target} served {plural(result.succeeded, 'request')}: too few for {name}")
    low, high = result.intervals_ms[name]
    seen = result.latency_ms.get(name, low)
    remarks = _remarks(result, own)
    observed = f"{name} {seen:,.0f} ms ({low:,.0f} to {high:,.0f} ms, 95% sure)"
    lies = f"{name} lies between {low:,.0f} and {high:,.0f} ms (95% sure)"
    if low <= milliseconds and result.succeeded < fewest_measurements(percentile):
        raise NotGradedError(
            _INVOKE,
            f"{target} served {plural(result.succeeded, 'request')}: too few to be 95% sure of {name}, "
            f"which takes {fewest_measurements(percentile)}",
        )
    if low - result.late_ms <= milliseconds < high and result.late_ms:
        raise NotGradedError(
            _INVOKE,
            f"the load tester itself was late by {result.late_ms:,.0f} ms in one request of a hundred, "
            f"which may have made the difference: {lies}, the bound is {milliseconds:g} ms",
        )
    if result.dropped and low <= milliseconds:
        raise NotGradedError(
            _INVOKE,
            f"{result.dropped} of {plural(result.requests + result.dropped, 'request')} found no room in flight and "
            f"were not sent, so that nobody knows how long they would have waited: of the others, {lies}, the bound is "
            f"{milliseconds:g} ms",
        )
    if high <= milliseconds:
        return passed(remarks, expected=expected, observed=observed)
    if low > milliseconds:
        message = f"{target}: {lies}, the bound is {milliseconds:g} ms. {remarks}".rstrip()
        return failed(message, expected=expected, observed=observed)
    return partial(
        0.5,
        f"{target}: too close to call after {plural(result.requests, 'request')}: {lies}, the bound is "
        f"{milliseconds:g} ms; more would be needed to tell. {remarks}".rstrip(),
        expected=expected,
        observed=observed,
    )


def _remarks(result: LoadResult, own: int) -> str:
    """What belongs to the figure, with nobody to blame."""
    remarks = [notes_of(result.notes)]
    if result.cold_starts:
        warm = result.warm_latency_ms.get("p95")
        without = f"; without them p95 is {warm:,.0f} ms" if warm is not None else ""
        remarks.append(f"{plural(result.cold_starts, 'cold start')} among {result.succeeded} requests{without}.")
    if own:
        remarks.append(f"{plural(own, 'request')} of {result.requests} refused (429) by the function's reservation.")
    if result.cut_short:
        remarks.append(f"The test ended early: {quote(result.cut_short)}.")
    return " ".join(remark for remark in remarks if remark)
