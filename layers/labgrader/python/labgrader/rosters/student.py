"""A student of a class list, and the account that labgrader reads a student's resources in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from labgrader.errors import BadInputError
from labgrader.messages import quote
from labgrader.rosters.problems import first_problems

COLUMNS = ("student_id", "username", "name", "email", "section", "account_id", "region", "role_arn", "external_id")
"""The columns a roster may have; only ``username`` is required."""

MAX_STUDENTS = 10_000
"""Students in one run: the children a Distributed Map may start (Step Functions quotas)."""

MAX_USERNAME = 80
"""Characters of a username: an execution's name may have 80 (Step Functions API, StartExecution)."""


@dataclass(frozen=True)
class Student:
    """One row of a roster.

    Args:
        username: the prefix of the student's resources, in lower case.
        student_id: the school's own id; the username where the roster has none.
        account_id, region, role_arn, external_id: where the resources are and how to read them; empty for the grader's
            own account and Region.
    """

    username: str
    student_id: str = ""
    name: str = ""
    email: str = ""
    section: str = ""
    account_id: str = ""
    region: str = ""
    role_arn: str = ""
    external_id: str = ""

    def to_dict(self) -> dict[str, str]:
        """Return the row as JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, document: Mapping[str, str]) -> Student:
        """Read what ``to_dict`` wrote."""
        return cls(**document)


@dataclass(frozen=True)
class GraderAccount:
    """The account and the Region that labgrader itself runs in: where students without a role have their resources."""

    account_id: str
    region: str

    @classmethod
    def from_arn(cls, arn: str) -> GraderAccount:
        """Read them from the ARN of any of our resources."""
        parts = arn.split(":")
        return cls(account_id=parts[4], region=parts[3])


def select(students: Sequence[Student], usernames: Sequence[str]) -> list[Student]:
    """Keep the named students; all of them where no name is given.

    Raises:
        BadInputError: a name is not on the roster.
    """
    wanted = {name.strip().lower(): name.strip() for name in usernames}
    missing = wanted.keys() - {student.username for student in students}
    if missing:
        raise BadInputError(first_problems(f"{quote(wanted[name])} is not on the roster" for name in sorted(missing)))
    return [student for student in students if not wanted or student.username in wanted]


def assign_accounts(students: Sequence[Student], home: GraderAccount) -> list[Student]:
    """Fill in our own account and Region where the roster names none.

    Raises:
        BadInputError: a student has another account, and no role to read it with.
    """
    strangers = [
        student for student in students if not student.role_arn and student.account_id not in ("", home.account_id)
    ]
    if strangers:
        raise BadInputError(
            first_problems(
                f"{student.username} has account {student.account_id} and no role_arn; "
                f"labgrader runs in {home.account_id} and needs a role to read "
                "another account (see infra/student_account.yaml)"
                for student in strangers
            )
        )
    return [
        replace(student, account_id=student.account_id or home.account_id, region=student.region or home.region)
        for student in students
    ]
