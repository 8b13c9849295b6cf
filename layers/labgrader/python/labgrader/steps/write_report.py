"""Write report: verdicts to points, points to a report, the report to S3 and DynamoDB."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from labgrader.documents.report import Report
from labgrader.errors import NotGradedError
from labgrader.events import Publish, publish_safely, student_graded
from labgrader.evidence.load.load_test import COMPARE, LOAD_TEST, Comparison, LoadResult
from labgrader.evidence.question import Answer, Answers, Json, Question
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.judge import advice_without_internet, judge_recorded
from labgrader.judging.scoring import score
from labgrader.judging.verdict import Verdict
from labgrader.judging.wrong_region import name_wrong_region
from labgrader.labs.lab import Item, Lab
from labgrader.moments import isoformat_utc
from labgrader.reporting.report import build_report
from labgrader.reporting.student_copy import hidden_part, visible_points
from labgrader.schemas import validate
from labgrader.steps.audit import CarriedOver, audit_of, carried_over, remember_seen
from labgrader.steps.check_outcomes import resolve_outcome
from labgrader.steps.previous_results import load_previous
from labgrader.steps.run_documents import CheckRecord, lab_of, records_of, snapshot_of, student_of
from labgrader.store import Keys, MissingError, Store

CLASS_PAGE = "../class.html"
"""The class page of a run, as seen from a student's page: ``runs/RUN/reports/USERNAME.html``."""


def write_report(
    store: Store,
    run_id: str,
    mode: str,
    username: str,
    outcomes: Iterable[Mapping[str, str]] = (),
    failure: str = "",
    *,
    from_records: bool = True,
    publish: Publish | None = None,
) -> Report:
    """Score one student and write the report, once: written twice, the first stands and the records follow it.

    Args:
        store: the stack's store.
        run_id: the run.
        mode: ``grade``, ``audit`` or ``self-check``.
        username: the student.
        outcomes: what the maps of the workflow returned; those with an ``error`` say why a verdict is missing.
        failure: why the workflow did not get this far for the student, for every check without a verdict.
        from_records: read the student's snapshot and records; without them, nothing is graded.
        publish: tells others that the student is graded.

    Returns:
        The report, as it is kept.
    """
    keys = Keys(run_id)
    student = student_of(store, run_id, username)
    snapshot = _snapshot(store, run_id, username) if from_records else None
    account_id = snapshot.account_id if snapshot else student.account_id
    region = snapshot.region if snapshot else student.region
    lab = lab_of(store, run_id).for_student(username, account_id, region)
    records = records_of(store, run_id, username) if from_records else {}
    audited = mode == "audit"
    before = store.seen(username, lab.id) if mode in ("grade", "audit") else None
    carried = carried_over(store, username, lab) if audited and from_records else CarriedOver()
    errors = {outcome["check"]: outcome for outcome in outcomes if outcome.get("error")}
    known = {
        item.id: resolve_outcome(
            item,
            snapshot,
            records.get(item.id),
            errors.get(item.id),
            carried=carried.verdicts.get(item.id),
            audit=audited,
            failure=failure,
        )
        for item in lab.checks
    }
    if snapshot:
        known = name_wrong_region(lab.checks, known, snapshot)
    scored = score(lab.checks, known)
    report = build_report(
        run_id=run_id,
        mode=mode,
        lab=lab,
        student=student,
        snapshot=snapshot,
        account_id=account_id,
        region=region,
        score=scored,
        load_results=[
            (item, LoadResult.from_dict(value)) for item, value in _measured(lab, snapshot, records, LOAD_TEST)
        ],
        comparisons=[(item, Comparison.from_dict(value)) for item, value in _measured(lab, snapshot, records, COMPARE)],
        advice=list(_advice(lab, snapshot, records)),
        graded_at=isoformat_utc(datetime.now(UTC)),
        previous=load_previous(store, run_id, mode, username, lab, scored),
        carried=carried.marks(scored.checks),
        audit=audit_of(store, username, before, snapshot, scored.checks, carried) if audited else None,
    )
    validate(report, "report")
    kept: Report = store.put_json_once(keys.report(username), report)
    from labgrader.reporting.html import render_student  # Jinja2 costs 150 ms, after the grade is safe

    store.put(keys.report(username, ".html"), render_student(kept, CLASS_PAGE).encode())
    if mode in ("grade", "audit"):
        remember_seen(store, kept, before, recorded=snapshot is not None)
    open_checks = {check["id"] for check in kept["checks"] if check["status"] == "not_graded"}
    store.record_result(
        run_id,
        {
            "username": username,
            "student_id": student.student_id,
            "lab": lab.id,
            "mode": mode,
            "status": kept["status"],
            "points": kept["score"]["points"],
            "max_points": kept["score"]["max_points"],
            "open_points": kept["score"]["open_points"],
            "percent": kept["score"]["percent"],
            **visible_points(kept),
            **hidden_part(kept),
            "graded_at": kept["graded_at"],
            "report_key": keys.report(username),
            "our_fault": any(one.reason and one.reason.ours for name, one in known.items() if name in open_checks),
        },
        keep_latest=mode == "grade",
        keep_best=mode == "grade" and kept["status"] == "complete",
    )
    publish_safely(publish, lambda: [student_graded(kept, _course(store, run_id))])
    return kept


def _course(store: Store, run_id: str) -> str:
    """The course that the run is of, or nothing."""
    record = store.run(run_id)
    return (record.course if record else None) or ""


def _advice(lab: Lab, snapshot: Snapshot | None, records: Mapping[str, CheckRecord]) -> Iterable[tuple[Item, Verdict]]:
    """Advice that applies; what cannot be told is no advice.

    It reads the student's snapshot and, where it is about behaviour, what was recorded for all checks. Nothing is asked
    for it: advice that asks what was not recorded is none. What a check would have said is advice, too, where it needs
    the internet and there was none.
    """
    if snapshot is None:
        return
    for item in lab.checks:
        if item.id in records:
            without_internet = advice_without_internet(item, snapshot, records[item.id].answers)
            if without_internet:
                yield item, without_internet
    recorded: dict[str, Any] = {}
    for record in records.values():
        recorded |= record.answers.to_dict()
    answers = Answers.from_dict(recorded)
    for item in lab.advice:
        try:
            yield item, judge_recorded(item, snapshot, answers)
        except NotGradedError:
            continue


def _measured(
    lab: Lab, snapshot: Snapshot | None, records: Mapping[str, CheckRecord], action: str
) -> Iterable[tuple[str, Json]]:
    """What was recorded for an action: in the order of the lab's checks, then of its advice, then of what is left.

    Advice of kind performance is measured as a load test of its own, recorded under its id.
    """
    items = {item.id: item for item in (*lab.checks, *lab.advice)}
    for item in items.values():
        if item.id in records:
            for value in _as_asked(item, snapshot, records[item.id].answers, action):
                yield item.id, value
    for item_id in sorted(set(records) - set(items)):
        for value in records[item_id].answers.values(action):
            yield item_id, value


def _as_asked(item: Item, snapshot: Snapshot | None, answers: Answers, action: str) -> Iterable[Json]:
    """The values of an action in the order in which the check asks for them: a record is sorted by its questions.

    What the check does not ask any more comes last.
    """
    recorded = answers.values(action)
    if len(recorded) < 2 or snapshot is None:
        return recorded
    heard = RecordingAnswers(answers)
    with suppress(NotGradedError):  # it has asked what it could by then
        judge_recorded(item, snapshot, heard)
    ordered: list[Json] = []
    for given, value in heard.given:
        if given == action and value in recorded and value not in ordered:
            ordered.append(value)
    return ordered + [value for value in recorded if value not in ordered]


class RecordingAnswers(Answers):
    """Recorded answers that remember in which order they were given."""

    def __init__(self, answers: Answers) -> None:
        super().__init__({key: Answer.from_dict(value) for key, value in answers.to_dict().items()})
        self.given: list[tuple[str, Json]] = []

    def ask(self, question: Question) -> Json:
        """Return the recorded value, and remember it."""
        value = super().ask(question)
        self.given.append((question.action, value))
        return value


def _snapshot(store: Store, run_id: str, username: str) -> Snapshot | None:
    try:
        return snapshot_of(store, run_id, username)
    except MissingError:
        return None
