"""The report of one student: everything that was judged, in words and numbers (`schemas/report.schema.json`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from labgrader.evidence.load import Comparison, LoadResult
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.check import find_check
from labgrader.judging.scoring import Score, ScoredCheck
from labgrader.judging.verdict import Verdict
from labgrader.lab import Item, Lab
from labgrader.reporting.words import clean, rounded
from labgrader.roster import Student

SCHEMA = "labgrader.report/1"

MAX_EVIDENCE = 20
"""Lines of evidence that a report keeps of one check; the record of the check has them all."""

MAX_SAMPLES = 500
"""Requests of a load test that a report keeps: the page draws its plot from the report alone."""

MAX_ERRORS = 5
"""Different errors of a load test that a report keeps."""

NO_REASON = "the check gave no reason"
"""What stands in for a missing message: a report never takes points without a word, and is never lost for one."""

LATENCIES = ("min", "mean", "p50", "p90", "p95", "p99", "max")
WARM_LATENCIES = ("p50", "p95")


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
    load_results: Mapping[str, LoadResult],
    advice: Sequence[tuple[Item, Verdict]],
    graded_at: str,
    previous: Mapping[str, Any] | None = None,
    comparisons: Mapping[str, Comparison] | None = None,
) -> dict[str, Any]:
    """Put together the report of one student; the same arguments give the same report.

    Every text is safe to store and to show: no lone surrogate, no control character, no mark that turns the text
    around it, at most ``words.MAX_TEXT`` characters. Every number is finite.

    Args:
        run_id, mode: the run, and ``grade`` or ``audit``.
        lab: the lab made the student's by ``Lab.for_student``.
        student: the roster's row.
        snapshot: what AWS said, or ``None`` where nothing could be recorded.
        account_id, region: where the student's resources are.
        score: what the lab's checks came to.
        load_results: what was measured, by the id of the check that asked. Their samples stay in the report, at most
            ``MAX_SAMPLES`` each, because the page's plot is drawn from the report alone.
        advice: the lab's advice items with what they said; only those that have something to say are kept, and one that
            could not be told is dropped, for advice is never worth a worry.
        graded_at: ISO 8601 in UTC.
        previous: the ``previous`` field, where the student was graded before.
        comparisons: two functions measured in turn, by the id of the check that asked.

    Raises:
        BadInputError: a check of the lab is not in the registry.
    """
    order = {check.item.id: position for position, check in enumerate(score.checks)}
    report: dict[str, Any] = {
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
        "checks": [_check(check) for check in score.checks],
        "load_tests": [
            _load_test(check_id, result)
            for check_id, result in sorted(
                load_results.items(), key=lambda one: (order.get(one[0], len(order)), one[0])
            )
        ],
        "advice": [
            {
                "id": item.id,
                "title": clean(item.title),
                "message": clean(verdict.message),
                "hint": clean(verdict.hint or item.hint),
            }
            for item, verdict in advice
            if verdict.status in ("failed", "partial")
        ],
    }
    if comparisons:
        report["comparisons"] = [
            _comparison(check_id, result)
            for check_id, result in sorted(comparisons.items(), key=lambda one: (order.get(one[0], len(order)), one[0]))
        ]
    if previous is not None:
        report["previous"] = dict(previous)
    return report


def _check(scored: ScoredCheck) -> dict[str, Any]:
    item, verdict = scored.item, scored.verdict
    evidence = [clean(line) for line in verdict.evidence[:MAX_EVIDENCE]]
    dropped = len(verdict.evidence) - MAX_EVIDENCE
    if dropped > 0:
        evidence.append(f"… ({dropped} more lines)")
    return {
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


def _load_test(check_id: str, result: LoadResult) -> dict[str, Any]:
    return {
        "id": check_id,
        "target": clean(result.target),
        "model": result.model,
        "concurrency": result.concurrency,
        "requests": result.requests,
        "planned_requests": result.planned_requests,
        "duration_s": rounded(result.duration_s, 3),
        "offered_rps": rounded(result.offered_rps),
        "achieved_rps": rounded(result.achieved_rps),
        "succeeded": result.succeeded,
        "throttled": result.throttled,
        "throttle_reason": clean(result.throttle_reason),
        "function_errors": result.function_errors,
        "application_errors": result.application_errors,
        "timeouts": result.timeouts,
        "other_errors": result.other_errors,
        "cold_starts": result.cold_starts,
        "latency_ms": {name: rounded(result.latency_ms.get(name, 0), 3) for name in LATENCIES},
        "warm_latency_ms": {name: rounded(result.warm_latency_ms.get(name, 0), 3) for name in WARM_LATENCIES},
        "p95_interval_ms": [rounded(bound, 3) for bound in result.p95_interval_ms],
        "retries": result.retries,
        "error_samples": [clean(sample) for sample in result.error_samples[:MAX_ERRORS]],
        "cut_short": clean(result.cut_short),
        "samples": [
            [rounded(start, 1), rounded(latency, 1), clean(outcome)]
            for start, latency, outcome in result.samples[:MAX_SAMPLES]
        ],
    }


def _comparison(check_id: str, result: Comparison) -> dict[str, Any]:
    return {
        "id": check_id,
        "baseline": clean(result.baseline),
        "candidate": clean(result.candidate),
        "baseline_ms": [rounded(latency, 3) for latency in result.baseline_ms],
        "candidate_ms": [rounded(latency, 3) for latency in result.candidate_ms],
        "baseline_errors": [clean(error) for error in result.baseline_errors[:MAX_ERRORS]],
        "candidate_errors": [clean(error) for error in result.candidate_errors[:MAX_ERRORS]],
    }
