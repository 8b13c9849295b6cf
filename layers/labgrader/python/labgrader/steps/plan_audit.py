"""Plan audit: the night, and the run of each lab; nothing where the night was audited already."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from labgrader.courses.enrolment import stored_course
from labgrader.runs.request import Request, new_run_id
from labgrader.store import CourseKeys, Store

AUDIT = "audit"


def plan_audit(store: Store, course_id: str, execution: str, started_at: str, *, scheduled: bool) -> dict[str, Any]:
    """Say which runs audit a course.

    EventBridge Scheduler delivers at least once: the execution that comes first audits the night, another one nothing.
    Planned twice for one execution, it is the same night and the same runs.

    Args:
        store: the stack's store.
        course_id: the course.
        execution: the name of the machine's execution.
        started_at: when it started, ISO 8601.
        scheduled: whether the schedule started it, not a command.

    Returns:
        ``course``, ``night``, ``again`` (whether another execution audits this night), ``runs``: each with ``run_id``,
        ``lab`` and ``request``, the input of the class workflow.

    Raises:
        BadInputError: there is no such course.
    """
    course = stored_course(store, course_id)
    moment = datetime.fromisoformat(started_at)
    night = course.night(moment) if scheduled else course.by_command(moment)
    asked = f"{course.id} {night}" if scheduled else f"{course.id} {execution}"
    runs = [
        {
            "run_id": new_run_id(one.lab, moment, asked=asked),
            "lab": one.lab,
            "request": Request(
                lab=one.lab,
                roster=CourseKeys(course.id).roster(one.roster),
                mode=AUDIT,
                course=course.id,
                requested_by="schedule" if scheduled else "labgrader audit",
            ).to_dict(),
        }
        for one in course.labs
    ]
    record = {"scheduled": scheduled, "started_at": started_at, "runs": [run["run_id"] for run in runs]}
    again = not store.claim_audit(course.id, night, execution, record)
    return {"course": course.id, "night": night, "again": again, "runs": [] if again else runs}
