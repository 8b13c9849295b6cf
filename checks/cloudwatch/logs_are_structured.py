"""A function logs JSON, not plain text."""

from __future__ import annotations

from typing import Any

from checks.cloudwatch._logs import own_lines, writes
from checks.wording import invocation_failure, invoke_command, last_lines, missing_function, plural
from labgrader.evidence.snapshot import Source
from labgrader.judging import NotGradedError, Probe, Verdict, check, failed, partial, passed, quote


@check(
    title="The logs are structured",
    hint="In the function: logger.info(json.dumps({'level': 'INFO', 'message': 'Processing request', 'name': name}))\n"
    "aws logs tail /aws/lambda/{function} --since 1h",
)
def logs_are_structured(probe: Probe, *, function: str, event: Any, explanation: str = "") -> Verdict:
    """Check that the function logs JSON objects in one invocation. Additional plain text earns half.

    If the end of the log has no line of the function, the check reads the code and looks for ``json.dumps`` in logging
    calls. (The embedded AWS drops a logger's messages below warnings.)

    Args:
        function: the function's name.
        event: the event of the invocation.
        explanation: added to the message.

    Raises:
        NotGradedError: neither the log nor the code shows the format.
    """
    expected = "every line a JSON object"
    if probe.snapshot.function(function) is None:
        return failed(missing_function(probe.snapshot, function), expected=expected, observed="no such function")
    sources, unread = _code(
        probe, function
    )  # before the invocation: while the snapshot is recorded, nothing is invoked
    invocation = probe.invoke(function, "", event)
    if invocation is None:
        return failed(f"{function} does not exist.", expected=expected, observed="no such function")
    if invocation.outcome != "answered":
        wrong = invocation_failure(invocation, [200])
        what = wrong.what if wrong is not None else "did not respond"
        return failed(
            f"{function} {what}, so its log was not checked.",
            expected=expected,
            observed=what,
            hint=invoke_command(function, "", event),
            evidence=last_lines(invocation.log_tail),
        )
    structured, plain = own_lines(invocation.log_tail)
    if plain:
        message = f"{function} logs plain text: “{quote(plain[0], 120)}”. {explanation}".rstrip()
        evidence = [quote(line) for line in plain[:3]]
        if not structured:
            return failed(message, expected=expected, observed="plain text", evidence=evidence)
        observed = f"{plural(len(structured), 'JSON object')} and {plural(len(plain), 'line')} of plain text"
        return partial(
            0.5,
            f"{function} logs JSON objects and also plain text: “{quote(plain[0], 120)}”. {explanation}".rstrip(),
            expected=expected,
            observed=observed,
            evidence=evidence,
        )
    if structured:
        return passed(expected=expected, observed=plural(len(structured), "JSON object"))
    if sources is None:
        raise unread or _cannot_tell(function)
    return _by_code(function, sources, expected, explanation)


def _by_code(function: str, sources: list[Source], expected: str, explanation: str) -> Verdict:
    written = writes(sources)
    if written == "unclear":
        raise _cannot_tell(function)
    if written == "JSON":
        return passed(expected=expected, observed="its code logs JSON")
    if written == "nothing":
        return failed(f"{function} logs nothing. {explanation}".rstrip(), expected=expected, observed="nothing")
    return failed(
        f"{function} logs plain text: its code does not log json.dumps(…). {explanation}".rstrip(),
        expected=expected,
        observed="plain text",
    )


def _cannot_tell(function: str) -> NotGradedError:
    return NotGradedError(
        "lambda:InvokeFunction",
        f"the log of {function} has no line of the function, and its code does not show what it logs",
    )


def _code(probe: Probe, function: str) -> tuple[list[Source] | None, NotGradedError | None]:
    """Return the function's code, or the reason why it is missing. Most logs can be judged without the code."""
    try:
        return probe.snapshot.code(function), None
    except NotGradedError as error:
        return None, error
