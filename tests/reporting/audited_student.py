"""An audit of one student, and the report of it."""

from __future__ import annotations

from typing import Any

from labgrader.evidence.running_costs import RunningCost
from labgrader.judging.scoring import ScoredCheck
from labgrader.judging.verdict import failed, passed
from labgrader.labs.lab import Item
from labgrader.reporting.audit import build_audit
from labgrader.reporting.html import render_class
from labgrader.reporting.run_summary import build_run
from labgrader.schemas import validate

ITEM = Item("alias", "alias_serves", "Alias prod is there", "Task 1", 8)
PASSED: Any = {"status": "passed", "share": 1.0}
FAILED: Any = {"status": "failed", "share": 0.0}
BEFORE: Any = {"run_id": "before", "graded_at": "2026-01-01T23:00:00Z", "lab_version": "1.0.0"}
STOP = "aws lambda delete-provisioned-concurrency-config --function-name user1-f --qualifier prod"
COST = RunningCost("user1-f:prod", "provisioned concurrency, 2 × 512 MB", 0.36000072, STOP)


def report_of(example: Any, username: str = "user1", name: str = "", **changes: Any) -> Any:
    """Return the report of a student with all findings of an audit."""
    lab = example.lab.for_student(username, "000000000000", "us-east-1")
    verdicts = {
        **example.all_passed,
        "layers-attached": failed("not attached: user1-utils"),
        **changes.pop("verdicts", {}),
    }
    found: dict[str, Any] = {
        "compared_with": BEFORE,
        "known": {"layers-attached": PASSED, "baseline-function": FAILED},
        "scored": [ScoredCheck(item, verdicts[item.id], 0) for item in lab.checks],
        "gone": [f"function {username}-x"],
        "running": [COST],
        "carried_over_from": {"run_id": "graded", "graded_at": "2026-01-01T09:00:00Z", "lab_version": "1.0.0"},
        **changes,
    }
    carried = found["carried_over_from"]
    mark = {"answers-bad-json": {name: carried[name] for name in ("run_id", "graded_at")}} if carried else {}
    report = example.report(
        example.student(username, name=name), verdicts, mode="audit", audit=build_audit(**found), carried=mark
    )
    validate(report, "report")
    return dict(report)


def quiet(example: Any, username: str) -> Any:
    return report_of(
        example,
        username,
        known={},
        gone=[],
        running=[],
        carried_over_from=None,
        verdicts={"layers-attached": passed()},
    )


def class_page(example: Any, reports: list[Any]) -> str:
    students = [(example.student(report["student"]["username"]), report, "key") for report in reports]
    run = build_run(
        run_id="r",
        lab=example.lab,
        mode=reports[0]["mode"],
        status="complete",
        started_at="2026-01-02T23:00:00Z",
        finished_at="2026-01-02T23:01:00Z",
        reports=students,
    )
    return render_class(run, reports, example.lab)
