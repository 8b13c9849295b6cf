"""Idempotency keys: a request that arrives twice is one run."""

from __future__ import annotations

from labgrader.store.items import Items

REQUESTS = "REQUESTS"
"""The partition of the requests."""


class Requests(Items):
    """The requests of one stack."""

    def remember_request(self, identity: str, digest: str, run_id: str) -> tuple[str, bool]:
        """Store the run of a request unless the request has one.

        Args:
            identity: the idempotency key: the client and the client's token.
            digest: the digest of the request's content.
            run_id: the run for a new request.

        Returns:
            The run of the request, and whether the first request had the same content.
        """
        new = {"pk": REQUESTS, "sk": identity, "digest": digest, "run_id": run_id}
        if self._put_item_if(new, "attribute_not_exists(pk)", {}):
            return run_id, True
        first = self._get_item(REQUESTS, identity) or new
        return str(first["run_id"]), first["digest"] == digest

    def remembered(self, identity: str) -> tuple[str, str] | None:
        """Return the run of a request and the digest of its content; ``None`` for a new request."""
        item = self._get_item(REQUESTS, identity)
        return (str(item["run_id"]), str(item["digest"])) if item else None
