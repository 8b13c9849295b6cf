"""A request that is not JSON is refused, and does not crash the function."""

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
    title="Bad JSON is refused",
    hint="aws logs tail /aws/lambda/{function} --since 1h",
)
def bad_json_is_refused(
    probe: Probe, *, function: str, status: int = 400, qualifiers: list[str] | None = None
) -> Verdict:
    """A body that is no JSON is answered with the status, not with an exception.

    Args:
        function: the function.
        status: the status that refuses it.
        qualifiers: aliases or versions; the first that exists is called. ``$LATEST`` where none is given.
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
        f"{target_name(function, qualifier or '')}, given a body that is not JSON, {wrong.what}. "
        f"Catch json.JSONDecodeError and answer {status}.",
        expected=expected,
        observed=wrong.what,
        hint=invoke_command(function, qualifier or "", EVENT),
        evidence=last_lines(invocation.log_tail),
    )
