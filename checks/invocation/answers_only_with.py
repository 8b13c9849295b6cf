"""An operation that may fail returns only the allowed statuses."""

from __future__ import annotations

from checks.wording import (
    InvocationFailure,
    event_for,
    first_existing,
    in_words,
    invocation_failure,
    invoke_command,
    last_lines,
    missing_function,
    no_qualifier,
    plural,
    target_name,
)
from labgrader.judging import Probe, Verdict, check, failed, listed, share


@check(
    title="Failures are handled",
    hint="aws logs tail /aws/lambda/{function} --since 1h",
)
def answers_only_with(
    probe: Probe,
    *,
    function: str,
    operation: str,
    statuses: list[int],
    tries: int = 3,
    qualifiers: list[str] | None = None,
) -> Verdict:
    """Check that each of several invocations returns one of the statuses and never an unhandled exception.

    The events differ in ``attempt``, because equal events are sent only once. Functions can ignore it.

    Args:
        function: the function's name.
        operation: the ``operation`` in the request's body.
        statuses: the right statuses.
        tries: the number of invocations. Several are needed for an operation that fails by chance.
        qualifiers: aliases or versions. The first that exists is invoked. ``$LATEST`` if none is given.
    """
    expected = f"{' or '.join(str(status) for status in statuses)}, {tries} times"
    if probe.snapshot.function(function) is None:
        return failed(missing_function(probe.snapshot, function), expected=expected, observed="no such function")
    qualifier = first_existing(probe.snapshot, function, qualifiers)
    if qualifier is None:
        return failed(no_qualifier(function, qualifiers), expected=expected, observed="no such alias or version")
    target = target_name(function, qualifier)
    troubles: dict[str, InvocationFailure] = {}
    seen: list[str] = []
    evidence: list[str] = []
    for attempt in range(1, tries + 1):
        if any(trouble.fatal for trouble in troubles.values()):
            troubles[str(attempt)] = InvocationFailure("could not be tried after that")
            continue
        invocation = probe.invoke(function, qualifier, {**event_for(operation), "attempt": attempt})
        if invocation is None:
            return failed(f"{target} does not exist.", expected=expected, observed="no such function or alias")
        wrong = invocation_failure(invocation, statuses, readable=False)
        if wrong is None:
            seen.append(str(invocation.response.status_code))
        else:
            troubles[str(attempt)] = wrong
            evidence += last_lines(invocation.log_tail)
    return share(
        tries - len(troubles),
        tries,
        f"{target}, operation {operation}: {in_words(troubles, 'invocation')}.",
        expected=expected,
        observed=f"{listed(seen)}, and {plural(len(troubles), 'unhandled failure')}" if troubles else listed(seen),
        hint=invoke_command(function, qualifier, event_for(operation)),
        evidence=evidence[:9],
    )
