"""One function is faster than another."""

from __future__ import annotations

from statistics import median

from checks.load._common import confidence_text, notes_of
from checks.wording import (
    event_for,
    first_existing,
    lacks_internet,
    missing_function,
    no_qualifier,
    plural,
    target_name,
)
from labgrader.judging import (
    Comparison,
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

FASTER = 0.5
"""The share of a function that is faster by less than the factor, or for which that is too close to call."""


@check(
    title="The optimized function is faster",
    hint="Do less work in the {operation} operation of {candidate}: no sleep, fewer steps, connections made once",
)
def faster_than(
    load: LoadTest,
    *,
    baseline: str,
    candidate: str,
    operation: str,
    factor: float,
    baseline_by_design_ms: float,
    idle_operation: str = "",
    requests: int = 5,
    most_rounds: int = 0,
    qualifiers: list[str] | None = None,
) -> Verdict:
    """Check that the candidate is at least ``factor`` times faster than the baseline.

    Both functions are warm and are measured in turn. The check compares the ratio of their median latencies, with its
    interval (a 95% interval from five requests to each function on). It passes if the whole interval is at or above the
    factor. The test adds requests while the interval includes the factor. If it still includes it after
    ``most_rounds``, the result is too close to call and earns half. If the whole interval is below the factor, a
    candidate that is certainly faster (the whole interval above 1) earns half. If that is open, the test runs again
    with up to ``most_rounds``. Without the internet, a baseline that needs it cannot be timed. Then the time that it
    sleeps by design counts.

    Args:
        baseline: the slow function, invoked as ``$LATEST``.
        candidate: the fast function.
        operation: the value of ``operation`` in the request's body.
        factor: how many times faster the candidate must be.
        baseline_by_design_ms: the shortest time of the baseline's operation in milliseconds.
        idle_operation: an operation of the candidate without the work. If the baseline could not be timed, its time is
            subtracted, because the candidate may wait for the internet, too.
        requests: warm requests to each function.
        most_rounds: the most requests to each function. The test adds none if it is 0.
        qualifiers: aliases or versions of the candidate. The first that exists is invoked.

    Raises:
        NotGradedError: the account had no concurrency left.
    """
    expected = f"at least {factor:g} times faster than {baseline}"
    for function in (baseline, candidate):
        if load.snapshot.function(function) is None:
            return failed(missing_function(load.snapshot, function), expected=expected, observed="no such function")
    qualifier = first_existing(load.snapshot, candidate, qualifiers)
    measured = None
    event = event_for(operation)
    pair = FunctionTarget(baseline, event=event), FunctionTarget(candidate, qualifier or "", event)
    if qualifier is not None:
        measured = load.compare(*pair, rounds=requests, factor=factor, most_rounds=most_rounds)
    if measured and most_rounds > requests and _perhaps_faster(measured, factor):
        again = load.compare(*pair, rounds=requests, factor=1.0, most_rounds=most_rounds)
        measured = again if again and again.baseline_ms and again.candidate_ms else measured
    if measured is None:
        return failed(no_qualifier(candidate, qualifiers), expected=expected, observed="no such alias or version")
    target = target_name(candidate, qualifier or "")
    if measured.candidate_errors and not measured.candidate_ms:
        return _cannot_be_timed(target, candidate, measured.candidate_errors, expected)
    if measured.baseline_ms and measured.candidate_ms:
        slow, fast = median(measured.baseline_ms), median(measured.candidate_ms)
        message = f"Operation {operation}: {target} took {fast:,.0f} ms; {baseline} took {slow:,.0f} ms."
        observed = f"{fast:,.0f} ms against {slow:,.0f} ms, {measured.ratio:.1f} times faster"
        return _decided(measured, factor, message, expected, observed)
    untimed = not measured.baseline_ms
    if untimed and not _excused(measured):
        return _cannot_be_timed(baseline, baseline, measured.baseline_errors, expected)
    if measured.candidate_ms:
        fast = median(measured.candidate_ms)
    else:  # the baseline's failure ended the comparison, so time the candidate alone
        alone = _alone(load, candidate, qualifier or "", operation, requests)
        if alone is None or not alone.succeeded:
            return _cannot_be_timed(target, candidate, alone.error_samples if alone else (), expected)
        fast = alone.latency_ms["p50"]
    slow = baseline_by_design_ms if untimed else median(measured.baseline_ms)
    compared = f"{baseline} took {slow:,.0f} ms"
    if untimed:
        offline = any(lacks_internet(error) for error in measured.baseline_errors)
        why = "without the internet" if offline else "because it took too long"
        compared = f"{baseline} could not be timed here {why}, so its sleep of {slow:,.0f} ms counts"
    took = f"{fast:,.0f} ms"
    if untimed and idle_operation and fast * factor > slow:
        idle = _alone(load, candidate, qualifier or "", idle_operation, requests)
        if idle is not None and idle.succeeded:
            fast = max(fast - idle.latency_ms["p50"], 0.0)
            took += f", {fast:,.0f} ms more than operation {idle_operation}"
    message = f"Operation {operation}: {target} took {took}; {compared}."
    ratio = slow / max(fast, 1.0)
    observed = f"{fast:,.0f} ms against {slow:,.0f} ms, {ratio:.1f} times faster"
    if ratio >= factor:
        return passed(message, expected=expected, observed=observed)
    if ratio > 1:
        return partial(
            FASTER, f"{message} That is faster, but not {factor:g} times.", expected=expected, observed=observed
        )
    return failed(f"{message} That is not faster.", expected=expected, observed=observed)


def _perhaps_faster(measured: Comparison, factor: float) -> bool:
    """Return whether the candidate misses the factor and it is open whether it is faster at all."""
    low, high = measured.ratio_interval
    return low <= 1 < high < factor


def _decided(measured: Comparison, factor: float, message: str, expected: str, observed: str) -> Verdict:
    """Return the verdict that the interval of the ratio permits."""
    low, high = measured.ratio_interval
    sure = confidence_text(measured, 2)
    observed = f"{observed} ({sure})"
    requests = plural(measured.rounds, "request")
    notes = notes_of(measured.notes)
    text = f"{message} {notes}" if notes else message
    if low >= factor:
        return passed(text, expected=expected, observed=observed)
    if high <= 1:
        return failed(f"{text} That is not faster ({sure}).", expected=expected, observed=observed)
    if high >= factor:
        return partial(
            FASTER,
            f"{text} That is too close to call: the ratio is {measured.ratio:.2f}, but its {sure} includes {factor:g} "
            f"after {requests} to each function. A decision needs more requests. Half of the points are given.",
            expected=expected,
            observed=observed,
        )
    if low > 1:
        return partial(
            FASTER,
            f"{text} That is faster, but not {factor:g} times ({sure}).",
            expected=expected,
            observed=observed,
        )
    return failed(
        f"{text} That is not {factor:g} times faster, and it is not certain that it is faster at all ({sure}, "
        f"after {requests} to each function).",
        expected=expected,
        observed=observed,
    )


def _alone(load: LoadTest, function: str, qualifier: str, operation: str, requests: int) -> LoadResult | None:
    """Time one function alone, one request at a time, after a warm-up request for its cold start."""
    called = FunctionTarget(function, qualifier, event_for(operation))
    return load.closed(called, concurrency=1, requests=requests, warm_up=1)


def _excused(measured: Comparison) -> bool:
    """Return whether a baseline was not timed because it lacked the internet or was slower than the test waits."""
    errors = measured.baseline_errors
    return not errors or any(lacks_internet(error) or "timed out" in error or "no answer" in error for error in errors)


def _cannot_be_timed(target: str, function: str, errors: tuple[str, ...], expected: str) -> Verdict:
    """Fail a function that failed when it was invoked. A throttled account is not graded.

    Raises:
        NotGradedError: the account had no concurrency left.
    """
    why = quote(errors[0]) if errors else "there was no response"
    if why.startswith("throttled:") and "Reserved" not in why:
        raise NotGradedError("lambda:InvokeFunction", f"{target} was {why}", Reason.QUOTA)
    return failed(
        f"{target} could not be timed: {why}.",
        expected=expected,
        observed="no response to time",
        hint=f"aws logs tail /aws/lambda/{function} --since 1h",
    )
