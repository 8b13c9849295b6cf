"""Courses: the record of each course, the enrolments of its students, and the record of each audit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from labgrader.aws import from_dynamodb, to_domain_error, to_dynamodb
from labgrader.rosters import Student
from labgrader.store.items import Items

COURSES = "COURSES"
"""The partition of the courses."""

PUBLISHED = "published"
"""The value of ``results`` of a course with runs that are private until they are published."""


@dataclass(frozen=True)
class Enrolment:
    """One student in one course.

    Args:
        course, title: the course.
        pushed_at: when the course was last pushed, ISO 8601 in UTC.
        rows: the student's row of the class list of each lab, by lab.
    """

    course: str
    title: str
    pushed_at: str
    rows: Mapping[str, Student]


class Courses(Items):
    """The courses of one stack."""

    def record_course(self, record: Mapping[str, Any]) -> None:
        """Write the record of a course. Replace an earlier one.

        Args:
            record: ``course``, ``title``, ``time_zone``, ``audit_time``, ``results``, ``labs`` (each with ``lab``,
                ``roster``, ``due`` and the number of ``students``), ``students`` and ``pushed_at``.
        """
        self._put_item({"pk": COURSES, "sk": record["course"], **record})

    def course(self, course: str) -> dict[str, Any] | None:
        """Return the record of a course, or ``None``."""
        return self._get_item(COURSES, course)

    def courses(self) -> list[dict[str, Any]]:
        """Return the records of all courses, sorted by id."""
        return [from_dynamodb(item) for item in self._query(COURSES)]

    def forget_course(self, course: str) -> None:
        """Delete the record of a course. The records of its audits stay."""
        self._delete([(COURSES, course)])

    def enrol(self, course: str, title: str, pushed_at: str, rows: Mapping[str, Mapping[str, Student]]) -> None:
        """Write the enrolment of every student of a course. Replace earlier ones.

        Args:
            course, title, pushed_at: as in ``Enrolment``.
            rows: the rows of each student, by username and lab.
        """
        try:
            with self._table.batch_writer() as batch:
                for username, row_by_lab in rows.items():
                    batch.put_item(
                        Item=to_dynamodb(
                            {
                                "pk": f"STUDENT#{username}",
                                "sk": f"COURSE#{course}",
                                "course": course,
                                "title": title,
                                "pushed_at": pushed_at,
                                "rows": {lab: student.to_dict() for lab, student in row_by_lab.items()},
                            }
                        )
                    )
        except (ClientError, BotoCoreError) as error:
            raise to_domain_error(error) from error

    def disenrol(self, course: str, usernames: Iterable[str]) -> None:
        """Delete the enrolments of these students in a course. Missing ones are ignored."""
        self._delete((f"STUDENT#{username}", f"COURSE#{course}") for username in usernames)

    def enrolments(self, username: str) -> list[Enrolment]:
        """Return the courses of a student. The course that was pushed last comes first."""
        items = [from_dynamodb(item) for item in self._query(f"STUDENT#{username}", "COURSE#")]
        return [
            Enrolment(
                item["course"],
                item["title"],
                item["pushed_at"],
                {lab: Student.from_dict(row) for lab, row in item["rows"].items()},
            )
            for item in sorted(items, key=lambda item: (item["pushed_at"], item["course"]), reverse=True)
        ]

    def claim_audit(self, course: str, audit_name: str, execution: str, record: Mapping[str, Any]) -> bool:
        """Record that an execution makes an audit of a course. Return False if another execution makes it.

        Args:
            course: the course.
            audit_name: the name of the audit, as ``Course.scheduled_audit`` or ``Course.requested_audit`` gives it.
            execution: the name of the execution. The same execution may claim its audit again.
            record: further fields of the record: ``scheduled``, ``started_at``, ``runs``.
        """
        return self._put_item_if(
            {
                "pk": f"COURSE#{course}",
                "sk": f"NIGHT#{audit_name}",
                "course": course,
                "night": audit_name,
                "execution": execution,
                **record,
            },
            "attribute_not_exists(pk) OR execution = :execution",
            {":execution": execution},
        )

    def audits(self, course: str) -> list[dict[str, Any]]:
        """Return the records of a course's audits, newest first. The field ``night`` is the name of the audit."""
        records = [from_dynamodb(item) for item in self._query(f"COURSE#{course}", "NIGHT#")]
        return sorted(records, key=lambda record: (record["started_at"], record["night"]), reverse=True)
