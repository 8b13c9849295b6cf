"""Private runs: students do not see their results until the run is published.

A private run has one item of its own, not a field of its record: the record is written again by several states, and a
result must not become visible because one of them wrote an older copy.
"""

from __future__ import annotations

from labgrader.store.items import Items

PRIVATE = "PRIVATE"
"""The partition of the private runs."""


class PrivateRuns(Items):
    """The private runs of one stack."""

    def keep_private(self, run_id: str) -> None:
        """Keep the results of a run from students. A second call changes nothing."""
        self._put_item({"pk": PRIVATE, "sk": run_id})

    def end_private(self, run_id: str) -> None:
        """Let students see the results of a run. A second call changes nothing."""
        self._delete([(PRIVATE, run_id)])

    def is_private(self, run_id: str) -> bool:
        """Return whether students do not see the results of a run."""
        return self._get_item(PRIVATE, run_id) is not None

    def private_runs(self) -> frozenset[str]:
        """Return the ids of all private runs."""
        return frozenset(str(item["sk"]) for item in self._query(PRIVATE))
