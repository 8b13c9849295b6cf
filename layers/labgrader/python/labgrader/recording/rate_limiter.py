"""Limit the rate of requests: one token bucket for each of AWS's quotas, slower after throttles, then faster again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

from labgrader.recording.operations import QUOTAS
from labgrader.recording.quotas import DEFAULT_PER_S, SERVICE_QUOTAS, Quota

TARGET_UTILIZATION = 2 / 3
"""The share of a quota that we use; the rest is for the students and consoles that work in the same account."""

FLOOR_PER_S = 0.5
"""The lowest rate, in requests a second, however often AWS throttles."""

RECOVERY_S = 60
"""Seconds without a throttle in which a rate rises from zero to its ceiling."""

SETTLE_S = 1
"""Seconds after a cut in which further throttles cut no more: they are of requests that were already in flight."""


_OWN_QUOTAS: Mapping[str, Quota] = {**{quota.family: quota for quota in QUOTAS.values()}, **QUOTAS}
"""By action, and by AWS's name of the operation where that is another one (``s3:ListBuckets``)."""


def quota_of(action: str) -> Quota:
    """Return the quota that an operation counts against.

    Args:
        action: ``service:Operation``. Without a quota of its own or of its service, it gets ``DEFAULT_PER_S``.
    """
    if action in _OWN_QUOTAS:
        return _OWN_QUOTAS[action]
    return SERVICE_QUOTAS.get(action.partition(":")[0]) or Quota(action, DEFAULT_PER_S)


class TokenBucket:
    """A token bucket with an adaptive rate: a throttle halves it, and it rises slowly up to its ceiling.

    Requests are served in the order of arrival: each takes its token at once, perhaps a future one, and waits for it.

    Args:
        quota_per_s: what AWS allows, in requests a second.
        utilization: the share of it that we use, above 0 and at most 1.
        now: the time, in seconds.
    """

    def __init__(self, quota_per_s: float, utilization: float, now: float) -> None:
        self.ceiling = quota_per_s * utilization
        self.rate = self.ceiling
        self._burst = max(1.0, quota_per_s - self.ceiling)  # ceiling + burst: never over the quota in any second
        self._tokens = self._burst
        self._filled_at = now
        self._cut_at = float("-inf")

    def reserve(self, now: float, most_s: float = float("inf")) -> float | None:
        """Take the next token; return the seconds to wait for it, or ``None`` without taking it if above ``most_s``."""
        self._refill(now)
        wait = max(0.0, (1 - self._tokens) / self.rate)
        if wait > most_s:
            return None
        self._tokens -= 1
        return wait

    def slow_down(self, now: float) -> None:
        """Halve the rate after a throttle, once for requests in flight together, and drop the saved tokens."""
        self._refill(now)
        self._tokens = min(self._tokens, 0.0)
        if now - self._cut_at >= SETTLE_S:
            self.rate = max(min(FLOOR_PER_S, self.ceiling), self.rate / 2)
            self._cut_at = now

    def _refill(self, now: float) -> None:
        passed = max(0.0, now - self._filled_at)
        self._filled_at = max(now, self._filled_at)
        self._tokens = min(self._burst, self._tokens + passed * self.rate)
        self.rate = min(self.ceiling, self.rate + passed * self.ceiling / RECOVERY_S)


class RateLimiter:
    """Keeps our requests below AWS's quotas, separately in each account and Region. Thread-safe.

    Args:
        utilization: the share of each quota that we use, above 0 and at most 1.
        clock: the time in seconds; only differences count.
        sleep: waits a number of seconds.
    """

    def __init__(
        self,
        *,
        utilization: float = TARGET_UTILIZATION,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not 0 < utilization <= 1:
            raise ValueError(f"utilization is a share of the quota, above 0 and at most 1, not {utilization}")
        self.clock = clock
        self.sleep = sleep
        self._utilization = utilization
        self._buckets: dict[tuple[str, str], TokenBucket] = {}
        self._lock = threading.Lock()

    def take(self, place: str, action: str, until: float = float("inf")) -> bool:
        """Wait until the next request may go out.

        Args:
            place: the account and the Region that the quota is for.
            action: ``service:Operation``.
            until: the latest time to go out, by our clock.

        Returns:
            Whether it may go out; ``False`` at once if its turn comes after ``until``.
        """
        with self._lock:
            now = self.clock()
            wait = self._bucket(place, action).reserve(now, until - now)
        if wait:
            self.sleep(wait)
        return wait is not None

    def slow_down(self, place: str, action: str) -> None:
        """Lower the rate of such requests, because AWS throttled one."""
        with self._lock:
            self._bucket(place, action).slow_down(self.clock())

    def rate(self, place: str, action: str) -> float:
        """Return the current rate of such requests, in requests a second."""
        with self._lock:
            return self._bucket(place, action).rate

    def _bucket(self, place: str, action: str) -> TokenBucket:
        quota = quota_of(action)
        key = (place, quota.family)
        if key not in self._buckets:
            self._buckets[key] = TokenBucket(quota.per_s, self._utilization, self.clock())
        return self._buckets[key]
