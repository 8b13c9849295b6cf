"""A run, and a check that drifted in it."""

from __future__ import annotations

from typing import Any

RUN = "20260101-000000-lambda-optimization-0000"
DRIFTED: Any = {
    "check": "prod-alias",
    "title": "The alias prod serves version 1",
    "from": "passed",
    "to": "failed",
    "reason": "student",
    "message": "alias prod does not exist",
    "points": 6,
}
STUDENT: Any = {
    "username": "user1",
    "student_id": "s-1",
    "status": "complete",
    "drifted": [DRIFTED],
    "mended": [],
    "gone": ["function user1-f"],
    "running": [],
}
