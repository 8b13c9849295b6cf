"""The gradebook of the students in the samples."""

from __future__ import annotations

from typing import Any, cast

from labgrader.reporting.gradebook import GradebookDocument, StudentRow


def student(username: str, student_id: str = "", name: str = "", email: str = "", **changes: Any) -> StudentRow:
    """Return the row of a student with 87.5 of 100 points."""
    base: dict[str, Any] = {
        "student_id": student_id or username,
        "username": username,
        "name": name,
        "email": email,
        "section": "",
        "status": "complete",
        "points": 87.5,
        "max_points": 100,
        "percent": 87.5,
        "open_points": 0,
        "checks": [],
    }
    return cast(StudentRow, {**base, **changes})


ADA = student("ada", "0001234", "Lovelace, Ada", "ada@example.edu")
BOB = student("bob-kahn", "0001235", "Kahn, Bob", "bob.kahn@example.edu", points=0)
ONEIL = student("soneil", "S0001236", "O'Neil, Siobhán", "soneil@example.edu")
CRUZ = student("mdelacruz", "", "de la Cruz, María José", "", status="incomplete", open_points=12.5)
JOERG = student("jmueller", "S0002001", "Müller, Jörg", "joerg.mueller@example.edu", points=66.67)
ZOE = student("zoe", "0009999", "Zoë", "zoe@example.edu")

CLASS = (ADA, BOB, ONEIL, CRUZ, JOERG, ZOE)


def gradebook(*students: StudentRow, points: float = 100) -> GradebookDocument:
    """Return a gradebook of these students, or of the whole class."""
    return {
        "schema": "labgrader.gradebook/1",
        "run_id": "r1",
        "mode": "grade",
        "finished_at": "2026-03-12T22:20:00Z",
        "lab": "lambda-optimization",
        "lab_title": "Lambda Function Optimization",
        "checks": [{"id": "layers", "title": "Layers", "max_points": points}],
        "students": list(students or CLASS),
    }
