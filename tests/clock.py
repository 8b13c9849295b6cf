"""A clock that only tests move. The standard library's functions read it, and a sleep advances it at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import botocore.auth

if TYPE_CHECKING:
    import pytest  # the benchmarks' servers run without it

EPOCH = 1_800_000_000.0
"""Seconds since 1970 when the clock starts: 2027-01-15T08:00:00Z."""


class Clock:
    """A clock that advances only in a sleep.

    Args:
        while_sleeping: called after each sleep, for what happens elsewhere in that time.
    """

    def __init__(self, while_sleeping: Callable[[], None] = lambda: None) -> None:
        self.elapsed = 0.0
        self.while_sleeping = while_sleeping

    def time(self) -> float:
        """Return the seconds since 1970."""
        return EPOCH + self.elapsed

    def monotonic(self) -> float:
        """Return seconds since an arbitrary moment; small, so that a float resolves less than a nanosecond."""
        return 1000.0 + self.elapsed

    def sleep(self, seconds: float) -> None:
        """Move the clock on."""
        self.elapsed += max(seconds, 0.0)
        self.while_sleeping()

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Replace the functions of ``time`` by those of this clock."""
        monkeypatch.setattr(time, "time", self.time)
        monkeypatch.setattr(time, "monotonic", self.monotonic)
        monkeypatch.setattr(time, "perf_counter", self.monotonic)
        monkeypatch.setattr(time, "sleep", self.sleep)
        monkeypatch.setattr(botocore.auth, "get_current_datetime", self._signed_at)

    def _signed_at(self, remove_tzinfo: bool = True) -> datetime:
        """Return the time at which botocore signs a request."""
        now = datetime.fromtimestamp(self.time(), UTC)
        return now.replace(tzinfo=None) if remove_tzinfo else now
