"""A function serves many requests at once without an error."""

from __future__ import annotations

from checks.wording import event_for, first_existing, missing_function, no_qualifier, plural, target_name
from labgrader.judging import (
    LoadResult,
    LoadTest,
    NotGradedError,
    Verdict,
    check,
    failed,
    listed,
    partial,
    passed,
    quote,
)

TOLERABLE = 0.9
"""The share of served requests from which on half of the points are earned."""


@check(
    title="The function serves many requests at once",
    hint="aws logs tail /aws/lambda/{function} --since 1h --filter-pattern ERROR",
)
def succeeds_under_load(
    load: LoadTest,
    *,
    function: str,
    operation: str,
    concurrency: int,
    requests: int,
    served_at_least: int = 10,
    qualifiers: list[str] | None = None,
) -> Verdict:
    """Every request that the function takes is served; how fast is not judged, as machines differ.

    Requests that Lambda refuses (429) because the function reserves fewer executions than there are in flight are
    counted and shown, not held against it. With errors in at most a tenth of the requests half is earned.

    Args:
        function: the function.
        operation: what ``operation`` is in the request's body.
        concurrency: requests in flight.
        requests: requests in all.
        served_at_least: how many must have been served for the test to say anything.
        qualifiers: aliases or versions; the first that exists is called. ``$LATEST`` where none is given.
    """
    expected = f"no errors in {requests} requests, {concurrency} in flight"
    deployed = load.snapshot.function(function)
    if deployed is None:
        return failed(missing_function(load.snapshot, function), expected=expected, observed="no such function")
    qualifier = first_existing(load.snapshot, function, qualifiers)
    result = None
    if qualifier is not None:
        result = load.closed(function, qualifier, event_for(operation), concurrency=concurrency, requests=requests)
    if result is None:
        return failed(no_qualifier(function, qualifiers), expected=expected, observed="no such alias or version")
    target = target_name(function, qualifier or "")
    observed = _counted(result)
    own_failures = result.function_errors + result.application_errors + result.timeouts
    if own_failures:
        taken = result.succeeded + own_failures
        message = (
            f"{target}: {own_failures} of {plural(taken, 'request')} that it took failed under load ({_kinds(result)})."
        )
        evidence = [quote(sample) for sample in result.error_samples]
        if result.succeeded >= TOLERABLE * taken:
            return partial(0.5, message, expected=expected, observed=observed, evidence=evidence)
        return failed(message, expected=expected, observed=observed, evidence=evidence)
    reserved = deployed.reserved_concurrency
    own_limit = result.throttle_reason.startswith("Reserved") or (
        not result.throttle_reason and reserved is not None and reserved < concurrency
    )
    if result.throttled > result.requests / 10 and not own_limit:
        raise NotGradedError(
            "lambda:InvokeFunction",
            f"the account, not {target}, had no concurrency left: {plural(result.throttled, 'request')} refused "
            f"({quote(result.throttle_reason) or 'no reason given'})",
        )
    unreached = result.other_errors - result.unanswered
    if unreached > result.requests / 10:
        raise NotGradedError("lambda:InvokeFunction", f"{target} could not be reached: {listed(result.error_samples)}")
    if result.succeeded >= served_at_least:
        return passed(_remarks(result, own_limit), expected=expected, observed=observed)
    if result.unanswered:
        raise NotGradedError(
            "lambda:InvokeFunction",
            f"{target} was too slow for the load test, which {quote(result.cut_short)}: {result.succeeded} served",
        )
    if unreached:
        raise NotGradedError("lambda:InvokeFunction", f"{target} could not be reached: {listed(result.error_samples)}")
    if deployed.reserved_concurrency == 0:
        return failed(
            f"{target} refused every request: its reserved concurrency is 0, which switches it off.",
            expected=expected,
            observed=observed,
            hint=f"aws lambda put-function-concurrency --function-name {function} --reserved-concurrent-executions 10",
        )
    if deployed.reserved_concurrency is None or not result.throttle_reason.startswith("Reserved"):
        raise NotGradedError(
            "lambda:InvokeFunction",
            f"the account, not {target}, had no concurrency left: {plural(result.throttled, 'request')} refused "
            f"({quote(result.throttle_reason) or 'no reason given'})",
        )
    return failed(
        f"{target} served {plural(result.succeeded, 'request')} and refused {result.throttled}: "
        f"it reserves {plural(deployed.reserved_concurrency, 'execution')}.",
        expected=expected,
        observed=observed,
        hint=f"aws lambda put-function-concurrency --function-name {function} --reserved-concurrent-executions 10",
    )


def _counted(result: LoadResult) -> str:
    p95 = result.latency_ms.get("p95")
    slow = f", p95 {p95:,.0f} ms" if result.succeeded and p95 is not None else ""
    cut = f" (ended early: {quote(result.cut_short)})" if result.cut_short else ""
    failures = result.failures - result.unanswered
    return f"{result.succeeded} served, {result.throttled} throttled, {failures} failed{slow}{cut}"


def _kinds(result: LoadResult) -> str:
    kinds = {
        "crashed": result.function_errors,
        "answered 500 or more": result.application_errors,
        "did not answer in time": result.timeouts,
    }
    return ", ".join(f"{count} {kind}" for kind, count in kinds.items() if count)


def _remarks(result: LoadResult, own_limit: bool) -> str:
    """What a student may wonder about, with nobody to blame."""
    remarks = []
    if result.throttled and own_limit:
        remarks.append(
            f"{plural(result.throttled, 'request')} of {result.requests} refused (429): the function has fewer "
            f"executions than the {result.concurrency} in flight. That is what a reservation does, not an error."
        )
    elif result.throttled:
        remarks.append(
            f"{plural(result.throttled, 'request')} of {result.requests} refused (429) by the account's limit "
            f"({quote(result.throttle_reason) or 'no reason given'}), which is not the function's fault."
        )
    if result.unanswered:
        remarks.append(
            f"{plural(result.unanswered, 'request')} had no answer yet when the test's time was over: not counted."
        )
    if unreached := result.other_errors - result.unanswered:
        remarks.append(f"{plural(unreached, 'request')} could not be sent, which is not the function's fault.")
    return " ".join(remarks)
