"""A class for the pictures of the documentation: recorded proofs of a lab, judged and rendered like a graded run.

Nothing here calls AWS. The points and the sentences come from the checks, the pages from `labgrader.reporting`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.project import ROOT
from cli.verification.record import PERFECT, USERNAME, ProofRecords, Record, judged
from labgrader.documents.report import Report
from labgrader.errors import NotGradedError
from labgrader.evidence.load.load_test import COMPARE, LOAD_TEST, Comparison, LoadResult
from labgrader.evidence.question import Answers
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.judge import judge_recorded
from labgrader.judging.scoring import score
from labgrader.judging.verdict import Verdict, not_graded
from labgrader.labs.lab import Item, Lab, find_lab
from labgrader.reasons import Reason
from labgrader.reporting.html import render_class, render_student
from labgrader.reporting.report import build_report
from labgrader.reporting.run_summary import build_run
from labgrader.rosters import Student

LAB = "lambda-optimization"
RUN_ID = "20260302-080000-lambda-optimization-4f2a"
STARTED_AT, GRADED_AT, FINISHED_AT = "2026-03-02T08:00:00Z", "2026-03-02T08:03:11Z", "2026-03-02T08:06:40Z"
DENIED = "access denied"
"""The case of a student with an account that labgrader may not read: nothing is recorded."""

DENIED_ACCOUNT, REGION = "444455556666", "us-east-1"

_REFUSAL = NotGradedError(
    "sts:AssumeRole", "AccessDenied: the account of the student refuses the role labgrader-reader", Reason.DENIED
)


@dataclass(frozen=True)
class Enrolled:
    """A student of the sample class.

    Args:
        username: the prefix of the student's resources.
        name: the name in the class list.
        section: the section in the class list.
        case: the recorded proof that the student is judged from, or ``DENIED``.
    """

    username: str
    name: str
    section: str
    case: str


CLASS = (
    Enrolled("user01", "Ada Lovelace", "A", PERFECT),
    Enrolled("user02", "Bob Kahn", "A", "layers-not-attached"),
    Enrolled("user03", "Chen Shiung Wu", "A", "retry-unhandled"),
    Enrolled("user04", "Dorothy Vaughan", "A", "no-error-function"),
    Enrolled("user05", "Edsger Dijkstra", "A", "nothing-built"),
    Enrolled("user06", "Frances Allen", "B", PERFECT),
    Enrolled("user07", "Grace Hopper", "B", "alias-without-prefix"),
    Enrolled("user08", "Hedy Lamarr", "B", "dashboard-one-function"),
    Enrolled("user09", "Ida Rhodes", "B", DENIED),
    Enrolled("user10", "Joan Clarke", "B", "no-optimized-function"),
)


def pages(proofs: Path | None = None) -> dict[str, str]:
    """Return the pages of the sample class as HTML: ``class.html`` and ``reports/USERNAME.html`` for each student.

    Args:
        proofs: the folder with the recorded proofs of the lab; that of the checkout by default.

    Raises:
        BadInputError: a proof of the class is not recorded.
    """
    lab = find_lab(LAB)
    records = ProofRecords(proofs or ROOT / "tests" / "fixtures" / LAB, lab)
    reports = {enrolled: _report(lab, enrolled, records) for enrolled in CLASS}
    run = build_run(
        run_id=RUN_ID,
        lab=lab,
        mode="grade",
        status="incomplete",
        started_at=STARTED_AT,
        finished_at=FINISHED_AT,
        reports=[
            (_student(enrolled), document, f"runs/{RUN_ID}/reports/{enrolled.username}.json")
            for enrolled, document in reports.items()
        ],
    )
    return {
        "class.html": render_class(run, list(reports.values()), lab),
        **{f"reports/{enrolled.username}.html": render_student(document) for enrolled, document in reports.items()},
    }


def _report(lab: Lab, enrolled: Enrolled, records: ProofRecords) -> Report:
    """Return the report of one student."""
    snapshot, answers = None, dict[str, Answers]()
    if enrolled.case == DENIED:
        mine = lab.for_student(enrolled.username, DENIED_ACCOUNT, REGION)
        verdicts = {item.id: not_graded(str(_REFUSAL), _REFUSAL.reason_code) for item in mine.checks}
        result = score(mine.checks, verdicts)
    else:
        record = _record(records, enrolled)
        snapshot = Snapshot.from_dict(record["snapshot"])
        answers = {check: Answers.from_dict(kept["answers"]) for check, kept in record["evidence"].items()}
        mine = lab.for_student(snapshot.username, snapshot.account_id, snapshot.region)
        _, result = judged(lab, record)
    return build_report(
        run_id=RUN_ID,
        mode="grade",
        lab=mine,
        student=_student(enrolled),
        snapshot=snapshot,
        account_id=snapshot.account_id if snapshot else DENIED_ACCOUNT,
        region=snapshot.region if snapshot else REGION,
        score=result,
        load_results=[(check, LoadResult.from_dict(value)) for check, value in _values(mine, answers, LOAD_TEST)],
        comparisons=[(check, Comparison.from_dict(value)) for check, value in _values(mine, answers, COMPARE)],
        advice=list(_advice(mine, snapshot, answers)) if snapshot else [],
        graded_at=GRADED_AT,
    )


def _record(records: ProofRecords, enrolled: Enrolled) -> Record:
    """Return what a student is judged from, under the student's own username."""
    record: dict[str, Any] = json.loads(json.dumps(records.read(enrolled.case)).replace(USERNAME, enrolled.username))
    record["snapshot"]["taken_at"] = STARTED_AT
    return record


def _student(enrolled: Enrolled) -> Student:
    number = enrolled.username.removeprefix("user")
    return Student(enrolled.username, f"s-{number}", name=enrolled.name, section=enrolled.section)


def _values(lab: Lab, answers: Mapping[str, Answers], action: str) -> Iterator[tuple[str, Any]]:
    """Yield the measured values with their checks, in the order of the lab."""
    for item in (*lab.checks, *lab.advice):
        if item.id in answers:
            for value in answers[item.id].values(action):
                yield item.id, value


def _advice(lab: Lab, snapshot: Snapshot, answers: Mapping[str, Answers]) -> Iterator[tuple[Item, Verdict]]:
    """Yield the advice for which the record has the evidence."""
    recorded: dict[str, Any] = {}
    for check in answers.values():
        recorded |= check.to_dict()
    for item in lab.advice:
        try:
            yield item, judge_recorded(item, snapshot, Answers.from_dict(recorded))
        except NotGradedError:
            continue
