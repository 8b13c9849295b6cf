"""The code is valid Python."""

from __future__ import annotations

import re

from checks.wording.advice import deploy_again, existing
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, passed, quote

_SYNTAX = re.compile(r"line \d+: ")
"""The beginning of a syntax error. A problem without a line means that labgrader cannot read the file (too large)."""


@check(
    title="The code is valid Python",
    hint="python3 -m py_compile FILE\nzip -r function.zip .\n"
    "aws lambda update-function-code --function-name NAME --zip-file fileb://function.zip",
)
def code_can_be_parsed(snapshot: Snapshot, *, functions: list[str]) -> Verdict:
    """Check that every Python file of the functions can be parsed. An invalid file breaks every import of it.

    Args:
        functions: the functions. Those that do not exist or have unreadable code are skipped.
    """
    found = [
        (function, source)
        for function in existing(snapshot, functions)
        for source in snapshot.code(function.name) or ()
        if _SYNTAX.match(source.problem)
    ]
    if not found:
        return passed()
    each = [
        f"{quote(source.path)} of {function.name}: {quote(source.problem).rstrip('.')}" for function, source in found
    ]
    return failed(
        f"A file is not valid Python ({'; '.join(each)}). Every import of it fails before its first line runs.",
        expected="valid Python",
        observed="; ".join(quote(source.problem) for _, source in found),
        hint="python3 -m compileall -q .  # prints the invalid lines\n"
        + deploy_again(function for function, _ in found),
    )
