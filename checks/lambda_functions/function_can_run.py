"""A function can take calls: AWS has it ready, and it is not switched off."""

from __future__ import annotations

from checks.wording import missing_function
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import NotGradedError, Verdict, check, failed, passed, quote


@check(
    title="The function can take calls",
    hint="aws lambda get-function --function-name {function} --query Configuration.[State,StateReason]",
)
def function_can_run(snapshot: Snapshot, *, function: str, executions: int = 10) -> Verdict:
    """The function is active, its last update succeeded, and its reserved concurrency is not 0.

    Args:
        function: the function.
        executions: how many the lab reserves, for the command that mends a reservation of 0.
    """
    expected = "an active function"
    deployed = snapshot.function(function)
    if deployed is None:
        return failed(missing_function(snapshot, function), expected=expected, observed="no such function")
    reason = f": {quote(deployed.state_reason)}" if deployed.state_reason else ""
    observed = f"state {quote(deployed.state or 'unknown')}"
    if deployed.reserved_concurrency == 0:
        return failed(
            f"The reserved concurrency of {function} is 0, which switches it off: every call is refused.",
            expected="a reserved concurrency above 0",
            observed="reserved concurrency 0",
            hint=f"aws lambda put-function-concurrency --function-name {function} "
            f"--reserved-concurrent-executions {executions}",
        )
    if deployed.state == "Failed":
        return failed(f"AWS could not set {function} up{reason}.", expected=expected, observed=observed)
    if deployed.state == "Pending":
        raise NotGradedError(
            "lambda:GetFunction",
            f"{function} was still being set up when it was graded (state Pending{reason}); ask again in a few minutes",
        )
    if deployed.state == "Inactive":
        return passed("It sleeps (state Inactive): nobody called it for weeks. The first call wakes it.")
    if deployed.last_update_status == "Failed":
        return failed(
            f"The last update of {function} failed{reason}.",
            expected="a successful last update",
            observed="last update status Failed",
        )
    return passed(expected=expected, observed=observed)
