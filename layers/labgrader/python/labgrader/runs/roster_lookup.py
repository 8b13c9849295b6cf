"""Find class lists in the bucket, and the row of one student for a self-check."""

from __future__ import annotations

import re
from dataclasses import dataclass

from labgrader.errors import BadInputError, Problem
from labgrader.messages import quote
from labgrader.rosters import Student, UsernameSource, tell_apart
from labgrader.rosters.accounts import AccountsFile
from labgrader.rosters.reader import read_class_list
from labgrader.store import CourseKeys, MissingError, Store

_OF_COURSE = re.compile(r"courses/([^/]+)/rosters/([^/]+)")


@dataclass(frozen=True)
class Enrolment:
    """The row and the course of a student.

    Args:
        student: the row.
        course: the course's id, or empty.
        listed: whether the row is from a class list.
    """

    student: Student
    course: str = ""
    listed: bool = True


def find_enrolment(store: Store, username: str, lab_id: str) -> Enrolment:
    """Return the row of a student for a lab.

    It is taken from the course with the lab that was pushed last. Without one, from the student's latest run of the
    lab. Without that, it is the username alone: the resources are in labgrader's own account then.

    Args:
        store: the stack's store.
        username: the student.
        lab_id: the lab.
    """
    for enrolment in store.enrolments(username):
        if lab_id in enrolment.rows:
            return Enrolment(enrolment.rows[lab_id], enrolment.course)
    latest = store.latest(username, lab_id)
    if latest is not None:
        try:
            rows = {student.username: student for student in store.students(latest["run_id"])}
        except MissingError:  # the bucket was emptied, but not the table
            rows = {}
        if username in rows:
            return Enrolment(rows[username])
    return Enrolment(Student(username, username), listed=False)


def load_roster(
    store: Store,
    key: str,
    field: str = "",
    *,
    username_from: UsernameSource | None = None,
    accounts: AccountsFile | None = None,
) -> list[Student]:
    """Return the students of a class list in the bucket.

    The class lists of a pushed course are rows. Others are files of any kind, and are parsed here: a list that was
    uploaded, and a list of a course that an earlier version pushed.

    Args:
        store: the stack's store.
        key: the key that a request names, below ``rosters/`` or ``courses/COURSE/rosters/``.
        field: the field of the request that names the key, for messages; empty for messages that name the key.
        username_from, accounts: as ``read_class_list`` takes them. The rows of a pushed course need neither.

    Raises:
        BadInputError: there is no class list at the key, or its text has problems: all of them.
    """
    of_course = _OF_COURSE.fullmatch(key)
    if of_course:
        try:
            return tell_apart(store.rows(CourseKeys(of_course[1]).roster_rows(of_course[2])))
        except MissingError:
            pass  # an earlier version pushed the course, or a user uploaded the list
    try:
        content = store.get(key)
    except MissingError:
        raise BadInputError([Problem(f"there is no roster at {quote(key)}", field=field)]) from None
    return read_class_list(content, key, field, username_from=username_from, accounts=accounts).checked()
