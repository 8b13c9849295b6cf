"""What was asked for already, so that a request that arrives twice is one run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labgrader.store.items import Items
from labgrader.store.records import RUNS, SELF_CHECKS

Json = Any

REQUESTS = "REQUESTS"
"""The partition of the remembered requests."""


class Requests(Items):
    """The requests that one stack remembers."""

    def remember_request(self, identity: str, digest: str, run_id: str) -> tuple[str, bool]:
        """Remember which run a request is, unless it is remembered already.

        Args:
            identity: what the caller calls the request, with who the caller is: the same one is the same request.
            digest: of what was asked for.
            run_id: the run that it shall be.

        Returns:
            The run that it is: this one, or that of the first time; and whether the same was asked for then.
        """
        new = {"pk": REQUESTS, "sk": identity, "digest": digest, "run_id": run_id}
        if self._put_item_if(new, "attribute_not_exists(pk)", {}):
            return run_id, True
        first = self._get_item(REQUESTS, identity) or new
        return str(first["run_id"]), first["digest"] == digest

    def remembered(self, identity: str) -> tuple[str, str] | None:
        """The run that a request is remembered as, and the digest of what was asked for; ``None`` for a new one."""
        item = self._get_item(REQUESTS, identity)
        return (str(item["run_id"]), str(item["digest"])) if item else None

    def record_start(self, run: Mapping[str, Json]) -> bool:
        """Record a run that is about to be started; say whether it was not recorded before: what is there stays.

        Args:
            run: as ``record_run`` takes it.
        """
        return self._put_item_if(_item(run), "attribute_not_exists(pk)", {})

    def record_end(self, run: Mapping[str, Json]) -> bool:
        """Record how a run ended unless its end is recorded already, which stays; say whether it was written.

        Args:
            run: as ``record_run`` takes it, with ``finished_at``, which is empty while a run goes on.
        """
        goes_on = "attribute_not_exists(finished_at) OR finished_at = :nothing"
        return self._put_item_if(_item(run), goes_on, {":nothing": ""})


def _item(run: Mapping[str, Json]) -> dict[str, Json]:
    return {"pk": SELF_CHECKS if run["mode"] == "self-check" else RUNS, "sk": run["run_id"], **run}
