"""The code imports or defines every name that it uses."""

from __future__ import annotations

import sys

from checks.wording.advice import and_why, deploy_again, existing, pluralize
from labgrader.evidence.snapshot import Snapshot, Source
from labgrader.judging import Verdict, check, failed, listed, passed, quote

_MODULES = {*sys.stdlib_module_names, "boto3", "botocore", "requests"}
"""Names that most likely belong to a module without an import."""


@check(
    title="The code defines every name that it uses",
    hint="zip -r function.zip .\naws lambda update-function-code --function-name NAME --zip-file fileb://function.zip",
)
def names_are_defined(snapshot: Snapshot, *, functions: list[str], explanation: str = "") -> Verdict:
    """Check that every file of a function imports or defines the names that it uses.

    Args:
        functions: the functions. Those that do not exist or have unreadable code are skipped.
        explanation: added to the message if the handout's own code has the mistake.
    """
    found = [
        (function, source)
        for function in existing(snapshot, functions)
        for source in snapshot.code(function.name) or ()
        if source.undefined
    ]
    if not found:
        return passed()
    each = [f"{listed(source.undefined)} in {quote(source.path)} of {function.name}" for function, source in found]
    names = list(dict.fromkeys(name for _, source in found for name in source.undefined))
    return failed(
        f"{pluralize(names, 'A name is', 'Some names are')} neither imported nor defined ({'; '.join(each)}). "
        f"An invocation that reaches such a line fails with a NameError.{and_why(explanation)}",
        expected="every name imported or defined",
        observed=listed(names),
        hint="\n".join([*_repairs([source for _, source in found]), deploy_again(function for function, _ in found)]),
    )


def _repairs(sources: list[Source]) -> list[str]:
    """Return the missing lines and their files, as shell comments, because the student must edit the code."""
    repairs = []
    for source in sources:
        for name in source.undefined:
            what = f"import {name}" if name in _MODULES else f"define or import {quote(name)}"
            repairs.append(f"# at the top of {quote(source.path)}: {what}")
    return list(dict.fromkeys(repairs))
