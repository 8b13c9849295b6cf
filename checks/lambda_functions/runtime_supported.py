"""AWS still supports a function's runtime."""

from __future__ import annotations

from checks.wording.advice import existing, pluralize
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, listed, passed


@check(
    title="AWS supports the runtime",
    hint="aws lambda update-function-configuration --function-name NAME --runtime {newer}",
)
def runtime_supported(snapshot: Snapshot, *, functions: list[str], deprecated: list[str], newer: str) -> Verdict:
    """Check that none of the functions has a runtime that AWS has deprecated.

    Args:
        functions: the functions' names. Missing functions are ignored.
        deprecated: the runtimes' identifiers (AWS Lambda Developer Guide, "Lambda runtimes", deprecated runtimes).
        newer: a runtime to update to.

    Sources:
        AWS deprecates runtimes. Later it allows no new and no updated functions with them:
            https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
    """
    old = [function for function in existing(snapshot, functions) if function.runtime in deprecated]
    if not old:
        return passed()
    names = [function.name for function in old]
    runtimes = listed(sorted({function.runtime for function in old}))
    return failed(
        f"{listed(names)} {pluralize(old, 'uses', 'use')} {runtimes}, which AWS no longer supports: it gets no "
        f"security updates, and you may not be able to create new functions with it. Use {newer} instead.",
        expected=newer,
        observed=runtimes,
        hint="\n".join(
            f"aws lambda update-function-configuration --function-name {name} --runtime {newer}" for name in names
        ),
    )
