"""Every alias of a function has the student's prefix."""

from __future__ import annotations

import shlex

from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, listed, passed, quote


@check(
    title="Every alias has your prefix",
    hint="aws lambda delete-alias --function-name {function} --name NAME",
)
def aliases_all_prefixed(snapshot: Snapshot, *, function: str, explanation: str = "") -> Verdict:
    """Check that every alias of the function begins with ``username-``.

    Args:
        function: the function's name.
        explanation: the cause, added to the message.
    """
    bare = [alias.name for alias in snapshot.aliases(function) if not alias.name.startswith(snapshot.prefix)]
    if not bare:
        return passed()
    return failed(
        f"{function} has the {'aliases' if len(bare) > 1 else 'alias'} {listed(bare)} without your prefix. "
        f"{explanation}".rstrip(),
        expected=f"aliases that begin with {snapshot.prefix}",
        observed=listed(bare),
        hint="\n".join(
            f"aws lambda delete-alias --function-name {function} --name {shlex.quote(quote(name))}" for name in bare
        ),
    )
