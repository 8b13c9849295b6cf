"""A class with what is difficult in a gradebook: zero points, not graded, long decimals, names like formulas."""

from __future__ import annotations

from typing import Any, cast

from labgrader.reporting.gradebook import CheckColumn, CheckResult, GradebookDocument, StudentRow

CHECKS: list[CheckColumn] = [
    {"id": "layers-attached", "title": "Layers are attached", "max_points": 60, "task": "Task 3: Layers"},
    {"id": "prod-alias", "title": "Alias \x1b[2Jprod exists", "max_points": 30, "task": "Task 3: Layers"},
    {"id": "secret", "title": "A secret check", "max_points": 10, "task": "Task 5", "visibility": "hidden"},
]


def row(username: str, results: list[tuple[float, Any, str]], **changes: Any) -> StudentRow:
    """Return the row of a student with points, status and message of each check."""
    checks: list[CheckResult] = []
    for column, (points, status, message) in zip(CHECKS, results, strict=True):
        check: CheckResult = {
            "id": column["id"],
            "title": column["title"],
            "points": points,
            "max_points": column["max_points"],
            "status": status,
        }
        checks.append({**check, "message": message} if message else check)
    total = sum(points for points, _, _ in results)
    graded = all(status != "not_graded" for _, status, _ in results)
    left = sum(check["max_points"] for check in checks if check["status"] == "not_graded")
    base: Any = {
        "student_id": f"000{username}",
        "username": username,
        "name": f"Name of {username}",
        "email": f"{username}@example.edu",
        "section": "A",
        "status": "complete" if graded else "incomplete",
        "points": total,
        "max_points": 100,
        "percent": total,
        "open_points": left,
        "snapshot_taken_at": "2026-03-12T21:58:00Z",
        "graded_at": "2026-03-12T22:15:31Z",
        "fixes": [],
        "checks": checks,
    }
    base.update(changes)
    return cast(StudentRow, base)


FIXES = ["Layers are attached: 60 points", "Alias exists: 30 points", "third: 2 points"]

STUDENTS: list[StudentRow] = [
    row("ada", [(60, "passed", ""), (27.5, "partial", "=1+1 is no alias"), (0, "failed", "no")], fixes=FIXES[1:2]),
    row("bob", [(0, "failed", "no\x00layer\ufffe"), (0, "skipped", "waits"), (0, "failed", "no")], fixes=FIXES),
    row("eve", [(60, "passed", ""), (0, "not_graded", "AccessDenied"), (0, "failed", "no")]),
    row("kim", [(0.1, "partial", "a"), (0.2, "partial", "b"), (0.4, "partial", "c")], name='=Kim "K", Jr', section=""),
    row("lee", [(60, "passed", ""), (30, "passed", ""), (10, "passed", "")], student_id="lee", name="", email=""),
]
"""Points: 87.5, 0, not graded, 0.7000000000000001 and 100."""

GRADES = {"ada": 87.5, "bob": 0.0, "kim": 0.7, "lee": 100.0}
"""The grades that a platform has after an import. Eve has none."""


def gradebook(**changes: Any) -> GradebookDocument:
    """Return the gradebook of the class."""
    base: Any = {
        "schema": "labgrader.gradebook/1",
        "run_id": "r1",
        "mode": "grade",
        "finished_at": "2026-03-12T22:20:00Z",
        "lab": "lambda-optimization",
        "lab_title": "Lab 5, Lambda",
        "checks": CHECKS,
        "students": STUDENTS,
    }
    base.update(changes)
    return cast(GradebookDocument, base)


def old_gradebook() -> GradebookDocument:
    """Return the gradebook as earlier versions stored it."""
    old: Any = gradebook()
    for name in ("mode", "finished_at", "lab_title"):
        del old[name]
    old["checks"] = [{name: check[name] for name in ("id", "title", "max_points")} for check in old["checks"]]
    new_fields = ("snapshot_taken_at", "graded_at", "fixes")
    old["students"] = [
        {
            **{name: value for name, value in student.items() if name not in new_fields},
            "checks": [
                {name: value for name, value in check.items() if name != "message"} for check in student["checks"]
            ],
        }
        for student in old["students"]
    ]
    return cast(GradebookDocument, old)
