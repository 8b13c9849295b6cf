"""An operation that may fail answers only with the statuses it promises."""

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
    """Each of a few calls answers with one of the statuses, never with an unhandled exception.

    The calls' events differ in ``attempt``, which functions need not look at: equal questions are asked once.

    Args:
        function: the function.
        operation: what ``operation`` is in the request's body.
        statuses: the statuses that are right.
        tries: how many calls; an operation that fails by chance shows it in several.
        qualifiers: aliases or versions; the first that exists is called. ``$LATEST`` where none is given.
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
        if any(one.fatal for one in troubles.values()):
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
        f"{target}, operation {operation}: {in_words(troubles, 'call')}.",
        expected=expected,
        observed=f"{listed(seen)}, and {len(troubles)} not handled" if troubles else listed(seen),
        hint=invoke_command(function, qualifier, event_for(operation)),
        evidence=evidence[:9],
    )
