"""The report of one student: everything that was judged, in words and numbers (`schemas/report.schema.json`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from labgrader.documents.report import Advice, CarriedOverMark, Previous, Report, ReportAudit, ReportCheck
from labgrader.evidence.elsewhere import found_elsewhere
from labgrader.evidence.load.load_test import Comparison, LoadResult
from labgrader.evidence.no_resources import has_no_resources
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.check import find_check
from labgrader.judging.scoring import Score, ScoredCheck
from labgrader.judging.verdict import Verdict
from labgrader.labs.lab import Item, Lab, Visibility
from labgrader.reporting.formatting import clean, rounded
from labgrader.reporting.hidden_checks import hidden_field
from labgrader.reporting.load_report import comparison_entry, load_test_entry
from labgrader.roster import Student

SCHEMA = "labgrader.report/1"

MAX_EVIDENCE = 20
"""Lines of evidence that a report keeps of one check; the record of the check has them all."""

NO_REASON = "the check gave no reason"
"""What stands in for a missing message: a report never takes points without a word, and is never lost for one."""


def build_report(
    *,
    run_id: str,
    mode: str,
    lab: Lab,
    student: Student,
    snapshot: Snapshot | None,
    account_id: str,
    region: str,
    score: Score,
    load_results: Sequence[tuple[str, LoadResult]],
    advice: Sequence[tuple[Item, Verdict]],
    graded_at: str,
    previous: Previous | None = None,
    comparisons: Sequence[tuple[str, Comparison]] = (),
    carried: Mapping[str, CarriedOverMark] | None = None,
    audit: ReportAudit | None = None,
) -> Report:
    """Put together the report of one student; the same arguments give the same report.

    Every text is safe to store and to show: no lone surrogate, no control character, no mark that turns the text
    around it, at most ``words.MAX_TEXT`` characters. Every number is finite.

    Args:
        run_id, mode: the run, and ``grade``, ``audit`` or ``self-check``.
        lab: the lab made the student's by ``Lab.for_student``.
        student: the roster's row.
        snapshot: what AWS said, or ``None`` where nothing could be recorded.
        account_id, region: where the student's resources are.
        score: what the lab's checks came to.
        load_results: what was measured, each with the id of the check or the advice that asked, in the order in which
            the report shows them. Samples and curves stay in the report, because the page's plots are drawn from the
            report alone.
        advice: the lab's advice items with what they said; only those that have something to say are kept, and one that
            could not be told is dropped, for advice is never worth a worry.
        graded_at: ISO 8601 in UTC.
        previous: the ``previous`` field, where the student was graded before.
        comparisons: two functions measured in turn, as ``load_results``.
        carried: the ``carried_over`` field of each check whose verdict is an earlier run's, by id.
        audit: the ``audit`` field of an audit's report.

    Raises:
        BadInputError: a check of the lab is not in the registry.
    """
    items = {item.id: (clean(item.title), item.visibility) for item in (*lab.checks, *lab.advice)}

    def said_of(item_id: str) -> tuple[str, str, Visibility]:
        """What the lab says of what asked; a record that the lab no longer names is the instructor's alone."""
        return item_id, *items.get(item_id, (item_id, "hidden"))

    report: Report = {
        "schema": SCHEMA,
        "run_id": run_id,
        "mode": mode,
        "status": "complete" if score.complete else "incomplete",
        "lab": {"id": lab.id, "version": lab.version, "title": clean(lab.title)},
        "student": {
            "student_id": clean(student.student_id or student.username),
            "username": student.username,
            "name": clean(student.name),
            "section": clean(student.section),
        },
        "account_id": account_id,
        "region": region,
        "snapshot_taken_at": (snapshot.taken_at if snapshot else "") or graded_at,
        "graded_at": graded_at,
        "score": {
            "points": rounded(score.points),
            "max_points": rounded(score.max_points),
            "percent": rounded(score.percent),
            "open_points": rounded(score.open_points),
        },
        "checks": [_check(check, (carried or {}).get(check.item.id)) for check in score.checks],
        "load_tests": [load_test_entry(*said_of(item_id), result) for item_id, result in load_results],
        "advice": [_advice(item, verdict) for item, verdict in advice if verdict.status in ("failed", "partial")],
    }
    report["comparisons"] = [comparison_entry(*said_of(item_id), result) for item_id, result in comparisons]
    if snapshot is not None and has_no_resources(snapshot):
        report["nothing_found"] = True
        elsewhere = found_elsewhere(snapshot)
        if elsewhere is not None:
            report["found_in"] = elsewhere.region
    if previous is not None:
        report["previous"] = previous
    hidden = hidden_field(lab.hidden_checks, lab.hidden_points)
    if hidden is not None:
        report["hidden"] = hidden
    if audit is not None:
        report["audit"] = audit
    return report


def _check(scored: ScoredCheck, carried: CarriedOverMark | None) -> ReportCheck:
    item, verdict = scored.item, scored.verdict
    evidence = [clean(line) for line in verdict.evidence[:MAX_EVIDENCE]]
    dropped = len(verdict.evidence) - MAX_EVIDENCE
    if dropped > 0:  # what is carried over was cut before: its last line says so already
        evidence.append(clean(verdict.evidence[-1]) if carried else f"… ({dropped} more lines)")
    check: ReportCheck = {
        "id": item.id,
        "check": item.check,
        "kind": find_check(item.check).kind,
        "title": clean(item.title),
        "task": clean(item.task),
        "requires": list(item.requires),
        "status": verdict.status,
        "points": rounded(scored.points),
        "max_points": rounded(item.points),
        "message": clean(verdict.message) or ("" if verdict.status in ("passed", "partial") else NO_REASON),
        "expected": clean(verdict.expected),
        "observed": clean(verdict.observed),
        "hint": clean(verdict.hint),
        "visibility": item.visibility,
        "evidence": evidence,
    }
    if verdict.reason:
        check["reason"] = verdict.reason
    if carried:
        check["carried_over"] = carried
    return check


def _advice(item: Item, verdict: Verdict) -> Advice:
    advice: Advice = {
        "id": item.id,
        "title": clean(item.title),
        "message": clean(verdict.message),
        "hint": clean(verdict.hint or item.hint),
    }
    if verdict.reason:
        advice["reason"] = verdict.reason
    return advice
