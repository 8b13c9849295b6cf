"""A function returns a response to an event and does not crash."""

from __future__ import annotations

from typing import Any

from checks.wording import first_existing, invocation_failure, invoke_command, last_lines, target_name
from checks.wording.structure import as_text
from labgrader.judging import Probe, Verdict, check, failed, passed, quote


@check(
    title="The function does not crash",
    hint="aws logs tail /aws/lambda/{function} --since 1h",
)
def event_survived(
    probe: Probe, *, function: str, event: Any, qualifiers: list[str] | None = None, explanation: str = ""
) -> Verdict:
    """Check that the function returns any status for one event: it neither raises an exception nor times out.

    The check passes if the function does not exist, because another check judges that.

    Args:
        function: the function's name.
        event: the event of the invocation.
        qualifiers: aliases or versions. The first that exists is invoked. ``$LATEST`` if none is given.
        explanation: the cause, added to the message.
    """
    snapshot = probe.snapshot
    if snapshot.function(function) is None:
        return passed(observed="no such function")
    qualifier = first_existing(snapshot, function, qualifiers)
    invocation = None if qualifier is None else probe.invoke(function, qualifier, event)
    if invocation is None:
        return passed(observed="no such alias or version")
    wrong = None if invocation.outcome == "answered" else invocation_failure(invocation, [200])
    if wrong is None:
        return passed(expected="a response", observed="a response")
    return failed(
        f"{target_name(function, qualifier or '')}, invoked with {quote(as_text(event), 120)}, {wrong.what}. "
        f"{explanation}".rstrip(),
        expected="a response",
        observed=wrong.what,
        hint=invoke_command(function, qualifier or "", event),
        evidence=last_lines(invocation.log_tail),
    )
