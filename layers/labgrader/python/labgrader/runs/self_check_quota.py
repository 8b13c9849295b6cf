"""How many self-checks a student has left: counted in sliding windows, so that no full hour makes a rush."""

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
        per_hour, per_day: as the lab has it: self-checks in any 60 minutes, and in any 24 hours.
        remaining_this_hour: how many may be started now, one after the other.
        remaining_today: how many are left of those of 24 hours.
        refills_at: when one more may be started than now, ISO 8601 in UTC; ``None`` where none is missing.
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
    """Return those that still count at a moment (seconds since the epoch): a check counts for 24 hours, not a second
    longer."""
    return tuple(one for one in taken if one.at + DAY_S > now)


def allowance(limits: SelfChecks, taken: Sequence[Taken], now: float) -> Allowance:
    """Return what is left at a moment.

    Args:
        limits: the lab's.
        taken: the self-checks so far; those that were given back are not among them.
        now: seconds since the epoch.
    """
    this_hour, today = _left(limits, taken, now)
    ends = sorted({one.at + length for one in taken for length in (HOUR_S, DAY_S) if one.at + length > now})
    refills = next((end for end in ends if _left(limits, taken, end)[0] > this_hour), None)
    return Allowance(
        per_hour=limits.per_hour,
        per_day=limits.per_day,
        remaining_this_hour=this_hour,
        remaining_today=today,
        refills_at=None if refills is None else next_second(refills),
    )


def retry_after_s(limits: SelfChecks, taken: Sequence[Taken], now: float) -> int:
    """Return in how many whole seconds a check may be started again; 0 where one may be started now."""
    if _left(limits, taken, now)[0]:
        return 0
    ends = sorted({one.at + length for one in taken for length in (HOUR_S, DAY_S) if one.at + length > now})
    return next(math.ceil(end - now) for end in ends if _left(limits, taken, end)[0])


def next_second(seconds: float) -> str:
    """Return a moment as ISO 8601 in UTC, at the next full second: who waits until then does not come too early."""
    return isoformat_utc(datetime.fromtimestamp(math.ceil(seconds), UTC))


def _left(limits: SelfChecks, taken: Sequence[Taken], now: float) -> tuple[int, int]:
    """What may be started now, and what is left of 24 hours."""
    today = max(0, limits.per_day - sum(one.at + DAY_S > now for one in taken))
    this_hour = max(0, limits.per_hour - sum(one.at + HOUR_S > now for one in taken))
    return min(this_hour, today), today
