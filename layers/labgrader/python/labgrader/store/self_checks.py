"""Which self-checks a student has had of a lab, and which one is running: one item, so that both change together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from labgrader.store.items import Items

Json = Any


@dataclass(frozen=True)
class Taken:
    """A self-check that counts against the allowance.

    Args:
        run_id: its run.
        at: when it was started, in seconds since the epoch.
    """

    run_id: str
    at: float


@dataclass(frozen=True)
class Ledger:
    """The self-checks of one student and one lab.

    Args:
        version: how often it was written; 0 for one that is not there yet.
        taken: those that count, oldest first.
        running: the run that goes on, or empty.
        ends_at: seconds since the epoch; from then on nothing runs any more, whatever became of it.
    """

    version: int = 0
    taken: tuple[Taken, ...] = ()
    running: str = ""
    ends_at: float = 0.0


class SelfCheckLedgers(Items):
    """The ledgers of one stack."""

    def ledger(self, username: str, lab: str) -> Ledger:
        """What a student has had of a lab."""
        item = self._get_item(*_key(username, lab)) or {}
        return Ledger(
            version=int(item.get("version", 0)),
            taken=tuple(Taken(one["run_id"], float(one["at"])) for one in item.get("taken", ())),
            running=str(item.get("running", "")),
            ends_at=float(item.get("ends_at", 0)),
        )

    def put_ledger_if_unchanged(
        self, username: str, lab: str, before: Ledger, taken: Sequence[Taken], running: str = "", ends_at: float = 0.0
    ) -> bool:
        """Write a ledger unless somebody else wrote it since it was read; say whether it was written.

        Args:
            username, lab: whose, and of what.
            before: as it was read.
            taken, running, ends_at: as they are from now on.
        """
        pk, sk = _key(username, lab)
        return self._put_item_if(
            {
                "pk": pk,
                "sk": sk,
                "version": before.version + 1,
                "taken": [{"run_id": one.run_id, "at": one.at} for one in taken],
                "running": running,
                "ends_at": ends_at,
            },
            "attribute_not_exists(pk) OR version = :version",
            {":version": before.version},
        )


def _key(username: str, lab: str) -> tuple[str, str]:
    return f"STUDENT#{username}", f"LAB#{lab}#SELF-CHECKS"
