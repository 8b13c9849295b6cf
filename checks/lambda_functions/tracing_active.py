"""A function's calls are traced."""

from __future__ import annotations

from checks.wording.advice import existing, names_of, pluralize
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, passed


@check(
    title="Calls are traced",
    hint="aws lambda update-function-configuration --function-name NAME --tracing-config Mode=Active",
)
def tracing_active(snapshot: Snapshot, *, functions: list[str]) -> Verdict:
    """The functions have active tracing, so that X-Ray shows where the time of a slow call went.

    Args:
        functions: the functions; those that do not exist, or of which AWS does not say it, are passed over.
    """
    untraced = [one for one in existing(snapshot, functions) if one.tracing_mode == "PassThrough"]
    if not untraced:
        return passed()
    return failed(
        f"{names_of(untraced)} {pluralize(untraced, 'is', 'are')} not traced: with active tracing, X-Ray shows whether "
        "the time of a slow call went into the cold start, your code or a service that it waited for.",
        expected="Active",
        observed="PassThrough",
        hint="\n".join(
            f"aws lambda update-function-configuration --function-name {one.name} --tracing-config Mode=Active"
            "  # its role needs AWSXRayDaemonWriteAccess"
            for one in untraced
        ),
    )
