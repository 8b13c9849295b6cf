"""What is known of one check when the report is written: its verdict, or why there is none and whose fault that is."""

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

AUDIT_INVOKES_NOTHING = "an audit does not invoke functions; a graded run tells"
NO_VERDICT = "labgrader recorded no verdict for this check"
MAX_REASON = 400
"""Characters of a reason that a report keeps."""


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
    """Return what is known of one check: its own verdict, before its prerequisites are looked at.

    Args:
        item: the check, made the student's.
        snapshot, record: what was recorded, where it was.
        error: what the workflow says became of the check, where it failed.
        carried: the verdict of the last graded run, for a check that an audit does not repeat.
        audit: whether this is an audit.
        failure: why the workflow did not get this far for the student.
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
    """Return the checks of a report that could not be graded though they should have been, by id.

    What an audit leaves to a graded run is none of them, nor what cannot be told while that is open: a lab that nobody
    graded yet would be an alarm every night.

    Args:
        report: the report, as it is kept.
    """
    checks = {check["id"]: check for check in report["checks"] if check["status"] == "not_graded"}
    left = _with_reason(checks, Reason.NEEDS_GRADED_RUN)
    if report["mode"] != "audit" or not left:
        return list(checks)
    waiting = _with_reason(checks, Reason.PREREQUISITE)
    more = left
    while more:  # what waits for what waits
        more = {check for check in waiting - left if left.intersection(checks[check].get("requires", ()))}
        left |= more
    return [check_id for check_id in checks if check_id not in left]


def _with_reason(checks: Mapping[str, ReportCheck], reason: Reason) -> set[str]:
    """The checks that are not graded for a reason; reports of earlier versions name none."""
    return {check_id for check_id, check in checks.items() if check.get("reason") == reason}


def _failure(error: str, message: str, reason: Reason) -> Verdict:
    """Say in a sentence what an error of the workflow means for the student."""
    if message.startswith(NOT_GRADED):  # a text for the student
        return not_graded(quote(message, MAX_REASON), reason)
    repeat = "no points are lost, and the run can be repeated"
    if error in ("States.Timeout", "Sandbox.Timedout") or "Task timed out" in message:  # Lambda's own text
        return not_graded(f"labgrader did not finish this check in time; {repeat}", Reason.TIME_OVER)
    return not_graded(f"labgrader failed on this check ({quote(error, 80)}); {repeat}", reason)
