"""The gradebook as scores of LTI Assignment and Grade Services (AGS) 2.0."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from labgrader.reporting.exports import Export
from labgrader.reporting.exports._platforms import feedback
from labgrader.reporting.formatting import rounded
from labgrader.reporting.gradebook import GradebookDocument, StudentRow


def render_ags(gradebook: GradebookDocument) -> bytes:
    """Return a JSON list with one score for each student.

    ``userId`` is the student id of the class list. ``submittedAt`` is when the snapshot was taken, so that a score
    after the due date does not make the submission late. A student who is not fully graded has no ``scoreGiven``.
    """
    scores = [_score(row, gradebook.get("finished_at", "")) for row in gradebook["students"]]
    return json.dumps(scores, indent=1, allow_nan=False).encode() + b"\n"


def _score(row: StudentRow, finished_at: str) -> dict[str, Any]:
    score: dict[str, Any] = {"userId": row["student_id"] or row["username"]}
    is_graded = row["status"] == "complete" and row["max_points"] > 0
    if is_graded:
        score |= {"scoreGiven": rounded(row["points"]), "scoreMaximum": rounded(row["max_points"])}
    score |= {
        "comment": "\n".join(feedback(row)),
        "timestamp": _milliseconds(row.get("graded_at") or finished_at),
        "activityProgress": "Completed" if is_graded else "Submitted",
        "gradingProgress": "FullyGraded" if is_graded else "Pending",
    }
    taken_at = row.get("snapshot_taken_at", "")
    return score | ({"submission": {"submittedAt": taken_at}} if taken_at else {})


def _milliseconds(moment: str) -> str:
    """Return a moment with milliseconds, as AGS wants the time of a score; the start of 1970 if it is not known."""
    read = datetime.fromisoformat(moment) if moment else datetime.fromtimestamp(0, UTC)
    return read.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


MEDIA_TYPE = "application/vnd.ims.lis.v1.score+json"
"""The media type of a score (LTI AGS 2.0, "Score publish service"). This file is a list of scores."""

EXPORT = Export(MEDIA_TYPE, ".json", "for the scores of LTI AGS", render_ags, of_one_student=True)
