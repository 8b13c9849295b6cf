"""Where a run is kept. The only module that knows a bucket key or a table key.

Every write can be repeated: S3 objects of a run are written once (``If-None-Match``) and read back when they are there
already, DynamoDB items are written under a condition, so the same task delivered twice leaves one record.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from labgrader.aws import error_code, plain, stored, translated
from labgrader.errors import LabgraderError
from labgrader.lab import Lab
from labgrader.roster import Student

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_s3 import S3Client

Json = Any

CONTENT_TYPES = {".json": "application/json", ".html": "text/html; charset=utf-8", ".csv": "text/csv; charset=utf-8"}


LEASES = "LEASES"
"""The partition of the leases: the role of Run load test may write in no other (``infra/template.yaml``)."""


class MissingError(LabgraderError):
    """An object of a run that should be there is not."""


@dataclass(frozen=True)
class Keys:
    """The bucket keys of one run."""

    run_id: str

    @property
    def root(self) -> str:
        return f"runs/{self.run_id}"

    @property
    def lab(self) -> str:
        return f"{self.root}/lab.json"

    @property
    def students(self) -> str:
        return f"{self.root}/students.json"

    @property
    def run(self) -> str:
        return f"{self.root}/run.json"

    @property
    def gradebook(self) -> str:
        return f"{self.root}/gradebook.csv"

    @property
    def class_page(self) -> str:
        return f"{self.root}/class.html"

    @property
    def facts(self) -> str:
        """What is common to the class, for a recording that takes more than one function's time."""
        return f"{self.root}/facts.json"

    @property
    def snapshots(self) -> str:
        """The folder of all snapshots."""
        return f"{self.root}/snapshots/"

    def snapshot(self, username: str) -> str:
        return f"{self.root}/snapshots/{username}.json"

    def evidence(self, username: str, check_id: str = "") -> str:
        """The record and verdict of one check; without a check, the folder of them all."""
        return f"{self.root}/evidence/{username}/{check_id}.json" if check_id else f"{self.root}/evidence/{username}/"

    def claim(self, username: str, check_id: str) -> str:
        """Who is running a probe or a load test, so that a task delivered twice runs it once."""
        return f"{self.root}/claims/{username}/{check_id}.json"

    def report(self, username: str, suffix: str = ".json") -> str:
        return f"{self.root}/reports/{username}{suffix}"


def roster_key(run_id: str, suffix: str) -> str:
    """Where an uploaded roster waits for its run (``suffix`` is ``.csv`` or ``.json``)."""
    return f"rosters/{run_id}{suffix}"


class Store:
    """The bucket and the table of one stack.

    Args:
        s3: an S3 client.
        bucket: the name of the stack's bucket.
        table: the stack's DynamoDB table.
    """

    def __init__(self, s3: S3Client, bucket: str, table: Table) -> None:
        self._s3 = s3
        self.bucket = bucket
        self._table = table

    # --- objects ----------------------------------------------------------------------------------------------------

    def get(self, key: str) -> bytes:
        """Return an object.

        Raises:
            MissingError: there is none.
        """
        try:
            return self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except (ClientError, BotoCoreError) as error:
            if error_code(error) in ("NoSuchKey", "404"):
                raise MissingError(f"s3://{self.bucket}/{key} does not exist") from None
            raise translated(error) from error

    def get_json(self, key: str) -> Json:
        """Return an object parsed as JSON; raises as ``get`` does."""
        return json.loads(self.get(key))

    def put(self, key: str, content: bytes) -> None:
        """Write an object, over what is there."""
        self._put(key, content)

    def put_json(self, key: str, document: Json) -> None:
        """Write a JSON object, over what is there."""
        self._put(key, encoded(document))

    def put_once(self, key: str, content: bytes) -> bytes:
        """Write an object unless it is there already; return what is there now, ours or the earlier one."""
        try:
            self._put(key, content, IfNoneMatch="*")
        except _AlreadyThereError:
            return self.get(key)
        return content

    def put_json_once(self, key: str, document: Json) -> Json:
        """Write a JSON object unless it is there already; return what is there now."""
        return json.loads(self.put_once(key, encoded(document)))

    def keys(self, prefix: str) -> list[str]:
        """List the keys below a prefix, all pages."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        try:
            return [entry["Key"] for page in pages for entry in page.get("Contents", ())]
        except (ClientError, BotoCoreError) as error:
            raise translated(error) from error

    def get_all_json(self, keys: Sequence[str]) -> dict[str, Json]:
        """Return many JSON objects by key, fetched side by side."""
        with ThreadPoolExecutor(max_workers=16) as pool:
            return dict(zip(keys, pool.map(self.get_json, keys), strict=True))

    def _put(self, key: str, content: bytes, **condition: Any) -> None:
        suffix = key[key.rfind(".") :]
        try:
            self._s3.put_object(
                Bucket=self.bucket,
                Key=key,
                Body=content,
                ContentType=CONTENT_TYPES.get(suffix, "application/octet-stream"),
                **condition,
            )
        except (ClientError, BotoCoreError) as error:
            if error_code(error) in ("PreconditionFailed", "412"):
                raise _AlreadyThereError(key) from None
            raise translated(error) from error

    # --- what a run is made of --------------------------------------------------------------------------------------

    def lab(self, run_id: str) -> Lab:
        """The lab as the run froze it."""
        return Lab.from_dict(self.get_json(Keys(run_id).lab))

    def students(self, run_id: str) -> list[Student]:
        """The students of the run."""
        return [Student.from_dict(one) for one in self.get_json(Keys(run_id).students)]

    # --- records ----------------------------------------------------------------------------------------------------

    def record_run(self, run: Mapping[str, Json]) -> None:
        """Write a run's record: what ``run.json`` says without its students. The last write of a run wins.

        Args:
            run: at least ``run_id``, ``lab``, ``mode``, ``status``, ``started_at``.
        """
        self._put_item({"pk": "RUNS", "sk": run["run_id"], **run})

    def run(self, run_id: str) -> dict[str, Json] | None:
        """A run's record, or ``None``."""
        return self._get_item("RUNS", run_id)

    def runs(self, lab: str = "") -> list[dict[str, Json]]:
        """The runs, newest first."""
        found = [plain(item) for item in self._query("RUNS")]
        newest_first = sorted(found, key=lambda run: (run["started_at"], run["run_id"]), reverse=True)
        return [run for run in newest_first if not lab or run["lab"] == lab]

    def record_result(
        self, run_id: str, result: Mapping[str, Json], *, keep_latest: bool = True, keep_best: bool
    ) -> None:
        """Write what a student reached in a run, and the student's latest and best for the lab.

        Written twice, it is the same record: the latest only moves forward in ``graded_at``, the best only up.

        Args:
            run_id: the run.
            result: ``username``, ``student_id``, ``lab``, ``status``, ``points``, ``max_points``, ``open_points``,
                ``percent``, ``graded_at``, ``report_key``.
            keep_latest: whether this is the student's latest; an audit, which leaves points open, is not.
            keep_best: whether this may become the best (a complete, graded result).
        """
        username, lab = result["username"], result["lab"]
        record = {"run_id": run_id, **result}
        self._put_item({"pk": f"RUN#{run_id}", "sk": f"STUDENT#{username}", **record})
        student = f"STUDENT#{username}"
        if keep_latest:
            self._put_item_if(
                {"pk": student, "sk": f"LAB#{lab}#LATEST", **record},
                "attribute_not_exists(pk) OR graded_at < :value OR run_id = :run",
                {":value": result["graded_at"], ":run": run_id},
            )
        if keep_best:
            self._put_item_if(
                {"pk": student, "sk": f"LAB#{lab}#BEST", **record},
                "attribute_not_exists(pk) OR points < :value OR run_id = :run",
                {":value": stored(result["points"]), ":run": run_id},
            )

    def results(self, run_id: str) -> list[dict[str, Json]]:
        """What each student reached in a run, so far."""
        return [plain(item) for item in self._query(f"RUN#{run_id}")]

    def latest(self, username: str, lab: str) -> dict[str, Json] | None:
        """A student's latest result for a lab, or ``None``."""
        return self._get_item(f"STUDENT#{username}", f"LAB#{lab}#LATEST")

    def best(self, username: str, lab: str) -> dict[str, Json] | None:
        """A student's best result for a lab, or ``None``."""
        return self._get_item(f"STUDENT#{username}", f"LAB#{lab}#BEST")

    # --- leases -----------------------------------------------------------------------------------------------------

    def lease(self, name: str, holder: str, now: float, ends_at: float) -> bool:
        """Take a lease, or prolong one's own; say whether it is the holder's now.

        Args:
            name: of what: only one holder has it at a time.
            holder: who takes it.
            now, ends_at: seconds since the epoch; from ``ends_at`` on anybody may take it: a crash holds nothing.
        """
        return self._put_item_if(
            {"pk": LEASES, "sk": name, "holder": holder, "ends_at": ends_at},
            "attribute_not_exists(pk) OR ends_at <= :now OR holder = :holder",
            {":now": stored(now), ":holder": holder},
        )

    def release(self, name: str, holder: str) -> None:
        """Give a lease back; one that another holds, or that is not there, stays as it is."""
        try:
            self._table.delete_item(
                Key={"pk": LEASES, "sk": name},
                ConditionExpression="holder = :holder",
                ExpressionAttributeValues={":holder": holder},
            )
        except (ClientError, BotoCoreError) as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise translated(error) from error

    def _put_item(self, item: Mapping[str, Json]) -> None:
        try:
            self._table.put_item(Item=stored(item))
        except (ClientError, BotoCoreError) as error:
            raise translated(error) from error

    def _put_item_if(self, item: Mapping[str, Json], condition: str, values: Mapping[str, Json]) -> bool:
        """Write an item under a condition; say whether it was met: where it was not, what is there stays."""
        try:
            self._table.put_item(
                Item=stored(item), ConditionExpression=condition, ExpressionAttributeValues=dict(values)
            )
        except (ClientError, BotoCoreError) as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise translated(error) from error
            return False
        return True

    def _get_item(self, pk: str, sk: str) -> dict[str, Json] | None:
        try:
            item = self._table.get_item(Key={"pk": pk, "sk": sk}, ConsistentRead=True).get("Item")
        except (ClientError, BotoCoreError) as error:
            raise translated(error) from error
        return None if item is None else plain(item)

    def _query(self, pk: str) -> Iterator[Mapping[str, Json]]:
        request: dict[str, Any] = {
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": pk},
            "ConsistentRead": True,
        }
        while True:
            try:
                page = self._table.query(**request)
            except (ClientError, BotoCoreError) as error:
                raise translated(error) from error
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


class _AlreadyThereError(LabgraderError):
    """An object is there already."""


@cache
def store_of_this_function() -> Store:
    """The store that a function's environment names (``BUCKET``, ``TABLE``), made when it is first wanted."""
    config = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=5, read_timeout=30)
    table = boto3.resource("dynamodb", config=config).Table(os.environ["TABLE"])
    return Store(boto3.client("s3", config=config.merge(Config(max_pool_connections=16))), os.environ["BUCKET"], table)


def encoded(document: Json) -> bytes:
    """JSON as it is stored: ASCII, so that no character of a student's output can break it, and no NaN."""
    return json.dumps(document, indent=1, sort_keys=True, allow_nan=False).encode()
