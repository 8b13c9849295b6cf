"""One function is faster than another."""

from __future__ import annotations

from statistics import median

from checks.wording import event_for, first_existing, lacks_internet, missing_function, no_qualifier, target_name
from labgrader.judging import (
    Comparison,
    LoadResult,
    LoadTest,
    NotGradedError,
    Verdict,
    check,
    failed,
    partial,
    passed,
    quote,
)


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
    requests: int = 3,
    qualifiers: list[str] | None = None,
) -> Verdict:
    """The median latency of the candidate is a ``factor`` smaller than the baseline's, measured in turn while warm.

    A baseline that calls the internet cannot be timed where there is none: then what it sleeps by design stands in.

    Args:
        baseline: the slow function, called at ``$LATEST``.
        candidate: the fast function.
        operation: what ``operation`` is in the request's body.
        factor: how many times faster it must be. Faster, but by less, earns half.
        baseline_by_design_ms: what the operation of the baseline takes at least, in milliseconds.
        idle_operation: an operation of the candidate that does all but the work. Where a baseline could not be timed,
            it is taken off, as the candidate may wait for the internet too.
        requests: warm requests to each.
        qualifiers: aliases or versions of the candidate; the first that exists is called.
    """
    expected = f"at least {factor:g} times faster than {baseline}"
    for function in (baseline, candidate):
        if load.snapshot.function(function) is None:
            return failed(missing_function(load.snapshot, function), expected=expected, observed="no such function")
    qualifier = first_existing(load.snapshot, candidate, qualifiers)
    measured = None
    if qualifier is not None:
        measured = load.compare(
            baseline, candidate, event_for(operation), requests=requests, candidate_qualifier=qualifier
        )
    if measured is None:
        return failed(no_qualifier(candidate, qualifiers), expected=expected, observed="no such alias or version")
    target = target_name(candidate, qualifier or "")
    untimed = not measured.baseline_ms
    if measured.candidate_errors and not measured.candidate_ms:
        return _cannot_be_timed(target, candidate, measured.candidate_errors, expected)
    if untimed and not _excused(measured):
        return _cannot_be_timed(baseline, baseline, measured.baseline_errors, expected)
    if measured.candidate_ms:
        fast = median(measured.candidate_ms)
    else:  # the comparison ended with the baseline's failure: time the other one alone
        alone = _alone(load, candidate, qualifier or "", operation, requests)
        if alone is None or not alone.succeeded:
            return _cannot_be_timed(target, candidate, alone.error_samples if alone else (), expected)
        fast = alone.latency_ms["p50"]
    slow = baseline_by_design_ms if untimed else median(measured.baseline_ms)
    compared = f"{baseline} took {slow:,.0f} ms"
    if untimed:
        offline = any(lacks_internet(error) for error in measured.baseline_errors)
        why = "without the internet" if offline else "as it took too long"
        compared = f"{baseline} could not be timed here {why}, so it is taken at the {slow:,.0f} ms that it sleeps"
    took = f"{fast:,.0f} ms"
    if untimed and idle_operation and fast * factor > slow:
        idle = _alone(load, candidate, qualifier or "", idle_operation, requests)
        if idle is not None and idle.succeeded:
            fast = max(fast - idle.latency_ms["p50"], 0.0)
            took += f", {fast:,.0f} ms more than operation {idle_operation}"
    ratio = slow / max(fast, 1.0)
    observed = f"{fast:,.0f} ms against {slow:,.0f} ms, {ratio:.1f} times faster"
    message = f"Operation {operation}: {target} took {took}; {compared}."
    if ratio >= factor:
        return passed(message, expected=expected, observed=observed)
    if ratio > 1:
        return partial(
            0.5, f"{message} That is faster, but not {factor:g} times.", expected=expected, observed=observed
        )
    return failed(f"{message} That is not faster.", expected=expected, observed=observed)


def _alone(load: LoadTest, function: str, qualifier: str, operation: str, requests: int) -> LoadResult | None:
    """Time one function by itself, a request at a time; the median of these leaves the cold start out."""
    return load.closed(function, qualifier, event_for(operation), concurrency=1, requests=requests + 1)


def _excused(measured: Comparison) -> bool:
    """Whether a baseline that was never timed failed for lack of the internet, or was slower than we can wait."""
    errors = measured.baseline_errors
    return not errors or any(lacks_internet(one) or "timed out" in one or "no answer" in one for one in errors)


def _cannot_be_timed(target: str, function: str, errors: tuple[str, ...], expected: str) -> Verdict:
    """It failed when it was called; a throttle of the account is nobody's fault.

    Raises:
        NotGradedError: the account had no concurrency left.
    """
    why = quote(errors[0]) if errors else "it gave no answer"
    if why.startswith("throttled:") and "Reserved" not in why:
        raise NotGradedError("lambda:InvokeFunction", f"{target} was {why}")
    return failed(
        f"{target} could not be timed: {why}.",
        expected=expected,
        observed="no answer to time",
        hint=f"aws logs tail /aws/lambda/{function} --since 1h",
    )
