"""Tell students apart when the username of one begins the username of another: ``ann`` and ``ann-marie``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from labgrader.rosters.student import Student

_SEPARATOR = re.compile("[-_]")
"""What may follow a username at the beginning of a longer one."""


def tell_apart(students: Sequence[Student], everybody: Sequence[Student] = ()) -> list[Student]:
    """Return the students, each with the longer usernames of the class: ``ann`` with ``ann-marie``.

    Students in different accounts cannot be confused. A student's existing longer usernames stay.

    Args:
        students: the students of one list.
        everybody: the students of all lists of the class, if there are several.
    """
    by_username: dict[str, Student] = {student.username: student for student in students}
    longer: dict[str, set[str]] = {student.username: set(student.longer_usernames) for student in students}
    for other in {student.username: student for student in (*students, *everybody)}.values():
        for separator in _SEPARATOR.finditer(other.username):
            shorter = by_username.get(other.username[: separator.start()])
            if shorter is not None and _may_share_account(shorter, other):
                longer[shorter.username].add(other.username)
    return [
        replace(student, longer_usernames=tuple(sorted(longer[student.username], key=lambda name: (len(name), name))))
        for student in students
    ]


def reached_by_role(student: Student, everybody: Sequence[Student]) -> str:
    """Return a longer username with another role in the same account; or an empty text.

    A role from ``infra/student_account.yaml`` reaches ``USERNAME-*``, and IAM cannot exclude ``USERNAME-X-*``.

    Args:
        student: a student as ``tell_apart`` returned it.
        everybody: the students of the list.
    """
    if not student.role_arn or not student.longer_usernames:
        return ""
    roles = {other.username: other.role_arn for other in everybody}
    account = account_of(student.role_arn)
    apart = (
        username
        for username in student.longer_usernames
        if (role := roles.get(username)) and role != student.role_arn and account_of(role) == account
    )
    return next(apart, "")


def account_of(role_arn: str) -> str:
    """Return the account of a role; empty if the text is not an ARN of a role, which is another problem."""
    return role_arn.split(":")[4] if role_arn.count(":") >= 5 else ""


def _may_share_account(student: Student, other: Student) -> bool:
    return not student.account_id or not other.account_id or student.account_id == other.account_id
