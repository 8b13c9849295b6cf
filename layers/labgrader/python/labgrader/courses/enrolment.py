"""Push a course to a stack, and remove it: the file and the class lists in S3, the enrolments in DynamoDB."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from labgrader.courses.course import Course
from labgrader.courses.course_file import CourseFiles
from labgrader.errors import BadInputError
from labgrader.messages import quote
from labgrader.moments import isoformat_utc
from labgrader.store import CourseKeys, MissingError, Store


def push_course(store: Store, files: CourseFiles, now: datetime) -> dict[str, Any]:
    """Store a course. Replace an earlier version; students who are no longer listed are no longer enrolled.

    The class lists are stored as rows: they were parsed with the course file, and are not parsed again. The next push
    repairs a push that broke off, because the list of possible enrolments is written before the enrolments.

    Args:
        store: the stack's store.
        files: the course file and its class lists.
        now: the time of the push, with its time zone.

    Returns:
        The course's record, as ``store.course`` has it.
    """
    course, keys, rows = files.course, CourseKeys(files.course.id), files.rows
    pushed_at = isoformat_utc(now)
    before = _enrolled(store, course.id)
    for name, students in files.students.items():
        store.put_rows(keys.roster_rows(name), students)
    store.put_json(keys.enrolled, sorted(before | set(rows)))
    store.enrol(course.id, course.title, pushed_at, rows)
    store.disenrol(course.id, sorted(before - set(rows)))
    store.put_json(keys.enrolled, sorted(rows))
    store.put(keys.file, files.content)
    wanted = {keys.roster_rows(name) for name in course.rosters}
    store.delete([key for key in store.keys(keys.rosters) if key not in wanted])
    document = course.to_dict()
    record = {
        "course": course.id,
        **{name: document[name] for name in ("title", "time_zone", "audit_time", "results")},
        "labs": [{**lab, "students": len(files.students[lab["roster"]])} for lab in document["labs"]],
        "students": len(rows),
        "pushed_at": pushed_at,
    }
    store.record_course(record)
    return record


def remove_course(store: Store, course_id: str) -> None:
    """Delete a course: its enrolments, its file and its class lists. Its runs and the digests of its audits stay."""
    keys = CourseKeys(course_id)
    store.disenrol(course_id, sorted(_enrolled(store, course_id)))
    store.delete([keys.file, *store.keys(keys.rosters), keys.enrolled])
    store.forget_course(course_id)  # deleted last: a removal that broke off can be repeated


def stored_course(store: Store, course_id: str) -> Course:
    """Return a course as it was pushed.

    Raises:
        BadInputError: there is no course with this id.
    """
    try:
        return Course.from_yaml(store.get(CourseKeys(course_id).file))
    except MissingError:
        raise BadInputError(
            [f"there is no course {quote(course_id)}; list them with `labgrader course list`"]
        ) from None


def _enrolled(store: Store, course_id: str) -> set[str]:
    """Return the usernames of all students who may be enrolled."""
    try:
        return set(store.get_json(CourseKeys(course_id).enrolled))
    except MissingError:
        return set()
