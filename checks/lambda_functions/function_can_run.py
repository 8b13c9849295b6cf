"""A function can be invoked: it is active, and its reserved concurrency is not 0."""

from __future__ import annotations

from checks.wording import missing_function
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import NotGradedError, Verdict, check, failed, passed, quote

_CANNOT_BE_INVOKED = {
    "Failed": ("AWS could not create {function}", ""),
    "Deleting": ("AWS is deleting {function}, so it cannot be invoked", ""),
    "Deactivating": ("AWS is deactivating {function}, so it cannot be invoked", ""),
    "Deactivated": ("{function} is deactivated, so it cannot be invoked", ""),
    "ActiveNonInvocable": (
        "The version $LATEST of {function} cannot be invoked, because the function runs on Lambda Managed Instances",
        "aws lambda publish-version --function-name {function} --publish-to LATEST_PUBLISHED",
    ),
}
"""The states in which Lambda refuses every invocation: the sentence, and a hint in place of the check's own.

"Functions can only be successfully invoked while active":
https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html. On Lambda Managed Instances, AWS invokes published
versions only: https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-version-publishing.html.
"""


@check(
    title="The function can be invoked",
    hint="aws lambda get-function --function-name {function} --query Configuration.[State,StateReason]",
)
def function_can_run(snapshot: Snapshot, *, function: str, executions: int = 10) -> Verdict:
    """Check that the function is active, its last update succeeded and its reserved concurrency is not 0.

    Args:
        function: the function's name.
        executions: the lab's reserved concurrency, for the command that replaces 0.

    Raises:
        NotGradedError: AWS is still creating the function, or its state is unknown to labgrader.

    Sources:
        A function can be invoked only while it is active:
            https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
        A reserved concurrency of 0 throttles every invocation:
            https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
        On Lambda Managed Instances, only published versions can be invoked:
            https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-version-publishing.html
    """
    expected = "an active function"
    deployed = snapshot.function(function)
    if deployed is None:
        return failed(missing_function(snapshot, function), expected=expected, observed="no such function")
    reason = f": {quote(deployed.state_reason)}" if deployed.state_reason else ""
    observed = f"state {quote(deployed.state or 'unknown')}"
    if deployed.reserved_concurrency == 0:
        return failed(
            f"The reserved concurrency of {function} is 0, so Lambda throttles every invocation.",
            expected="a reserved concurrency above 0",
            observed="reserved concurrency 0",
            hint=f"aws lambda put-function-concurrency --function-name {function} "
            f"--reserved-concurrent-executions {executions}",
        )
    if deployed.state in _CANNOT_BE_INVOKED:
        message, hint = _CANNOT_BE_INVOKED[deployed.state]
        return failed(
            f"{message.format(function=function)}{reason}.",
            expected=expected,
            observed=observed,
            hint=hint.format(function=function),
        )
    if deployed.state == "Pending":
        raise NotGradedError(
            "lambda:GetFunction",
            f"AWS was still creating {function} during grading (state Pending{reason}). "
            "Request grading again in a few minutes",
        )
    if deployed.state == "Inactive":
        return passed(
            "The function is idle (state Inactive) after weeks without invocations. The next invocation activates it."
        )
    if deployed.state not in ("Active", ""):  # AWS leaves the state out of some answers
        raise NotGradedError(
            "lambda:GetFunction",
            f"labgrader does not know the state {quote(deployed.state)} of {function}{reason}",
        )
    if deployed.last_update_status == "Failed":
        why = f": {quote(deployed.last_update_reason)}" if deployed.last_update_reason else reason
        return failed(
            f"The last update of {function} failed{why}.",
            expected="a successful last update",
            observed="last update status Failed",
        )
    return passed(expected=expected, observed=observed)
