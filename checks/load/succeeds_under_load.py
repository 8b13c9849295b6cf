"""A function serves many requests at once without an error."""

from __future__ import annotations

from checks.load._common import (
    FAILING_STATUS,
    account_reason,
    kinds_of_failure,
    no_room,
    notes_of,
    refused,
    require_room,
    unreachable,
)
from checks.wording import event_for, first_existing, missing_function, no_qualifier, plural, target_name
from labgrader.evidence.snapshot import Function
from labgrader.judging import (
    FunctionTarget,
    LoadResult,
    LoadTest,
    NotGradedError,
    Reason,
    Verdict,
    check,
    failed,
    partial,
    passed,
    quote,
)

TOLERABLE = 0.9
"""The lowest share of served requests that earns half of the points."""

LONGEST_TIMEOUT_S = 900
MOST_MEMORY_MB = 10_240
"""Limits of a function. Source: Lambda Developer Guide, "Lambda quotas"."""

_INVOKE = "lambda:InvokeFunction"


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
    warm_up: int = 0,
    qualifiers: list[str] | None = None,
) -> Verdict:
    """Check that every request that reaches the function succeeds. Latency is not judged, because machines differ.

    A ``statusCode`` of 400 or more is a failure. Requests that the function's reserved concurrency throttles (429) are
    reported but cost no points. If the account's limits throttle more than a tenth of the requests, or leave too little
    concurrency for the test, nothing is graded. Failures of at most a tenth of the requests earn half.

    Args:
        function: the function.
        operation: the value of ``operation`` in the request's body.
        concurrency: requests in flight. The test uses fewer, at least half, if the account lacks concurrency.
        requests: requests in all, without the warm-up.
        served_at_least: the fewest served requests with which the test is graded.
        warm_up: requests before the test, which take the cold starts and do not count.
        qualifiers: aliases or versions. The first that exists is invoked; ``$LATEST`` without any.

    Raises:
        NotGradedError: the test cannot decide.

    Sources:
        A function has at most 10,240 MB of memory and a timeout of at most 900 seconds:
            https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    """
    expected = f"no errors in {requests} requests, {concurrency} in flight"
    deployed = load.snapshot.function(function)
    if deployed is None:
        return failed(missing_function(load.snapshot, function), expected=expected, observed="no such function")
    qualifier = first_existing(load.snapshot, function, qualifiers)
    result = None
    if qualifier is not None:
        called = FunctionTarget(function, qualifier, event_for(operation))
        result = load.closed(
            called, concurrency=concurrency, requests=requests, warm_up=warm_up, failing_status=FAILING_STATUS
        )
    if result is None:
        return failed(no_qualifier(function, qualifiers), expected=expected, observed="no such alias or version")
    target = target_name(function, qualifier or "")
    observed = _counted(result)
    failures = result.own_failures
    if failures:
        reached = result.succeeded + failures
        message = (
            f"{target}: {failures} of {plural(reached, 'request')} that reached it failed under load "
            f"({kinds_of_failure(result)})."
        )
        evidence = [quote(sample) for sample in result.error_samples]
        hint = _fix(result, deployed, qualifier or "")
        if result.succeeded >= TOLERABLE * reached:
            return partial(0.5, message, expected=expected, observed=observed, hint=hint, evidence=evidence)
        return failed(message, expected=expected, observed=observed, hint=hint, evidence=evidence)
    own, by_account = refused(result, deployed)
    require_room(result, target, by_account)
    if result.succeeded >= served_at_least:
        return passed(_remarks(result, own, by_account), expected=expected, observed=observed)
    if result.unanswered:
        raise NotGradedError(
            _INVOKE,
            f"{target} was too slow for the load test, which {quote(result.cut_short)}: {result.succeeded} served",
        )
    if result.other_errors:
        raise NotGradedError(_INVOKE, unreachable(result, target))
    if not result.throttled:
        why = quote(result.cut_short) or f"{plural(result.succeeded, 'request')} served"
        raise NotGradedError(_INVOKE, f"the load test of {target} was too short for a verdict: {why}")
    reserve = f"aws lambda put-function-concurrency --function-name {function} --reserved-concurrent-executions 10"
    if deployed.reserved_concurrency == 0:
        return failed(
            f"{target} served no request: its reserved concurrency is 0, so Lambda throttles every invocation.",
            expected=expected,
            observed=observed,
            hint=reserve,
        )
    if deployed.reserved_concurrency is None or not own:
        raise NotGradedError(_INVOKE, no_room(result, target, result.throttled), Reason.QUOTA)
    return failed(
        f"{target} served {plural(result.succeeded, 'request')} and throttled {result.throttled}: "
        f"its reserved concurrency is {deployed.reserved_concurrency}.",
        expected=expected,
        observed=observed,
        hint=reserve,
    )


def _counted(result: LoadResult) -> str:
    p95 = result.latency_ms.get("p95")
    slow = f", p95 {p95:,.0f} ms" if result.succeeded and p95 is not None else ""
    cut = f" (ended early: {quote(result.cut_short)})" if result.cut_short else ""
    unreached = result.other_errors - result.unanswered
    lost = f", {unreached} not reached" if unreached else ""
    counts = f"{result.succeeded} served, {result.throttled} throttled, {result.own_failures} failed{lost}"
    return f"{counts}{slow}{cut}"


def _fix(result: LoadResult, deployed: Function, qualifier: str) -> str:
    """Return the commands that fix the most frequent failure, or an empty text for the check's default hint."""
    kinds = result.function_error_kinds
    if 2 * kinds.get("timeout", 0) > result.own_failures:
        setting = f"--timeout {min(LONGEST_TIMEOUT_S, 2 * (deployed.timeout_s or 3))}"
    elif 2 * kinds.get("out_of_memory", 0) > result.own_failures:
        setting = f"--memory-size {min(MOST_MEMORY_MB, 2 * (deployed.memory_mb or 128))}"
    else:
        return ""
    name = deployed.name
    commands = [f"aws lambda update-function-configuration --function-name {name} {setting}"]
    if qualifier and not qualifier.isdecimal():
        commands += [
            f"aws lambda wait function-updated-v2 --function-name {name}",
            f"aws lambda publish-version --function-name {name}",
            f"aws lambda update-alias --function-name {name} --name {qualifier} "
            "--function-version N  # the number that publish-version printed",
        ]
    return "\n".join(commands)


def _remarks(result: LoadResult, own: int, by_account: int) -> str:
    """Return sentences on circumstances that cost no points: notes, throttling, lost requests."""
    remarks = [notes_of(result.notes)]
    if own:
        remarks.append(
            f"The function's reserved concurrency throttled {own} of {plural(result.requests, 'request')} (429), with "
            f"{result.concurrency} in flight. That is expected and costs no points."
        )
    if by_account:
        remarks.append(
            f"The account's limit ({account_reason(result)}) throttled {by_account} of "
            f"{plural(result.requests, 'request')} (429), which costs no points."
        )
    if result.unanswered:
        remarks.append(
            f"{plural(result.unanswered, 'request')} had no response when the test ended, which costs no points."
        )
    if unreached := result.other_errors - result.unanswered:
        remarks.append(f"{plural(unreached, 'request')} could not be sent, which costs no points.")
    return " ".join(remark for remark in remarks if remark)
