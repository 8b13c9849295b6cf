"""The pages that the accessibility tests read, rendered from the recorded proofs of the lab `lambda-optimization`."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from cli.verification.record import ProofRecords, judged
from labgrader.evidence.load.load_test import COMPARE, LOAD_TEST, Comparison, LoadResult
from labgrader.evidence.question import Answers
from labgrader.evidence.running_costs import running_costs
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.check import find_check
from labgrader.judging.scoring import Score, score
from labgrader.judging.verdict import not_graded
from labgrader.labs.lab import Lab, find_lab
from labgrader.reasons import Reason
from labgrader.reporting.audit import build_audit
from labgrader.reporting.html import render_class, render_load_test, render_student
from labgrader.reporting.report import build_report
from labgrader.reporting.run_summary import build_run
from labgrader.rosters import Student

FIXTURES = Path(__file__).parents[1] / "fixtures"
LAB = "lambda-optimization"
RECORDED_AS = "student00"
GRADED_AT = "2026-01-01T09:01:30Z"

CLASS = (
    ("perfect", "Ada Lovelace", "A"),
    ("handouts-version-2", "Grace Hopper", "A"),
    ("nothing-built", "Alan Turing", "A"),
    ("classmates-layer", "عمر الخيام", ""),
)
"""The students of the class: the case of the proof that each of them is, their name and their section."""

DENIED = "lambda:InvokeFunction: AccessDeniedException: not allowed"
"""Why the last student of the class is not fully graded."""


@cache
def _lab() -> Lab:
    return find_lab(LAB)


def _username(number: int) -> str:
    return f"student{number:02}"


@cache
def _record(number: int) -> Any:
    """The record of a student, with the student's own name in it."""
    record = ProofRecords(FIXTURES / LAB, _lab()).read(CLASS[number][0])
    renamed: dict[str, Any] = json.loads(json.dumps(record).replace(RECORDED_AS, _username(number)))
    return renamed


@cache
def _score(number: int) -> Score:
    record = _record(number)
    mine = _lab().for_student(_username(number), *_place(record))
    verdicts, _ = judged(_lab(), record)
    if number == len(CLASS) - 1:
        tested = [item.id for item in mine.checks if find_check(item.check).kind == "behaviour"]
        verdicts |= {check_id: not_graded(DENIED, Reason.DENIED) for check_id in tested}
    return score(mine.checks, verdicts)


def _place(record: dict[str, Any]) -> tuple[str, str]:
    return record["snapshot"]["account_id"], record["snapshot"]["region"]


def _measured(number: int, action: str) -> list[tuple[str, Any]]:
    return [
        (check_id, value)
        for check_id, evidence in _record(number)["evidence"].items()
        for value in Answers.from_dict(evidence["answers"]).values(action)
    ]


def _report(number: int, mode: str) -> Any:
    record, scored = _record(number), _score(number)
    snapshot = Snapshot.from_dict(record["snapshot"])
    audit = build_audit(
        compared_with={"run_id": "before", "graded_at": "2025-12-31T23:00:00Z", "lab_version": _lab().version},
        known={item.id: {"status": "passed", "share": 1.0} for item in _lab().checks},
        scored=scored.checks,
        gone=[f"alias {_username(number)}-optimized-function:prod"] if number == 1 else [],
        running=running_costs(snapshot),
        carried_over_from=None,
    )
    return build_report(
        run_id=f"20260101-090000-{LAB}-4f2a",
        mode=mode,
        lab=_lab().for_student(_username(number), *_place(record)),
        student=_student(number),
        snapshot=snapshot,
        account_id=snapshot.account_id,
        region=snapshot.region,
        score=scored,
        load_results=[(check_id, LoadResult.from_dict(value)) for check_id, value in _measured(number, LOAD_TEST)],
        comparisons=[(check_id, Comparison.from_dict(value)) for check_id, value in _measured(number, COMPARE)],
        advice=[],
        graded_at=GRADED_AT,
        audit=audit if mode == "audit" else None,
    )


def _student(number: int) -> Student:
    _, name, section = CLASS[number]
    return Student(username=_username(number), student_id=f"s-{number:03}", name=name, section=section)


def _class_page(mode: str) -> str:
    reports = [(_student(number), _report(number, mode), "key") for number in range(len(CLASS))]
    run = build_run(
        run_id=f"20260101-090000-{LAB}-4f2a",
        lab=_lab(),
        mode=mode,
        status="incomplete",
        started_at="2026-01-01T09:00:00Z",
        finished_at="2026-01-01T09:02:00Z",
        reports=reports,
    )
    return render_class(run, [report for _, report, _ in reports], _lab())


@cache
def recorded_pages() -> dict[str, str]:
    """Return the pages by name: HTML as labgrader writes it."""
    (_, load_test), *_ = _measured(0, LOAD_TEST)
    (_, comparison), *_ = _measured(0, COMPARE)
    return {
        "class page": _class_page("grade"),
        "class page of an audit": _class_page("audit"),
        "student’s page": render_student(_report(1, "grade"), "../class.html"),
        "load test": render_load_test(LoadResult.from_dict(load_test)),
        "comparison": render_load_test(Comparison.from_dict(comparison)),
    }
