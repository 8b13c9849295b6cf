"""A function responds to all but a few requests within a time."""

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
"""The fewest served requests for which a percentile is reported."""

_INVOKE = "lambda:InvokeFunction"


@check(
    title="The function responds in time",
    hint="aws lambda get-function-configuration --function-name {function} --query MemorySize  # CPU power grows "
    "with the memory: one vCPU at 1,769 MB. Then check what the function waits for",
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
    """Check that a percentile of the latency is within a limit, with 95% confidence.

    The check passes if the upper end of the percentile's 95% interval is within the limit, and fails if the lower end
    is above it. The test adds requests while the interval includes the limit. If the interval still includes it after
    ``most_requests``, the result is too close to call and earns half. A p50 needs 6 served requests, a p90 36, a p95
    72, a p99 368. With fewer, the check can fail, but a latency within the limit is not graded.

    A failed request counts as too slow, also a ``statusCode`` of 400 or more. The check fails if more requests fail
    than the percentile excludes (a tenth at most). A result within the limit is not graded if requests could not be
    sent. A result above the limit is not graded if the load tester's own delay may have caused it.

    All requests after the warm-up count. Cold starts among them count, too, because users wait for them, and the
    message names them. The latency includes the network between the load tester and Lambda.

    Args:
        function: the function.
        percentile: 50, 90, 95 or 99.
        milliseconds: the limit.
        operation: the value of ``operation`` in the request's body.
        event: the event, instead of ``operation``.
        concurrency: requests in flight.
        requests: requests at first, without the warm-up.
        most_requests: the most requests in all. The test adds requests while the result is too close to call.
        warm_up: requests before the test, which do not count; by default as many as are in flight. They take the first
            cold starts. With fewer, added requests would dilute the cold starts in the result.
        qualifiers: aliases or versions. The first that exists is invoked; ``$LATEST`` without any.

    Raises:
        NotGradedError: the test cannot decide.
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
    if result.broken_by_failures(max(percentile, 90)):  # at most a tenth for every percentile
        return failed(
            f"{target}: {failures} of {plural(result.succeeded + failures, 'request')} that reached it failed "
            f"({kinds_of_failure(result)}), so its latency was not judged.",
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
    observed = f"{name} {seen:,.0f} ms (95% interval {low:,.0f} to {high:,.0f} ms)"
    measured = f"{name} is between {low:,.0f} and {high:,.0f} ms (95% confidence)"
    limit = f"the limit is {milliseconds:g} ms"
    if low <= milliseconds and result.succeeded < fewest_measurements(percentile):
        raise NotGradedError(
            _INVOKE,
            f"{target} served {plural(result.succeeded, 'request')}, but 95% confidence in {name} needs "
            f"{fewest_measurements(percentile)}",
        )
    if low - result.late_ms <= milliseconds < high and result.late_ms:
        raise NotGradedError(
            _INVOKE,
            f"the load tester itself sent 1% of the requests at least {result.late_ms:,.0f} ms late, which may have "
            f"decided the result: {measured}, {limit}",
        )
    if result.dropped and low <= milliseconds:
        raise NotGradedError(
            _INVOKE,
            f"{result.dropped} of {plural(result.requests + result.dropped, 'request')} could not be sent, because too "
            f"many were in flight. Their latency is unknown; of the others, {measured}, {limit}",
        )
    if high <= milliseconds:
        return passed(remarks, expected=expected, observed=observed)
    if low > milliseconds:
        message = f"{target}: {measured}, {limit}. {remarks}".rstrip()
        return failed(message, expected=expected, observed=observed)
    return partial(
        0.5,
        f"{target}: {measured}, {limit}. That is too close to call after {plural(result.requests, 'request')}; a "
        f"decision needs more. {remarks}".rstrip(),
        expected=expected,
        observed=observed,
    )


def _remarks(result: LoadResult, own: int) -> str:
    """Return sentences on circumstances that explain the figure: notes, cold starts, throttling, an early end."""
    remarks = [notes_of(result.notes)]
    if result.cold_starts:
        warm = result.warm_latency_ms.get("p95")
        without = f"; without them p95 is {warm:,.0f} ms" if warm is not None else ""
        remarks.append(f"{plural(result.cold_starts, 'cold start')} among {result.succeeded} requests{without}.")
    if own:
        remarks.append(
            f"The function's reserved concurrency throttled {own} of {plural(result.requests, 'request')} (429)."
        )
    if result.cut_short:
        remarks.append(f"The test ended early: {quote(result.cut_short)}.")
    return " ".join(remark for remark in remarks if remark)
