"""The code uses no name that it does not define."""

from __future__ import annotations

import sys

from checks.wording.advice import and_why, deploy_again, existing, pluralize
from labgrader.evidence.snapshot import Snapshot, Source
from labgrader.judging import Verdict, check, failed, listed, passed, quote

_MODULES = {*sys.stdlib_module_names, "boto3", "botocore", "requests"}
"""Names that are most likely those of a module whose import was forgotten."""


@check(
    title="The code defines every name that it uses",
    hint="zip -r function.zip .\naws lambda update-function-code --function-name NAME --zip-file fileb://function.zip",
)
def names_are_defined(snapshot: Snapshot, *, functions: list[str], explanation: str = "") -> Verdict:
    """No file of a function uses a name that it neither imports nor defines.

    Args:
        functions: the functions; those that do not exist, or whose code cannot be read, are passed over.
        explanation: added to the message, where the hand-out's own code has the slip.
    """
    found = [
        (one, source)
        for one in existing(snapshot, functions)
        for source in snapshot.code(one.name) or ()
        if source.undefined
    ]
    if not found:
        return passed()
    each = [f"{quote(source.path)} of {one.name} uses {listed(source.undefined)}" for one, source in found]
    names = list(dict.fromkeys(name for _, source in found for name in source.undefined))
    return failed(
        f"{', '.join(each)}, but nothing there imports or defines {pluralize(names, 'it', 'them')}: a call that comes "
        f"to such a line ends with a NameError.{and_why(explanation)}",
        expected="every name imported or defined",
        observed=listed(names),
        hint="\n".join([*_repairs([source for _, source in found]), deploy_again(one for one, _ in found)]),
    )


def _repairs(sources: list[Source]) -> list[str]:
    """What to write where; a comment, for it is a change in the code."""
    repairs = []
    for source in sources:
        for name in source.undefined:
            what = f"import {name}" if name in _MODULES else f"define or import {quote(name)}"
            repairs.append(f"# at the top of {quote(source.path)}: {what}")
    return list(dict.fromkeys(repairs))
