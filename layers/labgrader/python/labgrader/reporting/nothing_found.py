"""Students with no resource in their account and Region: most often the class list is wrong. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from labgrader.reporting.formatting import counted


@dataclass(frozen=True)
class NothingFound:
    """The students without a resource in one account and Region.

    Args:
        account_id: the account that was read.
        region: the Region that was read.
        usernames: the students, in the order of the reports.
    """

    account_id: str
    region: str
    usernames: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What to do: ``2 students have nothing at all in account 111122223333, Region us-east-1: check the list``."""
        verb = "has" if len(self.usernames) == 1 else "have"
        students = counted(len(self.usernames), "student")
        return f"{students} {verb} nothing at all in account {self.account_id}, Region {self.region}: check the list"


def nothing_found(reports: Iterable[Mapping[str, Any]]) -> list[NothingFound]:
    """Return the students with ``nothing_found`` in their reports, by account and Region.

    Args:
        reports: the report of each student.
    """
    usernames: dict[tuple[str, str], list[str]] = {}
    for report in reports:
        if report.get("nothing_found"):
            place = (report["account_id"], report["region"])
            usernames.setdefault(place, []).append(report["student"]["username"])
    return [NothingFound(account_id, region, tuple(found)) for (account_id, region), found in usernames.items()]
