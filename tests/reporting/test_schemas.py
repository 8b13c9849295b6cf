"""The schemas of documents: what they accept, and the messages of what they refuse."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from labgrader.errors import LabgraderError
from labgrader.schemas import InvalidDocumentError, read_schema, validate


@pytest.mark.parametrize("name", ["report", "run", "lab", "answer-schema"])
def test_every_schema_is_valid(name: str) -> None:
    schema = read_schema(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"labgrader.{name}/1"


def test_report_schema_accepts_the_example() -> None:
    validate(
        {
            "schema": "labgrader.report/1",
            "run_id": "r",
            "mode": "grade",
            "status": "complete",
            "lab": {"id": "lambda-optimization", "version": "1.0.0", "title": "Lambda"},
            "student": {"student_id": "s-001", "username": "user1", "name": "Ada", "section": ""},
            "account_id": "000000000000",
            "region": "us-east-1",
            "snapshot_taken_at": "2026-01-01T00:00:00Z",
            "graded_at": "2026-01-01T00:00:00Z",
            "score": {"points": 87.5, "max_points": 100, "percent": 87.5, "open_points": 0},
            "checks": [
                {
                    "id": "layers-attached",
                    "check": "layers_attached",
                    "kind": "configuration",
                    "title": "Layers",
                    "task": "Task 3",
                    "status": "partial",
                    "points": 4,
                    "max_points": 8,
                    "message": "not attached: user1-lambda-utils",
                    "expected": "",
                    "observed": "",
                    "hint": "",
                    "visibility": "visible",
                    "evidence": ["a line"],
                }
            ],
            "load_tests": [
                {
                    "id": "optimized-under-load",
                    "target": "user1-optimized-function:user1-prod",
                    "model": "closed",
                    "concurrency": 20,
                    "requests": 100,
                    "duration_s": 0.0,
                    "offered_rps": 0.0,
                    "achieved_rps": 0.0,
                    "succeeded": 100,
                    "throttled": 0,
                    "function_errors": 0,
                    "application_errors": 0,
                    "timeouts": 0,
                    "other_errors": 0,
                    "cold_starts": 20,
                    "latency_ms": {"min": 0, "mean": 0, "p50": 0, "p90": 0, "p95": 0, "p99": 0, "max": 0},
                    "warm_latency_ms": {"p50": 0, "p95": 0},
                    "p95_interval_ms": [0, 0],
                    "retries": 0,
                }
            ],
            "advice": [{"id": "a", "message": "", "hint": ""}],
            "previous": {
                "run_id": "r0",
                "points": 80,
                "changes": [{"check": "layers-attached", "from": "failed", "to": "passed"}],
            },
        },
        "report",
    )


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (["schema"], "labgrader.report/2", "schema: 'labgrader.report/1' was expected"),
        (["mode"], "guess", "mode: 'guess' is not one of ['grade', 'audit', 'self-check', 'regrade']"),
        (["status"], "done", "status: 'done' is not one of ['complete', 'incomplete']"),
        (["student", "username"], "../user1", "student.username: '../user1' does not match"),
        (["account_id"], "12", "account_id: '12' does not match"),
        (["graded_at"], "now", "graded_at: 'now' does not match"),
        (["score", "points"], -1, "score.points: -1 is less than the minimum of 0"),
        (["score", "percent"], 100.5, "score.percent: 100.5 is greater than the maximum of 100"),
        (["score", "points"], "87", "score.points: '87' is not of type 'number'"),
        (["score", "points"], math.nan, "Out of range float values are not JSON compliant"),
        (["checks"], [], "checks: [] should be non-empty"),
        (["checks", 0, "status"], "great", "checks[0].status: 'great' is not one of"),
        (["checks", 0, "kind"], "magic", "checks[0].kind: 'magic' is not one of"),
        (["checks", 2, "points"], 3, "checks[2].points: 0 was expected"),
        (["checks", 2, "message"], "", "checks[2].message: '' should be non-empty"),
        (["checks", 0, "evidence"], "a line", "checks[0].evidence: 'a line' is not of type 'array'"),
        (["checks", 0, "surprise"], 1, "('surprise' was unexpected)"),
        (["load_tests", 0, "throttled"], -1, "load_tests[0].throttled: -1 is less than the minimum of 0"),
        (["load_tests", 0, "throttled"], 1.5, "load_tests[0].throttled: 1.5 is not of type 'integer'"),
        (["load_tests", 0, "p95_interval_ms"], [1], "load_tests[0].p95_interval_ms: [1] is too short"),
        (["load_tests", 0, "samples"], [[1, 2]], "load_tests[0].samples[0]: [1, 2] is too short"),
        (["surprise"], 1, "document: Additional properties are not allowed ('surprise' was unexpected)"),
    ],
)
def test_report_schema_refuses_invalid_reports(example: Any, path: list[Any], value: object, problem: str) -> None:
    report = copy.deepcopy(example.mixed())
    validate(report, "report")
    place = report
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(InvalidDocumentError) as raised:
        validate(report, "report")
    assert str(raised.value).startswith("not a valid report: ")
    assert problem in str(raised.value)


def test_report_schema_refuses_a_complete_report_with_a_check_not_graded(example: Any) -> None:
    with pytest.raises(InvalidDocumentError, match="checks"):
        validate({**example.mixed(), "status": "complete"}, "report")
    with pytest.raises(InvalidDocumentError, match="does not contain items"):
        validate({**example.perfect(), "status": "incomplete"}, "report")


@pytest.mark.parametrize("field", ["run_id", "score", "checks", "load_tests", "advice", "graded_at"])
def test_validate_names_a_missing_field(example: Any, field: str) -> None:
    report = example.perfect()
    del report[field]
    with pytest.raises(InvalidDocumentError, match=f"document: '{field}' is a required property"):
        validate(report, "report")


def test_validate_counts_many_problems_and_cuts_long_values(example: Any) -> None:
    report = example.perfect()
    report["run_id"] = "r" * 100_000
    report["checks"] = [{**check, "status": "?", "kind": "?"} for check in report["checks"]]
    with pytest.raises(InvalidDocumentError) as raised:
        validate(report, "report")
    assert len(raised.value.problems) == 9
    assert str(raised.value).endswith("; and 4 more")
    assert len(str(raised.value)) < 2000
    assert isinstance(raised.value, LabgraderError)


def test_validate_reports_an_unknown_schema() -> None:
    with pytest.raises(FileNotFoundError):
        validate({}, "poem")
