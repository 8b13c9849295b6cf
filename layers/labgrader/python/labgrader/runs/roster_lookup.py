"""Which row of a class list a student has, when no class list is at hand: the student asked alone."""

from __future__ import annotations

from dataclasses import dataclass

from labgrader.roster import Student
from labgrader.store import MissingError, Store


@dataclass(frozen=True)
class Enrolment:
    """Where a student's resources are, and of which course the student is.

    Args:
        student: the row of the class list.
        course: the course's id, or empty.
        listed: whether a class list says so.
    """

    student: Student
    course: str = ""
    listed: bool = True


def find_enrolment(store: Store, username: str, lab_id: str) -> Enrolment:
    """Return a student's row for a lab: from the course with that lab that was pushed last, or else from the student's
    latest run of it, or else the username alone, whose resources are then in the grader's own account.

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
        except MissingError:  # the bucket was emptied, and the table was not
            rows = {}
        if username in rows:
            return Enrolment(rows[username])
    return Enrolment(Student(username, username), listed=False)
