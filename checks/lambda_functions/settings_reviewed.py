"""Settings that a handout does not mention: log retention, tracing and architecture."""

from __future__ import annotations

from checks.cloudwatch.log_retention_set import log_retention_set
from checks.lambda_functions.architecture_is_arm import architecture_is_arm
from checks.lambda_functions.tracing_active import tracing_active
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, passed


@check(
    title="Log retention, tracing and architecture are set",
    hint="aws lambda get-function-configuration --function-name NAME",
)
def settings_reviewed(snapshot: Snapshot, *, functions: list[str], explanation: str = "") -> Verdict:
    """Check that logs expire, invocations are traced and functions run on arm64 if they can.

    Nearly every student gets all three pieces of advice. Together they leave room for advice that is more specific.

    Args:
        functions: the functions' names. Missing functions are ignored.
        explanation: added to the message, for a handout that chooses x86_64.
    """
    verdicts = [
        verdict
        for verdict in (
            log_retention_set.judge(snapshot, functions=functions),
            tracing_active.judge(snapshot, functions=functions),
            architecture_is_arm.judge(snapshot, functions=functions, explanation=explanation),
        )
        if verdict.status != "passed"
    ]
    if not verdicts:
        return passed()
    return failed(
        " ".join(verdict.message for verdict in verdicts),
        expected="; ".join(verdict.expected for verdict in verdicts),
        observed="; ".join(verdict.observed for verdict in verdicts),
        hint="\n".join(verdict.hint for verdict in verdicts),
    )
