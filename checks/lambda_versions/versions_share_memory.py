"""The version that an alias serves has the memory of ``$LATEST``."""

from __future__ import annotations

from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, passed


@check(
    title="The alias's version has the current memory size",
    hint="aws lambda get-function-configuration --function-name {function} --qualifier {alias} --query MemorySize"
    "  # shows the memory size; you have nothing to change for this lab",
)
def versions_share_memory(snapshot: Snapshot, *, function: str, alias: str) -> Verdict:
    """Check that the alias's version has the memory size of ``$LATEST``.

    A published version keeps its settings, so an alias may serve an old memory size.

    Args:
        function: the function's name.
        alias: the alias's name.
    """
    latest = snapshot.function(function)
    found = snapshot.alias(function, alias)
    if latest is None or found is None:
        return passed()
    served = next((version for version in snapshot.versions(function) if version.version == found.version), None)
    if served is None or served.memory_mb is None or latest.memory_mb is None or served.memory_mb == latest.memory_mb:
        return passed()
    return failed(
        f"{alias} serves version {served.version}, which has {served.memory_mb} MB of memory, while $LATEST has "
        f"{latest.memory_mb} MB. A published version keeps its settings. The lab changes the memory last, so this "
        "costs no points. In production, publish a new version and update the alias.",
        expected=f"{latest.memory_mb} MB",
        observed=f"{served.memory_mb} MB",
    )
