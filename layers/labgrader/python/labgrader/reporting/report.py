"""Build the report of one student (``schemas/report.schema.json``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from labgrader.documents.report import Advice, CarriedOverMark, Previous, Report, ReportAudit, ReportCheck
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
from labgrader.rosters import Student

SCHEMA = "labgrader.report/1"

MAX_EVIDENCE = 20
"""The most lines of evidence of one check in a report. The record of the check has all lines."""

NO_REASON = "the check gave no reason"
"""Replaces a missing message: a report never takes points without a message."""


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
    """Build the report of one student. The same arguments give the same report.

    Every text is safe to store and to show. It has no lone surrogates, no control characters, no marks that change the
    direction of text, and at most ``formatting.MAX_TEXT`` characters. Every number is finite.

    Args:
        run_id, mode: the run, and ``grade``, ``audit`` or ``self-check``.
        lab: the lab with the student's names filled in (``Lab.for_student``).
        student: the student's row of the roster.
        snapshot: the student's resources, or ``None`` if they could not be recorded.
        account_id, region: the account and Region of the student's resources.
        score: the score of the lab's checks.
        load_results: the load tests, each with the id of its check or advice, in the order of the report. Samples and
            curves stay in the report, because the page draws its plots from them.
        advice: the lab's advice with its verdicts. Only advice that failed or partly failed is in the report. Advice
            that is not graded is dropped without a notice.
        graded_at: ISO 8601 in UTC.
        previous: the ``previous`` field, if the student was graded before.
        comparisons: the comparisons of two functions, as ``load_results``.
        carried: the ``carried_over`` field of each check with a verdict from an earlier run, by check id.
        audit: the ``audit`` field of the report of an audit.

    Raises:
        BadInputError: a check of the lab is not in the registry.
    """
    items = {item.id: (clean(item.title), item.visibility) for item in (*lab.checks, *lab.advice)}

    def labeled(item_id: str) -> tuple[str, str, Visibility]:
        """Return id, title and visibility of a check or advice. One that the lab does not have is hidden."""
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
        "load_tests": [load_test_entry(*labeled(item_id), result) for item_id, result in load_results],
        "advice": [_advice(item, verdict) for item, verdict in advice if verdict.status in ("failed", "partial")],
    }
    report["comparisons"] = [comparison_entry(*labeled(item_id), result) for item_id, result in comparisons]
    if snapshot is not None and has_no_resources(snapshot):
        report["nothing_found"] = True
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
    if dropped > 0:  # evidence that is carried over was cut before: its last line says so
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
