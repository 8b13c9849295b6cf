"""The self-checks of a student and a lab: those that count, and the one that runs. Both change in one write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labgrader.store.items import Items


@dataclass(frozen=True)
class Taken:
    """A self-check that counts against the allowance.

    Args:
        run_id: the run.
        at: when it started, in seconds since the epoch.
    """

    run_id: str
    at: float


@dataclass(frozen=True)
class Ledger:
    """The self-checks of one student and one lab.

    Args:
        version: how often the ledger was written; 0 if it is not stored yet.
        taken: the self-checks that count, oldest first.
        running: the id of the running self-check, or empty.
        ends_at: the latest end of the running self-check, in seconds since the epoch.
    """

    version: int = 0
    taken: tuple[Taken, ...] = ()
    running: str = ""
    ends_at: float = 0.0


class SelfCheckLedgers(Items):
    """The ledgers of one stack."""

    def ledger(self, username: str, lab: str) -> Ledger:
        """Return the ledger of a student and a lab."""
        item = self._get_item(*_key(username, lab)) or {}
        return Ledger(
            version=int(item.get("version", 0)),
            taken=tuple(Taken(entry["run_id"], float(entry["at"])) for entry in item.get("taken", ())),
            running=str(item.get("running", "")),
            ends_at=float(item.get("ends_at", 0)),
        )

    def put_ledger_if_unchanged(
        self, username: str, lab: str, before: Ledger, taken: Sequence[Taken], running: str = "", ends_at: float = 0.0
    ) -> bool:
        """Write a ledger unless its version changed since it was read. Return whether it was written.

        Args:
            username, lab: the student and the lab.
            before: the ledger as it was read.
            taken, running, ends_at: the new values.
        """
        pk, sk = _key(username, lab)
        return self._put_item_if(
            {
                "pk": pk,
                "sk": sk,
                "version": before.version + 1,
                "taken": [{"run_id": self_check.run_id, "at": self_check.at} for self_check in taken],
                "running": running,
                "ends_at": ends_at,
            },
            "attribute_not_exists(pk) OR version = :version",
            {":version": before.version},
        )


def _key(username: str, lab: str) -> tuple[str, str]:
    return f"STUDENT#{username}", f"LAB#{lab}#SELF-CHECKS"
