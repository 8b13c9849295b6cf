"""Count the requests of each lab about one perfect student, from its recorded snapshot."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from labgrader.labs.lab import lab_ids
from labgrader.recording.class_lists import LISTS
from labgrader.recording.operations import MANAGED_POLICY, READ_CODE, READ_PACKAGE
from labgrader.recording.quotas import LAMBDA_CONTROL_PLANE
from labgrader.recording.rate_limiter import quota_of

FIXTURES = Path(__file__).parents[1] / "tests" / "fixtures"

FREE = (READ_CODE, READ_PACKAGE)
"""Downloads from the URL that GetFunction signs. They are not API requests."""


@dataclass(frozen=True)
class LabRequests:
    """The requests about one perfect student of a lab.

    Args:
        own: requests by action, without those that are sent once for the class.
    """

    lab_id: str
    own: Counter[str]

    @property
    def in_bucket(self) -> int:
        """The requests that count against Lambda's 15 per second."""
        return sum(count for action, count in self.own.items() if quota_of(action) == LAMBDA_CONTROL_PLANE)

    @property
    def slowest(self) -> tuple[str, float]:
        """The quota that limits a class, and the minutes for 1,000 students at this quota."""
        families: Counter[str] = Counter()
        for action, count in self.own.items():
            families[quota_of(action).family] += count
        rates = {quota_of(action).family: quota_of(action).per_s for action in self.own}
        minutes = {family: 1000 * count / rates[family] / 60 for family, count in families.items()}
        return max(minutes.items(), key=lambda family_and_minutes: family_and_minutes[1])


def lab_requests(lab_id: str) -> LabRequests:
    """Count the questions about a lab's perfect student.

    Args:
        lab_id: a lab with a recorded snapshot.
    """
    record = json.loads((FIXTURES / lab_id / "perfect.json").read_text(encoding="utf-8"))
    prefix = f'"{record["username"]}-'
    own: Counter[str] = Counter()
    for key in record["snapshot"]["answers"]:
        action, _, arguments = key.partition(" ")
        shared_role = action.startswith("iam:") and prefix not in arguments
        if action not in (*LISTS, *FREE, MANAGED_POLICY) and not shared_role:
            own[action] += 1
    return LabRequests(lab_id, own)


def recorded_labs() -> list[str]:
    """Return the ids of the labs with a recorded snapshot."""
    return [lab_id for lab_id in lab_ids() if (FIXTURES / lab_id / "perfect.json").is_file()]


def main() -> None:
    """Print a line for each lab."""
    print("| lab | calls a student | of them in the 15/s bucket | slowest quota | 1,000 students at it |")
    print("| --- | --- | --- | --- | --- |")
    for lab_id in recorded_labs():
        counted = lab_requests(lab_id)
        family, minutes = counted.slowest
        print(f"| {lab_id} | {counted.own.total()} | {counted.in_bucket} | {family} | {minutes:.1f} min |")


if __name__ == "__main__":
    main()
