"""A function's code can be loaded."""

from __future__ import annotations

import re
from typing import Any

from checks.wording import (
    first_existing,
    invocation_failure,
    invoke_command,
    last_lines,
    missing_function,
    module_of,
    no_qualifier,
    repair,
    target_name,
)
from labgrader.judging import Invocation, Probe, Verdict, check, failed, passed, quote

_CANNOT_LOAD = re.compile(
    r"Unable to import module|Cannot find module|Syntax error in module|Runtime\.UserCodeSyntaxError|SyntaxError"
    r"|Runtime\.HandlerNotFound|Runtime\.MalformedHandlerName|Bad handler|Handler '.*' missing on module"
    r"|Worker process exited immediately"  # so says the embedded AWS of a worker that died while it loaded the module
    r"|Handler .* not found|No module named|module '.*' has no attribute|\(\S+\.py, line \d+\)"
)


@check(title="The function's code can be loaded", hint="aws logs tail /aws/lambda/{function} --since 1h")
def function_loads(
    probe: Probe, *, function: str, event: Any, qualifiers: list[str] | None = None, explanation: str = ""
) -> Verdict:
    """One call finds the module and its handler; whatever it then answers is right, also an exception of its own.

    For functions that fail by design or by chance: an error in loading shows in every call.

    Args:
        function: its name.
        event: what it is called with.
        qualifiers: aliases or versions; the first that exists is called. ``$LATEST`` where none is given.
        explanation: added to the message.
    """
    expected = "a function that can be loaded"
    deployed = probe.snapshot.function(function)
    if deployed is None:
        return failed(missing_function(probe.snapshot, function), expected=expected, observed="no such function")
    qualifier = first_existing(probe.snapshot, function, qualifiers)
    invocation = None if qualifier is None else probe.invoke(function, qualifier, event)
    if invocation is None:
        return failed(no_qualifier(function, qualifiers), expected=expected, observed="no such alias or version")
    alias = qualifier if qualifier and not qualifier.isdecimal() else ""
    if invocation.outcome != "throttled" and not _cannot_load(invocation):
        return passed(expected=expected, observed="it was loaded")
    wrong = invocation_failure(invocation, [200])
    what = wrong.what if wrong is not None else "cannot be loaded"
    module = wrong.module if wrong is not None else ""
    mend = repair(deployed, alias, module) if module else invoke_command(function, qualifier or "", event)
    note = ""
    if module and module == module_of(deployed.handler):
        note = f" Its handler is {quote(deployed.handler)}, so its package must hold {quote(module)}.py."
    return failed(
        f"{target_name(function, qualifier or '')} {what}.{note} {explanation}".rstrip(),
        expected=expected,
        observed=what,
        hint=mend,
        evidence=last_lines(invocation.log_tail),
    )


def _cannot_load(invocation: Invocation) -> bool:
    if invocation.outcome != "function_error":
        return False
    return _CANNOT_LOAD.search(f"{invocation.error_type}: {invocation.error_message}") is not None
