"""Who is load-testing whom, and who has how many executions: leases that end by themselves."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from labgrader.aws import error_code, to_domain_error, to_dynamodb
from labgrader.errors import ServiceFaultError
from labgrader.store.items import Items

Json = Any

LEASES = "LEASES"
"""The partition of the leases: the role of Run load test may write in no other (``infra/template.yaml``)."""

RELEASE_PAUSE_S = 0.05
"""Seconds to wait at most before a part is given back again, after somebody else changed the count."""

RELEASES = 20
"""How often a part is tried to be given back, while others take or give back theirs."""


class Leases(Items):
    """The leases of one stack."""

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
            {":now": to_dynamodb(now), ":holder": holder},
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
                raise to_domain_error(error) from error

    def acquire_permits(self, name: str, holder: str, wanted: int, most: int, now: float, ends_at: float) -> bool:
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

    def release_permits(self, name: str, holder: str) -> None:
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
