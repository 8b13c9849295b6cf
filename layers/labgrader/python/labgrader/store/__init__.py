"""Where a run is kept. Nothing else knows a bucket key or a table key.

Every write can be repeated: S3 objects of a run are written once (``If-None-Match``) and read back when they are there
already, DynamoDB items are written under a condition, so the same task delivered twice leaves one record.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from labgrader.environment import Environment
from labgrader.labs.lab import Lab
from labgrader.roster import Student
from labgrader.store.courses import CourseKeys, Courses, Enrolment
from labgrader.store.items import Items
from labgrader.store.keys import Keys, roster_key
from labgrader.store.leases import LEASES, Leases
from labgrader.store.objects import MissingError, Objects, encoded
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
        """The lab as the run froze it."""
        return Lab.from_dict(self.get_json(Keys(run_id).lab))

    def students(self, run_id: str) -> list[Student]:
        """The students of the run, as ``put_students_once`` stored them; raises as ``get`` does."""
        return [Student.from_dict(one) for one in self.get_json(Keys(run_id).students)]

    def put_students_once(self, run_id: str, students: Sequence[Student]) -> list[Student]:
        """Store the students of a run unless they are stored; return those that are stored now."""
        rows = self.put_json_once(Keys(run_id).students, [student.to_dict() for student in students])
        return [Student.from_dict(row) for row in rows]


@cache
def default_store() -> Store:
    """The store that a function's environment names (``BUCKET``, ``TABLE``), made when it is first wanted."""
    config = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=5, read_timeout=30)
    environment = Environment()
    table = boto3.resource("dynamodb", config=config).Table(environment.table)
    return Store(boto3.client("s3", config=config.merge(Config(max_pool_connections=16))), environment.bucket, table)
