"""How many self-checks a student has left, in sliding windows: they avoid a rush on the hour."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from labgrader.labs.lab import SelfChecks
from labgrader.moments import isoformat_utc
from labgrader.store.self_checks import Taken

HOUR_S = 60 * 60
DAY_S = 24 * HOUR_S


@dataclass(frozen=True)
class Allowance:
    """What a student has left of a lab's self-checks.

    Args:
        per_hour, per_day: the limits of the lab: self-checks in any 60 minutes, and in any 24 hours.
        remaining_this_hour: how many may be started now, one after the other.
        remaining_today: how many are left of the 24 hours' limit.
        refills_at: when one more may be started than now, ISO 8601 in UTC; ``None`` if all are left.
    """

    per_hour: int
    per_day: int
    remaining_this_hour: int
    remaining_today: int
    refills_at: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return the allowance as JSON."""
        return asdict(self)


def within_a_day(taken: Sequence[Taken], now: float) -> tuple[Taken, ...]:
    """Return the self-checks that still count at a time (seconds since the epoch). Each counts for 24 hours."""
    return tuple(self_check for self_check in taken if self_check.at + DAY_S > now)


def allowance(limits: SelfChecks, taken: Sequence[Taken], now: float) -> Allowance:
    """Return what is left at a time.

    Args:
        limits: the limits of the lab.
        taken: the self-checks so far, without those that were given back.
        now: seconds since the epoch.
    """
    this_hour, today = _left(limits, taken, now)
    ends = _window_ends(taken, now)
    refills = next((end for end in ends if _left(limits, taken, end)[0] > this_hour), None)
    return Allowance(
        per_hour=limits.per_hour,
        per_day=limits.per_day,
        remaining_this_hour=this_hour,
        remaining_today=today,
        refills_at=None if refills is None else next_second(refills),
    )


def retry_after_s(limits: SelfChecks, taken: Sequence[Taken], now: float) -> int:
    """Return in how many whole seconds a self-check may be started; 0 if one may be started now."""
    if _left(limits, taken, now)[0]:
        return 0
    ends = _window_ends(taken, now)
    return next(math.ceil(end - now) for end in ends if _left(limits, taken, end)[0])


def next_second(seconds: float) -> str:
    """Return a time as ISO 8601 in UTC, rounded up to a full second, so that it is never too early."""
    return isoformat_utc(datetime.fromtimestamp(math.ceil(seconds), UTC))


def _window_ends(taken: Sequence[Taken], now: float) -> list[float]:
    """Return the times after now at which a self-check leaves the window of an hour or of a day, in order."""
    ends = {self_check.at + length for self_check in taken for length in (HOUR_S, DAY_S)}
    return sorted(end for end in ends if end > now)


def _left(limits: SelfChecks, taken: Sequence[Taken], now: float) -> tuple[int, int]:
    """Return how many self-checks may be started now, and how many are left of the 24 hours' limit."""
    today = max(0, limits.per_day - sum(self_check.at + DAY_S > now for self_check in taken))
    this_hour = max(0, limits.per_hour - sum(self_check.at + HOUR_S > now for self_check in taken))
    return min(this_hour, today), today
