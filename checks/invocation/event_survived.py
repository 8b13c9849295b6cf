"""A function answers an event, in whatever way, and does not crash."""

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
    """One event is answered, with any status: the function neither raises nor runs out of time.

    Nothing is said where there is no such function: that is another check's to say.

    Args:
        function: the function.
        event: what it is called with.
        qualifiers: aliases or versions; the first that exists is called. ``$LATEST`` where none is given.
        explanation: how this comes about, for the message.
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
        return passed(expected="an answer", observed="an answer")
    return failed(
        f"{target_name(function, qualifier or '')}, called with {quote(as_text(event), 120)}, {wrong.what}. "
        f"{explanation}".rstrip(),
        expected="an answer",
        observed=wrong.what,
        hint=invoke_command(function, qualifier or "", event),
        evidence=last_lines(invocation.log_tail),
    )
