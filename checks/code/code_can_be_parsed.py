"""The code can be read as Python."""

from __future__ import annotations

import re

from checks.wording.advice import deploy_again, existing
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, passed, quote

_SYNTAX = re.compile(r"line \d+: ")
"""How a problem of the code begins. Without a line it is one of reading it: a file that is too large for us."""


@check(
    title="The code is valid Python",
    hint="python3 -m py_compile FILE\nzip -r function.zip .\n"
    "aws lambda update-function-code --function-name NAME --zip-file fileb://function.zip",
)
def code_can_be_parsed(snapshot: Snapshot, *, functions: list[str]) -> Verdict:
    """Every Python file of the functions can be parsed; one that cannot fails whatever imports it.

    Args:
        functions: the functions; those that do not exist, or whose code cannot be read, are passed over.
    """
    found = [
        (one, source)
        for one in existing(snapshot, functions)
        for source in snapshot.code(one.name) or ()
        if _SYNTAX.match(source.problem)
    ]
    if not found:
        return passed()
    each = [f"{quote(source.path)} of {one.name}: {quote(source.problem).rstrip('.')}" for one, source in found]
    return failed(
        f"A file cannot be read as Python ({'; '.join(each)}): whatever imports it fails before its first line runs.",
        expected="valid Python",
        observed="; ".join(quote(source.problem) for _, source in found),
        hint="python3 -m compileall -q .  # says which line is meant\n" + deploy_again(one for one, _ in found),
    )
