"""A function has the memory size that the lab sets last."""

from __future__ import annotations

from checks.wording import missing_function
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, passed


@check(
    title="The function has its final memory size",
    hint="aws lambda update-function-configuration --function-name {function} --memory-size {memory_mb}",
)
def memory_is_set(snapshot: Snapshot, *, function: str, memory_mb: int) -> Verdict:
    """Check that ``$LATEST`` of the function has the memory size.

    Args:
        function: the function's name.
        memory_mb: the memory size, in MB.
    """
    expected = f"{memory_mb} MB"
    deployed = snapshot.function(function)
    if deployed is None:
        return failed(missing_function(snapshot, function), expected=expected, observed="no such function")
    observed = "unknown" if deployed.memory_mb is None else f"{deployed.memory_mb} MB"
    if deployed.memory_mb == memory_mb:
        return passed(expected=expected, observed=observed)
    return failed(
        f"The memory size of {function} is {observed} instead of {memory_mb} MB.", expected=expected, observed=observed
    )
