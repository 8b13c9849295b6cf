"""The verdict of one check for the report. Without a verdict: why it is not graded, and who caused that."""

from __future__ import annotations

from collections.abc import Mapping

from labgrader.documents.report import Report, ReportCheck
from labgrader.errors import NOT_GRADED, NotGradedError
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.check import find_check
from labgrader.judging.judge import judge_recorded
from labgrader.judging.verdict import Verdict, not_graded
from labgrader.labs.lab import Item
from labgrader.messages import quote
from labgrader.reasons import Reason
from labgrader.steps.error_reason import reason_and_text
from labgrader.steps.run_documents import CheckRecord

AUDIT_INVOKES_NOTHING = "an audit does not invoke functions; this check needs a graded run"
NO_VERDICT = "labgrader recorded no verdict for this check"
MAX_REASON = 400
"""The most characters of a reason in a report."""


def resolve_outcome(
    item: Item,
    snapshot: Snapshot | None,
    record: CheckRecord | None,
    error: Mapping[str, str] | None,
    *,
    carried: Verdict | None = None,
    audit: bool = False,
    failure: str = "",
) -> Verdict:
    """Return the verdict of one check, without regard to its prerequisites.

    Args:
        item: the check, with the student's names filled in.
        snapshot, record: what was recorded; ``None`` for what is missing.
        error: the error of the check's state in the workflow, or ``None``.
        carried: the verdict of the last graded run, for a check that an audit does not repeat.
        audit: whether this is an audit.
        failure: why the workflow stopped before this check, or empty.
    """
    if record and record.verdict:
        return record.verdict
    if error:
        reason, message = reason_and_text(error.get("cause", ""))
        return _failure(error["error"], message, reason)
    if record and snapshot:
        try:
            return judge_recorded(item, snapshot, record.answers)
        except NotGradedError as refusal:
            return not_graded(quote(str(refusal), MAX_REASON), refusal.reason_code)
    if audit and find_check(item.check).kind != "configuration":
        return carried or not_graded(AUDIT_INVOKES_NOTHING, Reason.NEEDS_GRADED_RUN)
    return not_graded(failure or NO_VERDICT, Reason.GRADER)


def ungraded_checks(report: Report) -> list[str]:
    """Return the ids of the checks that should have been graded and were not.

    Checks that an audit leaves to a graded run do not count, and neither do checks that require them. Otherwise a lab
    without a graded run would raise an alarm in every audit.

    Args:
        report: the report, as it is stored.
    """
    checks = {check["id"]: check for check in report["checks"] if check["status"] == "not_graded"}
    excused = _with_reason(checks, Reason.NEEDS_GRADED_RUN)
    if report["mode"] != "audit" or not excused:
        return list(checks)
    waiting = _with_reason(checks, Reason.PREREQUISITE)
    added = excused
    while added:  # prerequisites form chains
        added = {check for check in waiting - excused if excused.intersection(checks[check].get("requires", ()))}
        excused |= added
    return [check_id for check_id in checks if check_id not in excused]


def _with_reason(checks: Mapping[str, ReportCheck], reason: Reason) -> set[str]:
    """Return the ids of checks with this reason. Reports of earlier versions have no reasons."""
    return {check_id for check_id, check in checks.items() if check.get("reason") == reason}


def _failure(error: str, message: str, reason: Reason) -> Verdict:
    """Return the verdict for an error of the workflow, with a sentence for the student."""
    if message.startswith(NOT_GRADED):  # the text was written for the student
        return not_graded(quote(message, MAX_REASON), reason)
    repeat = "no points are lost, and the run can be repeated"
    if error in ("States.Timeout", "Sandbox.Timedout") or "Task timed out" in message:  # Lambda's text
        return not_graded(f"labgrader did not finish this check in time; {repeat}", Reason.TIME_OVER)
    return not_graded(f"labgrader failed on this check ({quote(error, 80)}); {repeat}", reason)
