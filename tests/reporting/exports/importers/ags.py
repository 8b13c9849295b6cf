"""Takes scores as the platforms do that offer LTI Assignment and Grade Services."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.reporting.exports.importers.refusal import RefusedError

ACTIVITY = {"Initialized", "Started", "InProgress", "Submitted", "Completed"}
GRADING = {"FullyGraded", "Pending", "PendingManual", "Failed", "NotReady"}
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})")


@dataclass(frozen=True)
class Grade:
    """A grade: percent of the line item, when the work was submitted, and the comment."""

    percent: float
    submitted_at: datetime
    comment: str


def take_scores(content: bytes, users: Sequence[str]) -> dict[str, Grade]:
    """Return the grade of each user with a final score."""
    grades: dict[str, Grade] = {}
    for number in re.findall(r'"score(?:Given|Maximum)": ([^,\n}]+)', content.decode()):
        if not re.fullmatch(r"[0-9]+(\.[0-9]{1,2})?", number):
            raise RefusedError(f"too many decimals: {number}")
    scores: list[dict[str, Any]] = json.loads(content)
    for score in scores:
        missing = {"userId", "timestamp", "activityProgress", "gradingProgress"} - score.keys()
        if missing:
            raise RefusedError(f"missing: {sorted(missing)}")
        if score["activityProgress"] not in ACTIVITY or score["gradingProgress"] not in GRADING:
            raise RefusedError("unknown progress")
        if score["userId"] not in users:
            raise RefusedError("the user is not gradable in the course")
        moments = [score["timestamp"], *score.get("submission", {}).values()]
        if not all(MOMENT.fullmatch(moment) for moment in moments):
            raise RefusedError("no ISO 8601")
        if "scoreGiven" in score:
            if not score.get("scoreMaximum", 0) > 0:
                raise RefusedError("scoreMaximum has to be above 0")
            if score["gradingProgress"] == "FullyGraded":
                percent = 100 * score["scoreGiven"] / score["scoreMaximum"]
                # without submittedAt, Canvas takes the time of the score
                submitted = datetime.fromisoformat(moments[-1])
                grades[score["userId"]] = Grade(percent, submitted, score.get("comment", ""))
    return grades
