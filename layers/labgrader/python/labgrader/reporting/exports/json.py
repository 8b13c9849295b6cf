"""The gradebook as JSON, for programs: the API's schema ``Gradebook``."""

from __future__ import annotations

import json

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


EXPORT = Export("application/json", ".json", "for programs", render_json)
