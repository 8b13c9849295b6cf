"""What was asked for already, so that a request that arrives twice is one run."""

from __future__ import annotations

from typing import Any

from labgrader.store.items import Items

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
