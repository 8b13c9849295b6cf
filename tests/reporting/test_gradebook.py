"""The gradebook as data: a row for each student, with the result of each check."""

from __future__ import annotations

import json
from typing import Any

from labgrader.reporting.gradebook import build_gradebook, build_row


def test_a_student_with_something_of_everything(example: Any) -> None:
    student = example.student(name="Ada\ud800", email="=cmd()", section="A")
    rows = [build_row(student, example.mixed())]
    gradebook = build_gradebook("r1", example.lab, rows, mode="audit", finished_at="2026-01-01T09:02:00Z")
    assert gradebook == {
        "schema": "labgrader.gradebook/1",
        "run_id": "r1",
        "mode": "audit",
        "finished_at": "2026-01-01T09:02:00Z",
        "lab": "lambda-optimization",
        "lab_title": "Lambda Function Optimization",
        "checks": [
            {
                "id": "baseline-function",
                "title": "USERNAME-baseline-function exists",
                "max_points": 33.33,
                "task": "Task 1",
                "visibility": "visible",
            },
            {
                "id": "layers-attached",
                "title": "Optimized function uses both layers",
                "max_points": 33.33,
                "task": "Task 3",
                "visibility": "visible",
            },
            {
                "id": "answers-bad-json",
                "title": "Bad JSON gets 400",
                "max_points": 13.34,
                "task": "Task 3",
                "visibility": "hidden",
            },
            {
                "id": "holds-under-load",
                "title": "Holds 20 requests in flight",
                "max_points": 20,
                "task": "Task 7",
                "visibility": "visible",
            },
        ],
        "students": [
            {
                "student_id": "s-user1",
                "username": "user1",
                "name": "Ada\ud800",
                "email": "=cmd()",
                "section": "A",
                "status": "incomplete",
                "points": 49.99,
                "max_points": 100,
                "percent": 49.99,
                "open_points": 20,
                "snapshot_taken_at": "2026-01-01T09:00:07Z",
                "graded_at": "2026-01-01T09:01:30Z",
                "fixes": ["Optimized function uses both layers: 16.67 points"],
                "checks": [
                    {
                        "id": "baseline-function",
                        "title": "user1-baseline-function exists",
                        "points": 33.33,
                        "max_points": 33.33,
                        "status": "passed",
                    },
                    {
                        "id": "layers-attached",
                        "title": "Optimized function uses both layers",
                        "points": 16.66,
                        "max_points": 33.33,
                        "status": "partial",
                        "message": "not attached: user1-lambda-utils",
                    },
                    {
                        "id": "answers-bad-json",
                        "title": "Bad JSON gets 400",
                        "points": 0,
                        "max_points": 13.34,
                        "status": "failed",
                        "message": "answered 500 where 400 is right",
                    },
                    {
                        "id": "holds-under-load",
                        "title": "Holds 20 requests in flight",
                        "points": 0,
                        "max_points": 20,
                        "status": "not_graded",
                        "message": "lambda:InvokeFunction: AccessDeniedException: not allowed",
                    },
                ],
            }
        ],
    }


def test_gradebook_has_the_rosters_order_and_all_fields(example: Any) -> None:
    rows = [build_row(example.student(name), example.perfect(name)) for name in ("user2", "user10", "user1")]
    gradebook = build_gradebook("r1", example.lab, rows)
    assert [row["username"] for row in gradebook["students"]] == ["user2", "user10", "user1"]
    assert json.loads(json.dumps(gradebook)) == gradebook
