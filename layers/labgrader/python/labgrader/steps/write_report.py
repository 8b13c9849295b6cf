"""Write report: score one student, and store the report in S3 and the result in DynamoDB."""

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
from labgrader.labs.lab import Item, Lab
from labgrader.moments import isoformat_utc
from labgrader.reporting.report import build_report
from labgrader.reporting.student_copy import hidden_part, visible_points
from labgrader.runs.baseline import remember_seen
from labgrader.schemas import validate
from labgrader.steps.audit import CarriedOver, audit_of, carried_over
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
    """Score one student and write the report once. A second call keeps the first report.

    Args:
        store: the stack's store.
        run_id: the run.
        mode: ``grade``, ``audit`` or ``self-check``.
        username: the student.
        outcomes: what the maps of the workflow returned. An outcome with an ``error`` says why a verdict is missing.
        failure: why the workflow stopped for the student. It is the reason of every check without a verdict.
        from_records: whether to read the student's snapshot and records. Without them, no check is graded.
        publish: sends the event that the student is graded.

    Returns:
        The report, as it is stored.
    """
    keys = Keys(run_id)
    student = student_of(store, run_id, username)
    snapshot = _snapshot(store, run_id, username) if from_records else None
    account_id = snapshot.account_id if snapshot else student.account_id
    region = snapshot.region if snapshot else student.region
    lab = lab_of(store, run_id).for_student(username, account_id, region)
    records = records_of(store, run_id, username) if from_records else {}
    audited = mode == "audit"
    private = store.is_private(run_id)
    before = store.seen(username, lab.id, private=private) if mode in ("grade", "audit") else None
    carried = carried_over(store, username, lab, private=private) if audited and from_records else CarriedOver()
    errors = {outcome["check"]: outcome for outcome in outcomes if outcome.get("error")}
    verdicts = {
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
    scored = score(lab.checks, verdicts)
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
            "our_fault": any(
                verdict.reason and verdict.reason.ours
                for check_id, verdict in verdicts.items()
                if check_id in open_checks
            ),
        },
        keep_latest=mode == "grade",
        keep_best=mode == "grade" and kept["status"] == "complete",
    )
    publish_safely(publish, lambda: [student_graded(kept, _course(store, run_id), private=private)])
    return kept


def _course(store: Store, run_id: str) -> str:
    """Return the course of the run, or empty."""
    record = store.run(run_id)
    return (record.course if record else None) or ""


def _advice(lab: Lab, snapshot: Snapshot | None, records: Mapping[str, CheckRecord]) -> Iterable[tuple[Item, Verdict]]:
    """Yield the advice that can be judged, with its verdict.

    Advice reads the student's snapshot and the recorded answers of all checks. It sends no requests of its own: advice
    that needs an unrecorded answer is left out. A check that needs the internet becomes advice without the internet.
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
    """Yield the recorded values of an action, each with the id of its check or advice.

    The lab's checks come first, then its advice, then records of checks that the lab does not have. Advice of kind
    performance has a load test of its own, which is recorded under the id of the advice.
    """
    items = {item.id: item for item in (*lab.checks, *lab.advice)}
    for item in items.values():
        if item.id in records:
            for value in _in_order_of_questions(item, snapshot, records[item.id].answers, action):
                yield item.id, value
    for item_id in sorted(set(records) - set(items)):
        for value in records[item_id].answers.values(action):
            yield item_id, value


def _in_order_of_questions(item: Item, snapshot: Snapshot | None, answers: Answers, action: str) -> Iterable[Json]:
    """Return the values of an action in the order in which the check asks for them. A record does not have this order.

    Values that the check does not ask for come last.
    """
    recorded = answers.values(action)
    if len(recorded) < 2 or snapshot is None:
        return recorded
    asked = _OrderedAnswers(answers)
    with suppress(NotGradedError):  # the questions before the error are in order, too
        judge_recorded(item, snapshot, asked)
    ordered: list[Json] = []
    for asked_action, value in asked.given:
        if asked_action == action and value in recorded and value not in ordered:
            ordered.append(value)
    return ordered + [value for value in recorded if value not in ordered]


class _OrderedAnswers(Answers):
    """Recorded answers that remember the order in which they were given."""

    def __init__(self, answers: Answers) -> None:
        super().__init__({key: Answer.from_dict(value) for key, value in answers.to_dict().items()})
        self.given: list[tuple[str, Json]] = []

    def ask(self, question: Question) -> Json:
        """Return the recorded value, and remember that it was given."""
        value = super().ask(question)
        self.given.append((question.action, value))
        return value


def _snapshot(store: Store, run_id: str, username: str) -> Snapshot | None:
    try:
        return snapshot_of(store, run_id, username)
    except MissingError:
        return None
