"""The settings that a hand-out does not name were looked at, too."""

from __future__ import annotations

from checks.cloudwatch.log_retention_set import log_retention_set
from checks.lambda_functions.architecture_is_arm import architecture_is_arm
from checks.lambda_functions.tracing_active import tracing_active
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, passed


@check(
    title="The settings that cost nothing to improve were looked at",
    hint="aws lambda get-function-configuration --function-name NAME",
)
def settings_reviewed(snapshot: Snapshot, *, functions: list[str], explanation: str = "") -> Verdict:
    """Logs expire, calls are traced, and what can runs on arm64: three small pieces of advice as one.

    Nearly every student gets all three, so that one by one they would push aside what is particular to a student.

    Args:
        functions: the functions; those that do not exist are passed over.
        explanation: added to the message, where the hand-out itself chooses otherwise.
    """
    said = [
        verdict
        for verdict in (
            log_retention_set.judge(snapshot, functions=functions),
            tracing_active.judge(snapshot, functions=functions),
            architecture_is_arm.judge(snapshot, functions=functions, explanation=explanation),
        )
        if verdict.status != "passed"
    ]
    if not said:
        return passed()
    return failed(
        " ".join(one.message for one in said),
        expected="; ".join(one.expected for one in said),
        observed="; ".join(one.observed for one in said),
        hint="\n".join(one.hint for one in said),
    )
