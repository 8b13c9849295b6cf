"""The gradebook as JSON, for programs: the API's schema ``Gradebook``."""

from __future__ import annotations

import json

from labgrader.reporting.course_gradebook import CourseGradebook, LabResult
from labgrader.reporting.exports import Export
from labgrader.reporting.gradebook import GradebookDocument, StudentRow


def render_json(gradebook: GradebookDocument) -> bytes:
    """Return the gradebook as JSON in ASCII. Words are as the roster has them; a check that was not graded is null."""
    ids = [check["id"] for check in gradebook["checks"]]
    document = {
        "run_id": gradebook["run_id"],
        "lab": gradebook["lab"],
        "checks": ids,
        "students": [_student(row, ids) for row in gradebook["students"]],
    }
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode()


def _student(row: StudentRow, ids: list[str]) -> dict[str, object]:
    earned = {check["id"]: check["points"] for check in row["checks"] if check["status"] != "not_graded"}
    return {
        "student_id": row["student_id"],
        "username": row["username"],
        "name": row["name"],
        "email": row["email"],
        "section": row["section"],
        "status": row["status"],
        "points": row["points"],
        "max_points": row["max_points"],
        "percent": row["percent"],
        "open_points": row["open_points"],
        "check_points": [earned.get(check_id) for check_id in ids],
    }


def render_course_json(gradebook: CourseGradebook) -> bytes:
    """Return the gradebook of a course as JSON in ASCII. A lab without a result of the student is null."""
    document = {
        "course": gradebook.course,
        "policy": str(gradebook.policy),
        "labs": [
            {
                "lab": lab.id,
                "title": lab.title,
                "max_points": lab.max_points,
                "due": lab.due.isoformat() if lab.due else None,
            }
            for lab in gradebook.labs
        ],
        "students": [
            {
                "student_id": student.student_id,
                "username": student.username,
                "name": student.name,
                "email": student.email,
                "section": student.section,
                "enrolled": student.enrolled,
                "results": [_lab_result(student.results.get(lab.id)) for lab in gradebook.labs],
            }
            for student in gradebook.students
        ],
    }
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode()


def _lab_result(result: LabResult | None) -> dict[str, object] | None:
    """Return the result of a student in a lab, with the run that it comes from."""
    if result is None:
        return None
    row = result.row
    return {
        "status": row["status"],
        "points": row["points"],
        "max_points": row["max_points"],
        "percent": row["percent"],
        "open_points": row["open_points"],
        "run_id": result.run_id,
        "run_finished_at": result.finished_at,
        "private": result.private,
    }


EXPORT = Export("application/json", ".json", "for programs", render_json, render_course=render_course_json)
