"""What a stack keeps of its courses: the file and its class lists in S3, who is enrolled in DynamoDB."""

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
    """Keep a course, over what is there of it: students and labs that it has no longer are enrolled in it no longer.

    Pushed again after it broke off anywhere, it is whole: whoever may be enrolled is written down before anybody is.

    Args:
        store: the stack's store.
        files: what was read.
        now: the moment, with its time zone.

    Returns:
        The course's record, as ``store.course`` has it.
    """
    course, keys, rows = files.course, CourseKeys(files.course.id), files.rows
    pushed_at = isoformat_utc(now)
    before = _enrolled(store, course.id)
    for name, content in files.rosters.items():
        store.put(keys.roster(name), content)
    store.put_json(keys.enrolled, sorted(before | set(rows)))
    store.enrol(course.id, course.title, pushed_at, rows)
    store.disenrol(course.id, sorted(before - set(rows)))
    store.put_json(keys.enrolled, sorted(rows))
    store.put(keys.file, files.content)
    wanted = {keys.roster(name) for name in course.rosters}
    store.delete([key for key in store.keys(keys.rosters) if key not in wanted])
    document = course.to_dict()
    record = {
        "course": course.id,
        **{name: document[name] for name in ("title", "time_zone", "audit_time")},
        "labs": [{**one, "students": len(files.students[one["roster"]])} for one in document["labs"]],
        "students": len(rows),
        "pushed_at": pushed_at,
    }
    store.record_course(record)
    return record


def remove_course(store: Store, course_id: str) -> None:
    """Forget a course: nobody is enrolled in it, and its file and class lists are gone.

    Its runs, and the digests of its nights, stay: they are the record of what was found.
    """
    keys = CourseKeys(course_id)
    store.disenrol(course_id, sorted(_enrolled(store, course_id)))
    store.delete([keys.file, *store.keys(keys.rosters), keys.enrolled])
    store.forget_course(course_id)  # last: what broke off before can be removed again


def stored_course(store: Store, course_id: str) -> Course:
    """Return a course as it was pushed.

    Raises:
        BadInputError: there is none of that id.
    """
    try:
        return Course.from_yaml(store.get(CourseKeys(course_id).file))
    except MissingError:
        raise BadInputError(
            [f"there is no course {quote(course_id)}; list them with `labgrader course list`"]
        ) from None


def _enrolled(store: Store, course_id: str) -> set[str]:
    """The usernames of everybody who may be enrolled."""
    try:
        return set(store.get_json(CourseKeys(course_id).enrolled))
    except MissingError:
        return set()
