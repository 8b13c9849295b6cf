"""The bucket and the table of a stack. No other package knows a bucket key or a table key.

Every write can be repeated. S3 objects of a run are written once (``If-None-Match``); a later write returns the stored
object. DynamoDB items are written under a condition. A task that is delivered twice leaves one record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from labgrader.environment import Environment
from labgrader.errors import MissingError
from labgrader.labs.lab import Lab
from labgrader.rosters import Student
from labgrader.store.courses import PUBLISHED, Courses, Enrolment
from labgrader.store.items import Items
from labgrader.store.keys import CourseKeys, Keys, roster_key
from labgrader.store.leases import LEASES, Leases
from labgrader.store.objects import Objects, encoded
from labgrader.store.records import Records
from labgrader.store.requests import Requests
from labgrader.store.run_record import RunRecord, StudentCounts
from labgrader.store.self_checks import SelfCheckLedgers
from labgrader.store.tokens import Tokens

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_s3 import S3Client

__all__ = [
    "LEASES",
    "PUBLISHED",
    "CourseKeys",
    "Enrolment",
    "Keys",
    "MissingError",
    "RunRecord",
    "Store",
    "StudentCounts",
    "default_store",
    "encoded",
    "roster_key",
]


class Store(Objects, Records, Leases, Tokens, Requests, SelfCheckLedgers, Courses):
    """The bucket and the table of one stack.

    Args:
        s3: an S3 client.
        bucket: the name of the stack's bucket.
        table: the stack's DynamoDB table.
    """

    def __init__(self, s3: S3Client, bucket: str, table: Table) -> None:
        Objects.__init__(self, s3, bucket)
        Items.__init__(self, table)

    def lab(self, run_id: str) -> Lab:
        """Return the lab as the run froze it."""
        return Lab.from_dict(self.get_json(Keys(run_id).lab))

    def students(self, run_id: str) -> list[Student]:
        """Return the students of a run, as ``put_students_once`` stored them. Raise as ``get`` does."""
        return self.rows(Keys(run_id).students)

    def visible_report(self, run_id: str, username: str) -> Any:
        """Return the report of a student in a run, if the student may see the run's results.

        Raises:
            MissingError: there is no report, or the run is private.
        """
        if self.is_private(run_id):
            raise MissingError(f"run {run_id} is private")
        return self.get_json(Keys(run_id).report(username))

    def put_students_once(self, run_id: str, students: Sequence[Student]) -> list[Student]:
        """Store the students of a run unless they are stored. Return the stored students."""
        return _students(self.put_json_once(Keys(run_id).students, _rows(students)))

    def rows(self, key: str) -> list[Student]:
        """Return the students that ``put_rows`` stored. Raise as ``get`` does."""
        return _students(self.get_json(key))

    def put_rows(self, key: str, students: Sequence[Student]) -> None:
        """Store the rows of a class list. Replace earlier ones."""
        self.put_json(key, _rows(students))


@cache
def default_store() -> Store:
    """Return the store that the environment of a function names (``BUCKET``, ``TABLE``). Create it once."""
    config = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=5, read_timeout=30)
    environment = Environment()
    table = boto3.resource("dynamodb", config=config).Table(environment.table)
    return Store(boto3.client("s3", config=config.merge(Config(max_pool_connections=16))), environment.bucket, table)


def _rows(students: Sequence[Student]) -> list[dict[str, str]]:
    return [student.to_dict() for student in students]


def _students(rows: Iterable[Mapping[str, str]]) -> list[Student]:
    return [Student.from_dict(row) for row in rows]
