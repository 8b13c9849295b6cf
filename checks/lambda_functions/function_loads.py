"""Lambda can load a function's code."""

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
    r"|Worker process exited immediately"  # the embedded AWS, if the worker died while it loaded the module
    r"|Handler .* not found|No module named|module '.*' has no attribute|\(\S+\.py, line \d+\)"
)


@check(title="Lambda can load the function's code", hint="aws logs tail /aws/lambda/{function} --since 1h")
def function_loads(
    probe: Probe, *, function: str, event: Any, qualifiers: list[str] | None = None, explanation: str = ""
) -> Verdict:
    """Check that one invocation finds the module and its handler. Any response is right, even an exception.

    Use it for functions that fail by design or by chance: an import error appears in every invocation.

    Args:
        function: the function's name.
        event: the event of the invocation.
        qualifiers: aliases or versions. The first that exists is invoked. ``$LATEST`` if none is given.
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
        return passed(expected=expected, observed="the code was loaded")
    wrong = invocation_failure(invocation, [200])
    what = wrong.what if wrong is not None else "cannot be loaded"
    module = wrong.module if wrong is not None else ""
    hint = repair(deployed, alias, module) if module else invoke_command(function, qualifier or "", event)
    note = ""
    if module and module == module_of(deployed.handler):
        note = f" Its handler is {quote(deployed.handler)}, so its package must contain {quote(module)}.py."
    return failed(
        f"{target_name(function, qualifier or '')} {what}.{note} {explanation}".rstrip(),
        expected=expected,
        observed=what,
        hint=hint,
        evidence=last_lines(invocation.log_tail),
    )


def _cannot_load(invocation: Invocation) -> bool:
    if invocation.outcome != "function_error":
        return False
    return _CANNOT_LOAD.search(f"{invocation.error_type}: {invocation.error_message}") is not None
