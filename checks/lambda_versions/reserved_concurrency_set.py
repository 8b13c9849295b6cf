"""Concurrency is reserved for a function."""

from __future__ import annotations

from checks.wording import missing_function
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, partial, passed


@check(
    title="Concurrency is reserved",
    hint="aws lambda put-function-concurrency --function-name {function} "
    "--reserved-concurrent-executions {executions}\n"
    "# AWS keeps 100 executions of an account unreserved (a new account has only 10): where it answers that "
    "UnreservedConcurrentExecution would fall below its minimum, this account cannot do it: tell your instructor",
)
def reserved_concurrency_set(
    snapshot: Snapshot,
    *,
    function: str,
    executions: int,
    explanation: str = "(There is no command put-reserved-concurrency; it is called put-function-concurrency.)",
) -> Verdict:
    """The function reserves exactly so many concurrent executions; another number above 0 earns half.

    Args:
        function: the function.
        executions: how many.
        explanation: how it comes about that none are reserved, for the message.
    """
    expected = f"{executions} reserved"
    deployed = snapshot.function(function)
    if deployed is None:
        return failed(missing_function(snapshot, function), expected=expected, observed="no such function")
    reserved = deployed.reserved_concurrency
    if reserved is None:
        return failed(
            f"No concurrency is reserved for {function}; the lab reserves {executions}. {explanation}".rstrip(),
            expected=expected,
            observed="none reserved",
        )
    observed = f"{reserved} reserved"
    if reserved == executions:
        return passed(expected=expected, observed=observed)
    if reserved == 0:
        return failed(
            f"The reserved concurrency of {function} is 0, which switches it off: every call is refused. "
            f"The lab reserves {executions}.",
            expected=expected,
            observed=observed,
        )
    return partial(
        0.5,
        f"The reserved concurrency of {function} is {reserved} instead of {executions}.",
        expected=expected,
        observed=observed,
    )
