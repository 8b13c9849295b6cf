"""The summary of a run."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.reporting.run_summary import build_run
from labgrader.schemas import InvalidDocumentError, validate


def run_of(example: Any, **changes: Any) -> dict[str, Any]:
    reports = [
        (example.student(username), report, f"runs/r/reports/{username}.json")
        for username, report in (
            ("user1", example.mixed()),
            ("user2", example.perfect()),
            ("user3", example.empty()),
        )
    ]
    arguments = {
        "run_id": "r",
        "lab": example.lab,
        "mode": "grade",
        "status": "incomplete",
        "started_at": "2026-01-01T09:00:00Z",
        "finished_at": "2026-01-01T09:02:00Z",
        "reports": reports,
    }
    return build_run(**{**arguments, **changes})


def test_summary_of_a_class_of_three(example: Any) -> None:
    run = run_of(example)
    validate(run, "run")
    assert run["schema"] == "labgrader.run/1"
    assert (run["run_id"], run["lab"], run["mode"], run["status"]) == (
        "r",
        "lambda-optimization",
        "grade",
        "incomplete",
    )
    assert (run["lab_version"], run["lab_title"]) == ("1.0.0", "Lambda Function Optimization")
    assert run["students"][0] == {
        "student_id": "s-user1",
        "username": "user1",
        "status": "incomplete",
        "points": 49.99,
        "max_points": 100,
        "percent": 49.99,
        "open_points": 20,
        "report_key": "runs/r/reports/user1.json",
    }
    assert [student["username"] for student in run["students"]] == ["user1", "user2", "user3"]
    assert run["checks"][1] == {
        "id": "layers-attached",
        "title": "Optimized function uses both layers",
        "task": "Task 3",
        "max_points": 33.33,
        "passed": 1,
        "partial": 1,
        "failed": 0,
        "skipped": 1,
        "not_graded": 0,
    }
    assert run["checks"][0]["title"] == "USERNAME-baseline-function exists"
    assert run["counts"] == {"students": 3, "complete": 2, "incomplete": 1}
    for check in run["checks"]:
        assert sum(check[status] for status in ("passed", "partial", "failed", "skipped", "not_graded")) == 3


def test_summary_of_a_run_without_students(example: Any) -> None:
    run = run_of(example, reports=[], status="complete")
    validate(run, "run")
    assert run["counts"] == {"students": 0, "complete": 0, "incomplete": 0}


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("status", "fine", "status: 'fine' is not one of ['running', 'complete', 'incomplete', 'failed']"),
        ("mode", "exam", "mode: 'exam' is not one of"),
        ("lab", "../x", "lab: '../x' does not match"),
        ("started_at", "", "started_at: '' does not match"),
        ("counts", {"students": 1}, "counts: 'complete' is a required property"),
        ("students", [{}], "students[0]: 'student_id' is a required property"),
        ("extra", 1, "document: Additional properties are not allowed ('extra' was unexpected)"),
    ],
)
def test_run_schema_refuses_invalid_documents(example: Any, field: str, value: object, problem: str) -> None:
    with pytest.raises(InvalidDocumentError) as raised:
        validate({**run_of(example), field: value}, "run")
    assert problem in str(raised.value)
