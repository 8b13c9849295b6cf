"""Plan audit: the name of the audit, and the run of each lab; no runs if another execution makes this audit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from labgrader.courses.enrolment import stored_course
from labgrader.runs.request import Request, new_run_id
from labgrader.store import CourseKeys, Store

AUDIT = "audit"


def plan_audit(store: Store, course_id: str, execution: str, started_at: str, *, scheduled: bool) -> dict[str, Any]:
    """Return the runs that audit a course.

    EventBridge Scheduler delivers at least once. The first execution makes the scheduled audit; a second execution
    starts no runs. An audit that is planned twice for one execution has the same name and the same runs.

    Args:
        store: the stack's store.
        course_id: the course.
        execution: the name of the execution of the state machine.
        started_at: when the execution started, ISO 8601.
        scheduled: whether the schedule started it; False for a command.

    Returns:
        ``course``, ``night`` (the name of the audit), ``again`` (whether another execution makes this audit), ``runs``:
        each with ``run_id``, ``lab`` and ``request``, the input of the class workflow.

    Raises:
        BadInputError: there is no course with this id.
    """
    course = stored_course(store, course_id)
    moment = datetime.fromisoformat(started_at)
    audit_name = course.scheduled_audit(moment) if scheduled else course.requested_audit(moment)
    asked = f"{course.id} {audit_name}" if scheduled else f"{course.id} {execution}"
    runs = [
        {
            "run_id": new_run_id(lab.lab, moment, asked=asked),
            "lab": lab.lab,
            "request": Request(
                lab=lab.lab,
                roster=CourseKeys(course.id).roster(lab.roster),
                mode=AUDIT,
                course=course.id,
                requested_by="schedule" if scheduled else "labgrader audit",
            ).to_dict(),
        }
        for lab in course.labs
    ]
    record = {"scheduled": scheduled, "started_at": started_at, "runs": [run["run_id"] for run in runs]}
    again = not store.claim_audit(course.id, audit_name, execution, record)
    return {"course": course.id, "night": audit_name, "again": again, "runs": [] if again else runs}
