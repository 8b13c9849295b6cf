"""Leases on load-test targets, and permits for executions in flight. Both expire by themselves."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from labgrader.aws import error_code, to_domain_error, to_dynamodb
from labgrader.errors import ServiceFaultError
from labgrader.store.items import Items

LEASES = "LEASES"
"""The partition of the leases. The role of Run load test may write in no other (``infra/template.yaml``)."""

RELEASE_PAUSE_S = 0.05
"""The longest pause, in seconds, before permits are released again after a write conflict."""

RELEASES = 20
"""The most tries to release permits while other holders write the same item."""


class Leases(Items):
    """The leases of one stack."""

    def lease(self, name: str, holder: str, now: float, ends_at: float) -> bool:
        """Acquire a lease, or extend the holder's own lease. Return whether the holder has it now.

        Args:
            name: what is leased. It has one holder at a time.
            holder: who acquires it.
            now: seconds since the epoch.
            ends_at: when the lease expires, in seconds since the epoch. The lease of a crashed holder expires, too.
        """
        return self._put_item_if(
            {"pk": LEASES, "sk": name, "holder": holder, "ends_at": ends_at},
            "attribute_not_exists(pk) OR ends_at <= :now OR holder = :holder",
            {":now": to_dynamodb(now), ":holder": holder},
        )

    def release(self, name: str, holder: str) -> None:
        """Release a lease. A missing lease, or the lease of another holder, is left alone."""
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
        """Acquire permits from a shared pool. Return whether it succeeded.

        It also fails if another holder acquires or releases permits at the same moment. Try again then.

        Args:
            name: the pool.
            holder: who acquires the permits. They replace the permits that the holder has.
            wanted: how many permits.
            most: how many permits all holders may have together.
            now: seconds since the epoch.
            ends_at: when the permits expire, in seconds since the epoch. Those of a crashed holder expire, too.
        """
        permits, version = self._permits(name)
        permits = {other: permit for other, permit in permits.items() if other != holder and permit["ends_at"] > now}
        if sum(permit["taken"] for permit in permits.values()) + wanted > most:
            return False
        return self._put_permits(name, {**permits, holder: {"taken": wanted, "ends_at": ends_at}}, version)

    def release_permits(self, name: str, holder: str) -> None:
        """Release the permits of a holder. Missing or expired ones are ignored.

        Raises:
            ServiceFaultError: other holders changed the pool at the same moment, in each of ``RELEASES`` tries.
        """
        for _ in range(RELEASES):
            permits, version = self._permits(name)
            if permits.pop(holder, None) is None or self._put_permits(name, permits, version):
                return
            time.sleep(random.uniform(0, RELEASE_PAUSE_S))  # so that the holders do not collide again
        raise ServiceFaultError(f"{name} was changed by other holders {RELEASES} times while permits were released")

    def _permits(self, name: str) -> tuple[dict[str, Any], int]:
        item = self._get_item(LEASES, name) or {}
        return dict(item.get("parts", {})), int(item.get("version", 0))

    def _put_permits(self, name: str, permits: Mapping[str, Any], version: int) -> bool:
        """Write the permits of a pool unless its version changed since it was read. The version only grows."""
        return self._put_item_if(
            {"pk": LEASES, "sk": name, "parts": permits, "version": version + 1},
            "attribute_not_exists(pk) OR version = :version",
            {":version": version},
        )
