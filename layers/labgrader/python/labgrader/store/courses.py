"""Courses: what each is made of, who is enrolled in which, and the nights on which it was audited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from labgrader.aws import from_dynamodb, to_domain_error, to_dynamodb
from labgrader.roster import Student
from labgrader.store.items import Items

Json = Any

COURSES = "COURSES"
"""The partition of the courses."""


@dataclass(frozen=True)
class CourseKeys:
    """The bucket keys of one course."""

    course: str

    @property
    def root(self) -> str:
        return f"courses/{self.course}/"

    @property
    def file(self) -> str:
        return f"{self.root}course.yaml"

    @property
    def rosters(self) -> str:
        """The folder of its class lists."""
        return f"{self.root}rosters/"

    def roster(self, name: str) -> str:
        return f"{self.rosters}{name}"

    @property
    def enrolled(self) -> str:
        """The usernames of everybody who may have an enrolment."""
        return f"{self.root}enrolled.json"

    def night(self, night: str) -> str:
        """The digest of one audit."""
        return f"{self.root}nights/{night}.json"


@dataclass(frozen=True)
class Enrolment:
    """One student in one course.

    Args:
        course, title: which course.
        pushed_at: when its file was pushed last, ISO 8601 in UTC.
        rows: the student's row of the class list of each lab, by lab.
    """

    course: str
    title: str
    pushed_at: str
    rows: Mapping[str, Student]


class Courses(Items):
    """The courses of one stack."""

    def record_course(self, record: Mapping[str, Json]) -> None:
        """Write a course's record, over what is there.

        Args:
            record: ``course``, ``title``, ``time_zone``, ``audit_time``, ``labs`` (each with ``lab``, ``roster``,
                ``due`` and ``students``, their number), ``students`` and ``pushed_at``.
        """
        self._put_item({"pk": COURSES, "sk": record["course"], **record})

    def course(self, course: str) -> dict[str, Json] | None:
        """A course's record, or ``None``."""
        return self._get_item(COURSES, course)

    def courses(self) -> list[dict[str, Json]]:
        """Every course's record, by id."""
        return [from_dynamodb(item) for item in self._query(COURSES)]

    def forget_course(self, course: str) -> None:
        """Delete a course's record; what was recorded of its nights stays."""
        self._delete([(COURSES, course)])

    def enrol(self, course: str, title: str, pushed_at: str, rows: Mapping[str, Mapping[str, Student]]) -> None:
        """Write what every student of a course is in it, over what is there.

        Args:
            course, title, pushed_at: as in ``Enrolment``.
            rows: each student's rows, by username and lab.
        """
        try:
            with self._table.batch_writer() as batch:
                for username, of_student in rows.items():
                    batch.put_item(
                        Item=to_dynamodb(
                            {
                                "pk": f"STUDENT#{username}",
                                "sk": f"COURSE#{course}",
                                "course": course,
                                "title": title,
                                "pushed_at": pushed_at,
                                "rows": {lab: student.to_dict() for lab, student in of_student.items()},
                            }
                        )
                    )
        except (ClientError, BotoCoreError) as error:
            raise to_domain_error(error) from error

    def disenrol(self, course: str, usernames: Iterable[str]) -> None:
        """Delete the enrolments of these students in a course; those that are not there are no matter."""
        self._delete((f"STUDENT#{username}", f"COURSE#{course}") for username in usernames)

    def enrolments(self, username: str) -> list[Enrolment]:
        """The courses that a student is in, the one that was pushed last first."""
        found = [from_dynamodb(item) for item in self._query(f"STUDENT#{username}", "COURSE#")]
        return [
            Enrolment(
                item["course"],
                item["title"],
                item["pushed_at"],
                {lab: Student.from_dict(row) for lab, row in item["rows"].items()},
            )
            for item in sorted(found, key=lambda item: (item["pushed_at"], item["course"]), reverse=True)
        ]

    def claim_audit(self, course: str, night: str, execution: str, record: Mapping[str, Json]) -> bool:
        """Record that an execution audits a course on a night; say whether it is the one that does.

        Args:
            course, night: which.
            execution: its name. The same one may begin its night again.
            record: what else to keep: ``scheduled``, ``started_at``, ``runs``.
        """
        return self._put_item_if(
            {
                "pk": f"COURSE#{course}",
                "sk": f"NIGHT#{night}",
                "course": course,
                "night": night,
                "execution": execution,
                **record,
            },
            "attribute_not_exists(pk) OR execution = :execution",
            {":execution": execution},
        )

    def nights(self, course: str) -> list[dict[str, Json]]:
        """The nights on which a course was audited, and the audits by command, newest first."""
        found = [from_dynamodb(item) for item in self._query(f"COURSE#{course}", "NIGHT#")]
        return sorted(found, key=lambda night: (night["started_at"], night["night"]), reverse=True)

    def _delete(self, keys: Iterable[tuple[str, str]]) -> None:
        try:
            with self._table.batch_writer() as batch:
                for pk, sk in keys:
                    batch.delete_item(Key={"pk": pk, "sk": sk})
        except (ClientError, BotoCoreError) as error:
            raise to_domain_error(error) from error
