"""A function's invocations are traced."""

from __future__ import annotations

from checks.wording.advice import existing, names_of, pluralize
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, passed


@check(
    title="Invocations are traced",
    hint="aws lambda update-function-configuration --function-name NAME --tracing-config Mode=Active",
)
def tracing_active(snapshot: Snapshot, *, functions: list[str]) -> Verdict:
    """Check that the functions have active tracing: X-Ray shows why an invocation is slow.

    Args:
        functions: the functions' names. Functions that are missing or have no known tracing mode are ignored.
    """
    untraced = [function for function in existing(snapshot, functions) if function.tracing_mode == "PassThrough"]
    if not untraced:
        return passed()
    return failed(
        f"{names_of(untraced)} {pluralize(untraced, 'has', 'have')} no active tracing. With it, X-Ray shows whether a "
        "slow invocation spent its time in the cold start, in your code or in another service.",
        expected="Active",
        observed="PassThrough",
        hint="\n".join(
            f"aws lambda update-function-configuration --function-name {function.name} --tracing-config Mode=Active"
            "  # its role needs AWSXRayDaemonWriteAccess"
            for function in untraced
        ),
    )
