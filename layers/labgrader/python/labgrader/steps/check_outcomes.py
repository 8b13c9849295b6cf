"""What is known of one check when the report is written: its verdict, or why there is none and whose fault that is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labgrader.errors import NOT_GRADED, NotGradedError
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.check import find_check
from labgrader.judging.judge import FAULTY_CHECK, WRONG_LAB, judge_recorded
from labgrader.judging.scoring import WAITS
from labgrader.judging.verdict import Verdict, not_graded
from labgrader.labs.lab import Item
from labgrader.messages import quote, said_by
from labgrader.steps.run_record import CheckRecord

AUDIT_INVOKES_NOTHING = "an audit does not invoke functions; a graded run tells"
NO_VERDICT = "labgrader recorded no verdict for this check"
MAX_REASON = 400
"""Characters of a reason that a report keeps."""

_AWS_SAID = re.compile(re.escape(NOT_GRADED) + r": [a-z0-9-]+:\w+: (?:\w[\w.]*: |.*was throttled to the end)")
"""A refusal of AWS, or of ours for lack of time: the action, the error's code (``AccessDeniedException``), its message.
A check that cannot tell from what it saw says a sentence, which does not begin so."""

_WE_LOST_IT = ("this was not recorded when the student was graded", "and the first one left no record")


@dataclass(frozen=True)
class Told:
    """What is known of one check.

    Args:
        verdict: the check's own, before its prerequisites are looked at.
        our_fault: whether there is none because of an error of ours or of AWS; a student's self-check is given back
            then. Not where the check itself says that it cannot tell.
    """

    verdict: Verdict
    our_fault: bool = False


def told(
    item: Item,
    snapshot: Snapshot | None,
    record: CheckRecord | None,
    error: Mapping[str, str] | None,
    *,
    carried: Verdict | None = None,
    audit: bool = False,
    failure: str = "",
) -> Told:
    """Return what is known of one check.

    Args:
        item: the check, made the student's.
        snapshot, record: what was recorded, where it was.
        error: what the workflow says became of the check, where it failed.
        carried: the verdict of the last graded run, for a check that an audit does not repeat.
        audit: whether this is an audit.
        failure: why the workflow did not get this far for the student.
    """
    if record and record.verdict:
        return Told(record.verdict)
    if error:
        message = said_by(error.get("cause", ""))
        ours = not message.startswith(NOT_GRADED) or _is_ours(message)
        return Told(not_graded(_reason(error["error"], message)), our_fault=ours)
    if record and snapshot:
        try:
            return Told(judge_recorded(item, snapshot, record.answers))
        except NotGradedError as reason:
            return Told(not_graded(quote(str(reason), MAX_REASON)), our_fault=_is_ours(str(reason)))
    if audit and find_check(item.check).kind != "configuration":
        return Told(carried or not_graded(AUDIT_INVOKES_NOTHING))
    return Told(not_graded(failure or NO_VERDICT), our_fault=True)


def refused(report: Mapping[str, Any]) -> list[str]:
    """Return the checks of a report that could not be graded though they should have been, by id.

    What an audit leaves to a graded run is none of them, nor what cannot be told while that is open: a lab that nobody
    graded yet would be an alarm every night.

    Args:
        report: the report, as it is kept.
    """
    checks = {check["id"]: check for check in report["checks"] if check["status"] == "not_graded"}
    left = {check_id for check_id, check in checks.items() if check["message"] == AUDIT_INVOKES_NOTHING}
    if report["mode"] != "audit" or not left:
        return list(checks)
    waiting = {check_id for check_id, check in checks.items() if check["message"].startswith(WAITS)}
    more = left
    while more:  # what waits for what waits
        more = {one for one in waiting - left if left.intersection(checks[one]["requires"])}
        left |= more
    return [check_id for check_id in checks if check_id not in left]


def _is_ours(message: str) -> bool:
    wrong_lab = message.startswith((f"{NOT_GRADED}: {WRONG_LAB}", f"{NOT_GRADED}: {FAULTY_CHECK}"))
    return wrong_lab or _AWS_SAID.match(message) is not None or message.endswith(_WE_LOST_IT)


def _reason(error: str, message: str) -> str:
    """Say in a sentence what an error of the workflow means for the student."""
    if message.startswith(NOT_GRADED):
        return quote(message, MAX_REASON)
    if error in ("States.Timeout", "Sandbox.Timedout") or "Task timed out" in message:
        return "labgrader did not finish this check in time; no points are lost, and the run can be repeated"
    return f"labgrader failed on this check ({quote(error, 80)}); no points are lost, and the run can be repeated"
