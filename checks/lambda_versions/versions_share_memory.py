"""The version that an alias serves has the memory of ``$LATEST``."""

from __future__ import annotations

from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, passed


@check(
    title="The alias serves a version with today's memory",
    hint="aws lambda get-function-configuration --function-name {function} --qualifier {alias} --query MemorySize"
    "  # to see it; nothing to change for this lab",
)
def versions_share_memory(snapshot: Snapshot, *, function: str, alias: str) -> Verdict:
    """Memory that is changed after a version was published does not reach it: an alias may serve the old setting."""
    latest = snapshot.function(function)
    found = snapshot.alias(function, alias)
    if latest is None or found is None:
        return passed()
    served = next((one for one in snapshot.versions(function) if one.version == found.version), None)
    if served is None or served.memory_mb is None or latest.memory_mb is None or served.memory_mb == latest.memory_mb:
        return passed()
    return failed(
        f"{alias} serves version {served.version}, which keeps {served.memory_mb} MB, while $LATEST has "
        f"{latest.memory_mb} MB: a version keeps the settings it was published with. The lab changes the memory last, "
        "so this costs no points; in production you would publish again and move the alias.",
        expected=f"{latest.memory_mb} MB",
        observed=f"{served.memory_mb} MB",
    )
