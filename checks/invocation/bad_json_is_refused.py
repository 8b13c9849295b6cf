"""A function rejects a request body that is not JSON."""

from __future__ import annotations

from checks.wording import (
    first_existing,
    invocation_failure,
    invoke_command,
    last_lines,
    missing_function,
    no_qualifier,
    target_name,
)
from labgrader.judging import Probe, Verdict, check, failed, passed

EVENT = {"body": '{"operation": '}


@check(
    title="Invalid JSON is rejected",
    hint="aws logs tail /aws/lambda/{function} --since 1h",
)
def bad_json_is_refused(
    probe: Probe, *, function: str, status: int = 400, qualifiers: list[str] | None = None
) -> Verdict:
    """Check that the function returns the status for a body that is not JSON, and does not raise an exception.

    Args:
        function: the function's name.
        status: the right status.
        qualifiers: aliases or versions. The first that exists is invoked. ``$LATEST`` if none is given.
    """
    expected = f"{status} for a body that is not JSON"
    if probe.snapshot.function(function) is None:
        return failed(missing_function(probe.snapshot, function), expected=expected, observed="no such function")
    qualifier = first_existing(probe.snapshot, function, qualifiers)
    invocation = None if qualifier is None else probe.invoke(function, qualifier, EVENT)
    if invocation is None:
        return failed(no_qualifier(function, qualifiers), expected=expected, observed="no such alias or version")
    wrong = invocation_failure(invocation, [status], readable=False)
    if wrong is None:
        return passed(expected=expected, observed=str(status))
    return failed(
        f"{target_name(function, qualifier or '')}, invoked with a body that is not JSON, {wrong.what}. "
        f"Catch json.JSONDecodeError and return the status {status}.",
        expected=expected,
        observed=wrong.what,
        hint=invoke_command(function, qualifier or "", EVENT),
        evidence=last_lines(invocation.log_tail),
    )
