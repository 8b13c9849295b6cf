"""What the checks of load tests say in the same way: who refused requests, what failed, and how sure a figure is."""

from __future__ import annotations

from collections.abc import Mapping

from checks.wording import plural
from labgrader.evidence.snapshot import Function, RestApi, Snapshot, UsagePlan
from labgrader.judging import WITHOUT_FUNCTION, Comparison, LoadResult, NotGradedError, Reason, listed, quote

TOLERABLE_LOSS = 0.1
"""The share of requests that may be lost to the account's limits, or on the way, before a test says nothing."""

_INVOKE = "lambda:InvokeFunction"
_UNSAID = ("", "TooManyRequestsException")  # the error's own name, where there is no reason

FAILING_STATUS = 400
"""From which ``statusCode`` on an answer is a failure: the request is a valid one, so 404 is no way to serve it."""


def refused(result: LoadResult, deployed: Function) -> tuple[int, int]:
    """How many requests were throttled by the function's own reservation, and how many by the account's limits.

    Lambda says which limit it was (``ReservedFunction…``). Where it does not, it was the reservation's if that is
    smaller than what was in flight. Source: Lambda API Reference, TooManyRequestsException, "Reason".
    """
    reasons = result.throttle_reasons or {result.throttle_reason: result.throttled}
    reserved = deployed.reserved_concurrency
    own = 0
    for reason, count in reasons.items():
        short = reason in _UNSAID and reserved is not None and reserved < result.concurrency
        if short or reason.startswith("Reserved"):
            own += count
    own = min(own, result.throttled)
    return own, result.throttled - own


def account_reason(result: LoadResult) -> str:
    """What the account's limits were called that refused requests, for a sentence."""
    reasons = result.throttle_reasons or {result.throttle_reason: result.throttled}
    others = sorted(reason for reason in reasons if reason not in _UNSAID and not reason.startswith("Reserved"))
    return listed(others) if others else "no reason given"


def require_room(result: LoadResult, target: str, by_account: int) -> None:
    """Say that a test tells nothing where the account refused, or nothing reached, more than a tenth of it.

    Raises:
        NotGradedError: that is so.
    """
    if by_account > TOLERABLE_LOSS * result.requests:
        raise NotGradedError(_INVOKE, no_room(result, target, by_account), Reason.QUOTA)
    if result.other_errors - result.unanswered > TOLERABLE_LOSS * result.requests:
        raise NotGradedError(_INVOKE, unreachable(result, target))


def no_room(result: LoadResult, target: str, by_account: int) -> str:
    """Say that the account refused the requests."""
    return (
        f"the account, not {target}, had no concurrency left: {plural(by_account, 'request')} refused "
        f"({account_reason(result)})"
    )


def unreachable(result: LoadResult, target: str) -> str:
    """Say that requests never arrived."""
    return f"{target} could not be reached: {listed(result.error_samples)}"


def kinds_of_failure(result: LoadResult) -> str:
    """What became of them: ``3 ran into the function's timeout, 1 crashed``."""
    known: Mapping[str, int] = result.function_error_kinds
    timed_out, out_of_memory = known.get("timeout", 0), known.get("out_of_memory", 0)
    kinds = {
        "ran into the function's timeout": timed_out,
        "ran out of memory": out_of_memory,
        "crashed": result.function_errors - timed_out - out_of_memory,
        f"answered {result.failing_status} or more": result.application_errors,
        "did not answer in time": result.timeouts,
    }
    return ", ".join(f"{count} {kind}" for kind, count in kinds.items() if count > 0)


def notes_of(notes: tuple[str, ...]) -> str:
    """What the tester changed of the plan, or waited for, as sentences that follow another; not what it cost."""
    sentences = [quote(note).strip() for note in notes if note != WITHOUT_FUNCTION]
    return " ".join(f"{one[0].upper()}{one[1:]}{'' if one[-1] in '.!?' else '.'}" for one in sentences if one)


def confidence_text(measured: Comparison, digits: int = 1) -> str:
    """``95% interval 1.6 to 1.9``; of too few rounds ``interval 1.6 to 1.9 in all 3 rounds``."""
    low, high = measured.ratio_interval
    interval = f"interval {low:,.{digits}f} to {high:,.{digits}f}"
    if measured.sure:
        return f"95% {interval}"
    return f"{interval} in all {measured.rounds} rounds" if measured.rounds > 1 else f"{interval} in a single round"


def key_of(snapshot: Snapshot, plan: UsagePlan) -> str:
    """The id of an enabled API key of the student that is bound to a usage plan, or empty."""
    return next((key.id for key in snapshot.api_gateway.keys_of(plan.id) if key.enabled), "")


def plan_for(snapshot: Snapshot, api: RestApi, stage: str, name: str = "") -> UsagePlan | None:
    """The usage plan that serves a stage: the one of a name, or any."""
    return next(
        (
            plan
            for plan in reversed(snapshot.api_gateway.usage_plans())
            if name in ("", plan.name) and (api.id, stage) in plan.stages
        ),
        None,
    )
