"""A function returns 200 for every operation."""

from __future__ import annotations

from typing import Any

from checks.wording import (
    InvocationFailure,
    event_for,
    first_existing,
    in_words,
    invocation_failure,
    invoke_command,
    last_lines,
    missing_function,
    module_of,
    no_qualifier,
    repair,
    target_name,
)
from labgrader.judging import Probe, Verdict, check, failed, listed, share, unmet


@check(
    title="Every operation succeeds",
    hint="aws logs tail /aws/lambda/{function} --since 1h",
)
def operations_answer(
    probe: Probe,
    *,
    function: str,
    operations: list[str],
    matches: dict[str, Any] | None = None,
    qualifiers: list[str] | None = None,
    explanation: str = "",
) -> Verdict:
    """Check that each operation returns 200 with a readable body. Each operation is worth the same.

    After a timeout, the check skips the remaining operations, so a hanging function costs only one invocation.

    Args:
        function: the function's name.
        operations: the values of ``operation`` in the request's body, one invocation each.
        matches: a JSON Schema of the body that each of them returns, as for ``event_answered``.
        qualifiers: aliases or versions. The first that exists is invoked. ``$LATEST`` if none is given.
        explanation: added to the message if the package lacks the handler's module.
    """
    expected = f"200 for {listed(operations)}"
    snapshot = probe.snapshot
    deployed = snapshot.function(function)
    if deployed is None:
        return failed(missing_function(snapshot, function), expected=expected, observed="no such function")
    qualifier = first_existing(snapshot, function, qualifiers)
    if qualifier is None:
        return failed(no_qualifier(function, qualifiers), expected=expected, observed="no such alias or version")
    target = target_name(function, qualifier)
    troubles: dict[str, InvocationFailure] = {}
    evidence: list[str] = []
    for operation in operations:
        if any(trouble.fatal for trouble in troubles.values()):
            troubles[operation] = InvocationFailure("could not be tried after that")
            continue
        invocation = probe.invoke(function, qualifier, event_for(operation))
        if invocation is None:
            return failed(f"{target} does not exist.", expected=expected, observed="no such function or alias")
        wrong = invocation_failure(invocation, [200])
        if wrong is None and matches and (differs := unmet(invocation.response.content, matches)):
            wrong = InvocationFailure(f"returned 200, but {differs}")
        if wrong is not None:
            troubles[operation] = wrong
            evidence += last_lines(invocation.log_tail)
    module = next((trouble.module for trouble in troubles.values() if trouble.module), "")
    commands = repair(deployed, qualifier if _is_alias_of_version(probe, function, qualifier) else "", module)
    note = explanation if module and module == module_of(deployed.handler) else ""
    return share(
        len(operations) - len(troubles),
        len(operations),
        f"{target}: {in_words(troubles, 'operation')}. {note}".rstrip(),
        expected=expected,
        observed=f"{len(operations) - len(troubles)} of {len(operations)} returned 200",
        hint=commands
        if module
        else invoke_command(function, qualifier, event_for(next(iter(troubles), operations[0]))),
        evidence=evidence[:9],
    )


def _is_alias_of_version(probe: Probe, function: str, qualifier: str) -> bool:
    """Return whether a fixed function needs a new version and an update of its alias."""
    alias = None if not qualifier or qualifier.isdecimal() else probe.snapshot.alias(function, qualifier)
    return alias is not None and alias.version.isdecimal()
