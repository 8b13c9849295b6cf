"""Functions that the checks of load tests share: throttling, failures, confidence and usage plans."""

from __future__ import annotations

from collections.abc import Mapping

from checks.wording import plural
from labgrader.evidence.snapshot import Function, RestApi, Snapshot, UsagePlan
from labgrader.judging import WITHOUT_FUNCTION, Comparison, LoadResult, NotGradedError, Reason, listed, quote

TOLERABLE_LOSS = 0.1
"""The largest share of requests lost to the account's limits or to the network with which a test is still graded."""

_INVOKE = "lambda:InvokeFunction"
_NO_REASON = ("", "TooManyRequestsException")  # without a reason, Lambda reports only the error's name

FAILING_STATUS = 400
"""The lowest ``statusCode`` that is a failure. The load test sends valid requests, so 404 is a failure, too."""


def refused(result: LoadResult, deployed: Function) -> tuple[int, int]:
    """Return how many requests the function's reserved concurrency throttled, and how many the account's limits.

    Lambda names the limit (``ReservedFunction…``). Without a reason, it was the reserved concurrency if that is below
    the number of requests in flight. Source: Lambda API Reference, TooManyRequestsException, "Reason".
    """
    reasons = result.throttle_reasons or {result.throttle_reason: result.throttled}
    reserved = deployed.reserved_concurrency
    own = 0
    for reason, count in reasons.items():
        short = reason in _NO_REASON and reserved is not None and reserved < result.concurrency
        if short or reason.startswith("Reserved"):
            own += count
    own = min(own, result.throttled)
    return own, result.throttled - own


def account_reason(result: LoadResult) -> str:
    """Return the names of the account's limits that throttled requests, for a sentence."""
    reasons = result.throttle_reasons or {result.throttle_reason: result.throttled}
    others = sorted(reason for reason in reasons if reason not in _NO_REASON and not reason.startswith("Reserved"))
    return listed(others) if others else "no reason given"


def require_room(result: LoadResult, target: str, by_account: int) -> None:
    """Refuse to grade a test in which more than a tenth of the requests never reached the function.

    Raises:
        NotGradedError: the account throttled, or the network lost, more than a tenth of the requests.
    """
    if by_account > TOLERABLE_LOSS * result.requests:
        raise NotGradedError(_INVOKE, no_room(result, target, by_account), Reason.QUOTA)
    if result.other_errors - result.unanswered > TOLERABLE_LOSS * result.requests:
        raise NotGradedError(_INVOKE, unreachable(result, target))


def no_room(result: LoadResult, target: str, by_account: int) -> str:
    """Return the reason that the account throttled the requests."""
    return (
        f"the account, not {target}, had no concurrency left: it throttled {plural(by_account, 'request')} "
        f"({account_reason(result)})"
    )


def unreachable(result: LoadResult, target: str) -> str:
    """Return the reason that requests never arrived."""
    return f"{target} could not be reached: {listed(result.error_samples)}"


def kinds_of_failure(result: LoadResult) -> str:
    """Return the failures by kind: ``3 exceeded the function's timeout, 1 crashed``."""
    known: Mapping[str, int] = result.function_error_kinds
    timed_out, out_of_memory = known.get("timeout", 0), known.get("out_of_memory", 0)
    kinds = {
        "exceeded the function's timeout": timed_out,
        "ran out of memory": out_of_memory,
        "crashed": result.function_errors - timed_out - out_of_memory,
        f"returned a statusCode of {result.failing_status} or more": result.application_errors,
        "did not respond in time": result.timeouts,
    }
    return ", ".join(f"{count} {kind}" for kind, count in kinds.items() if count > 0)


def notes_of(notes: tuple[str, ...]) -> str:
    """Return the load tester's notes on changes and waits as sentences; notes on the cost are left out."""
    sentences = [quote(note).strip() for note in notes if note != WITHOUT_FUNCTION]
    return " ".join(f"{text[0].upper()}{text[1:]}{'' if text[-1] in '.!?' else '.'}" for text in sentences if text)


def confidence_text(measured: Comparison, digits: int = 1) -> str:
    """Return ``95% interval 1.6 to 1.9``, or ``interval 1.6 to 1.9 in all 3 rounds`` for too few rounds."""
    low, high = measured.ratio_interval
    interval = f"interval {low:,.{digits}f} to {high:,.{digits}f}"
    if measured.sure:
        return f"95% {interval}"
    return f"{interval} in all {measured.rounds} rounds" if measured.rounds > 1 else f"{interval} in a single round"


def key_of(snapshot: Snapshot, plan: UsagePlan) -> str:
    """Return the id of an enabled API key of the student that is bound to a usage plan, or an empty text."""
    return next((key.id for key in snapshot.api_gateway.keys_of(plan.id) if key.enabled), "")


def plan_for(snapshot: Snapshot, api: RestApi, stage: str, name: str = "") -> UsagePlan | None:
    """Return a stage's usage plan, with a name or with any name; the newest if there are several."""
    return next(
        (
            plan
            for plan in reversed(snapshot.api_gateway.usage_plans())
            if name in ("", plan.name) and (api.id, stage) in plan.stages
        ),
        None,
    )
