"""A function's runtime is one that AWS still supports."""

from __future__ import annotations

from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, listed, passed


@check(
    title="The runtime is still supported",
    hint="aws lambda update-function-configuration --function-name NAME --runtime {newer}",
)
def runtime_supported(snapshot: Snapshot, *, functions: list[str], deprecated: list[str], newer: str) -> Verdict:
    """None of the functions runs on a runtime that AWS has deprecated.

    Args:
        functions: the functions; those that do not exist are passed over.
        deprecated: the runtimes' identifiers (AWS Lambda Developer Guide, "Lambda runtimes", deprecated runtimes).
        newer: a runtime to move to.
    """
    deployed = [one for one in (snapshot.function(name) for name in functions) if one is not None]
    old = [one for one in deployed if one.runtime in deprecated]
    if not old:
        return passed()
    names = [one.name for one in old]
    return failed(
        f"{listed(names)} {'run' if len(old) > 1 else 'runs'} on {listed(sorted({one.runtime for one in old}))}, which "
        f"AWS no longer supports: it gets no fixes, and new functions may be refused. {newer} does the same.",
        expected=newer,
        observed=listed(sorted({one.runtime for one in old})),
        hint="\n".join(
            f"aws lambda update-function-configuration --function-name {name} --runtime {newer}" for name in names
        ),
    )
