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
        found_in: the other Region in which they have resources, or empty.
        usernames: the students, in the order of the reports.
    """

    account_id: str
    region: str
    found_in: str
    usernames: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What to do: ``2 students have nothing at all in account 111122223333, Region us-east-1: check the list``."""
        verb = "has" if len(self.usernames) == 1 else "have"
        students = counted(len(self.usernames), "student")
        elsewhere = f", but resources in {self.found_in}" if self.found_in else ""
        return (
            f"{students} {verb} nothing at all in account {self.account_id}, Region {self.region}{elsewhere}: "
            "check the list"
        )


def nothing_found(reports: Iterable[Mapping[str, Any]]) -> list[NothingFound]:
    """Return the students with ``nothing_found`` in their reports, by account, Region and the Region that has some.

    Args:
        reports: the report of each student.
    """
    usernames: dict[tuple[str, str, str], list[str]] = {}
    for report in reports:
        if report.get("nothing_found"):
            place = (report["account_id"], report["region"], report.get("found_in", ""))
            usernames.setdefault(place, []).append(report["student"]["username"])
    return [NothingFound(*place, tuple(found)) for place, found in usernames.items()]
