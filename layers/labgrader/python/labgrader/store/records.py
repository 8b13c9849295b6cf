"""The table of a stack: runs, results, and who is load-testing whom; each item written under a condition."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from labgrader.aws import error_code, plain, stored, translated
from labgrader.errors import ServiceFaultError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

Json = Any

LEASES = "LEASES"
"""The partition of the leases: the role of Run load test may write in no other (``infra/template.yaml``)."""

RELEASE_PAUSE_S = 0.05
"""Seconds to wait at most before a part is given back again, after somebody else changed the count."""

RELEASES = 20
"""How often a part is tried to be given back, while others take or give back theirs."""


class Records:
    """The records of one stack.

    Args:
        table: the stack's DynamoDB table.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

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

    def take_part(self, name: str, holder: str, wanted: int, most: int, now: float, ends_at: float) -> bool:
        """Take a part of what several share, while all parts together are within a bound; say whether it is had.

        It is not, either, where somebody else took or gave back a part in the same moment: ask again.

        Args:
            name: of what.
            holder: who takes it; one that has a part already has this one in its place.
            wanted: how much of it.
            most: how much all may have together.
            now, ends_at: seconds since the epoch; from ``ends_at`` on the part is nobody's: a crash holds nothing.
        """
        parts, version = self._parts(name)
        parts = {one: part for one, part in parts.items() if one != holder and part["ends_at"] > now}
        if sum(part["taken"] for part in parts.values()) + wanted > most:
            return False
        return self._keep_parts(name, {**parts, holder: {"taken": wanted, "ends_at": ends_at}}, version)

    def give_part_back(self, name: str, holder: str) -> None:
        """Give a part back; one that is not there any more is given back.

        Raises:
            ServiceFaultError: others took or gave back theirs in the same moment, again and again.
        """
        for _ in range(RELEASES):
            parts, version = self._parts(name)
            if parts.pop(holder, None) is None or self._keep_parts(name, parts, version):
                return
            time.sleep(random.uniform(0, RELEASE_PAUSE_S))  # not all at once again
        raise ServiceFaultError(f"{name} was changed by others {RELEASES} times while a part was given back")

    def _parts(self, name: str) -> tuple[dict[str, Json], int]:
        item = self._get_item(LEASES, name) or {}
        return dict(item.get("parts", {})), int(item.get("version", 0))

    def _keep_parts(self, name: str, parts: Mapping[str, Json], version: int) -> bool:
        """Write who has what unless somebody else did since it was read: the version tells, and never starts again."""
        return self._put_item_if(
            {"pk": LEASES, "sk": name, "parts": parts, "version": version + 1},
            "attribute_not_exists(pk) OR version = :version",
            {":version": version},
        )

    # --- items -------------------------------------------------------------------------------------------------------

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
