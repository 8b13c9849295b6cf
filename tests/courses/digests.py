"""A course, and the digest of one of its audits."""

from __future__ import annotations

from typing import Any

from labgrader.courses.course import Course, CourseLab
from labgrader.courses.digest import audited, build_digest
from labgrader.schemas import validate
from tests.courses.findings import audit_of, run_of

FIRST = CourseLab("lambda-optimization", "first.csv", "2026-12-01 23:59")
SECOND = CourseLab("performance-scaling", "second.csv")
COURSE = Course("serverless-2026", "Serverless 2026", "Europe/Berlin", "22:30", (FIRST, SECOND))
STARTED = "2026-11-21T21:30:04Z"
Json = Any
CARRIED: Any = {
    "results": 30,
    "students": 23,
    "runs": 1,
    "first": "2026-11-20T18:13:00Z",
    "last": "2026-11-20T18:13:00Z",
}
NEVER_GRADED: Any = {
    "reason": "an audit does not invoke functions; this check needs a graded run",
    "needs_graded_run": True,
    "students": ["user9"],
    "more_students": 0,
}


def entry(lab: CourseLab, students: list[Json], *, incomplete: int = 0, more: int = 0, **changes: Any) -> Json:
    run_id = f"20261121-213004-{lab.lab}-1a2b3c4d"
    audit = audit_of(run_id, lab.lab, students, more=more) | changes
    validate(audit, "audit")
    return audited(lab, run_of(run_id, incomplete=incomplete), audit)


def digest(*runs: Json, course: Course = COURSE) -> Json:
    made = build_digest(course, "2026-11-21-2230", STARTED, "2026-11-21T21:45:00Z", runs)
    validate(made, "digest")
    return made
