"""A function has its reserved concurrency."""

from __future__ import annotations

from checks.wording import missing_function
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, partial, passed


@check(
    title="Reserved concurrency is set",
    hint="aws lambda put-function-concurrency --function-name {function} "
    "--reserved-concurrent-executions {executions}\n"
    "# AWS keeps 100 executions of an account unreserved, and a new account has only 10. If AWS reports that "
    "UnreservedConcurrentExecution would fall below its minimum, this account cannot do it: tell your instructor",
)
def reserved_concurrency_set(
    snapshot: Snapshot,
    *,
    function: str,
    executions: int,
    explanation: str = "(The command is put-function-concurrency. There is no put-reserved-concurrency.)",
) -> Verdict:
    """Check that the function has exactly this reserved concurrency. Another number above 0 earns half of the points.

    Args:
        function: the function's name.
        executions: the reserved concurrency.
        explanation: why a function may have none, added to the message.
    """
    expected = f"{executions} reserved"
    deployed = snapshot.function(function)
    if deployed is None:
        return failed(missing_function(snapshot, function), expected=expected, observed="no such function")
    reserved = deployed.reserved_concurrency
    if reserved is None:
        return failed(
            f"{function} has no reserved concurrency. The lab sets {executions}. {explanation}".rstrip(),
            expected=expected,
            observed="none reserved",
        )
    observed = f"{reserved} reserved"
    if reserved == executions:
        return passed(expected=expected, observed=observed)
    if reserved == 0:
        return failed(
            f"The reserved concurrency of {function} is 0, so Lambda throttles every invocation. "
            f"The lab sets {executions}.",
            expected=expected,
            observed=observed,
        )
    return partial(
        0.5,
        f"The reserved concurrency of {function} is {reserved} instead of {executions}.",
        expected=expected,
        observed=observed,
    )
