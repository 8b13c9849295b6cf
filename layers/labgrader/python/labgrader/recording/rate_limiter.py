"""How fast we ask: a token bucket for each of AWS's quotas, slower when AWS says so, faster again when it is quiet."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

HEADROOM = 2 / 3
"""The share of a quota that we take; the rest is for the students and consoles that work in the same account."""

FLOOR_PER_S = 0.5
"""Requests a second that we still ask for when AWS throttles everything: slow, but never stuck."""

RECOVERY_S = 60
"""Seconds without a throttle in which a rate climbs from nothing back to its ceiling."""

SETTLE_S = 1
"""Seconds in which further throttles are those of the requests that were already on their way: one cut, not sixteen."""


@dataclass(frozen=True)
class Quota:
    """What AWS allows in one account and Region.

    Args:
        family: the operations that share it.
        per_s: requests a second.
    """

    family: str
    per_s: float


LAMBDA_CONTROL_PLANE = Quota("lambda control plane", 15)
API_GATEWAY_CONTROL_PLANE = Quota("api gateway control plane", 7.5)
"""AWS allows 10 for all management operations together, GetResources included, which has 2.5 of them."""

EVENT_BRIDGE = Quota("eventbridge", 20)
IAM = Quota("iam", 10)
PACKAGE_DOWNLOADS = Quota("package downloads", 60)
STS = Quota("sts", 60)

QUOTAS: Mapping[str, Quota] = {
    "lambda:GetFunction": Quota("lambda:GetFunction", 100),
    "lambda:GetPolicy": Quota("lambda:GetPolicy", 15),
    "apigateway:GetResources": Quota("apigateway:GetResources", 2.5),
    "cloudwatch:ListDashboards": Quota("cloudwatch:ListDashboards", 10),
    "cloudwatch:GetDashboard": Quota("cloudwatch:GetDashboard", 10),
    "cloudwatch:DescribeAlarms": Quota("cloudwatch:DescribeAlarms", 9),
    "logs:DescribeLogGroups": Quota("logs:DescribeLogGroups", 10),
    "s3:ListAllMyBuckets": Quota("s3:ListBuckets", 5),
    "s3:ListBuckets": Quota("s3:ListBuckets", 5),
    "labgrader:ReadPackage": PACKAGE_DOWNLOADS,
    "labgrader:ReadCode": PACKAGE_DOWNLOADS,
    "labgrader:ReadManagedPolicy": IAM,
}
"""The operations with a quota of their own. Source: Lambda quotas (API requests), API Gateway quotas (GetResources: 5
requests every 2 seconds), CloudWatch quotas (DescribeAlarms 9), CloudWatch Logs quotas (DescribeLogGroups 10). What AWS
does not publish is a cautious guess: S3's list of buckets 5. S3 serves thousands of packages a second; we take 60."""

SERVICES: Mapping[str, Quota] = {
    "lambda": LAMBDA_CONTROL_PLANE,
    "apigateway": API_GATEWAY_CONTROL_PLANE,
    "events": EVENT_BRIDGE,
    "iam": IAM,
    "sts": STS,
}
"""What all other operations of a service share. Source: Lambda quotas (15), API Gateway quotas (10, burst 40); less
than half of what CloudWatch Events limits gave for all but PutEvents (50), a tenth of STS's 600. IAM publishes none,
and the consoles of a class share whatever it is."""


def quota_of(action: str) -> Quota:
    """Return the quota that an operation counts against.

    Args:
        action: ``service:Operation``. One of a service that neither ``QUOTAS`` nor ``SERVICES`` names gets a cautious
            10 of its own (SQS, DynamoDB's control plane and S3's bucket settings publish no number).
    """
    if action in QUOTAS:
        return QUOTAS[action]
    return SERVICES.get(action.partition(":")[0]) or Quota(action, 10)


class TokenBucket:
    """A token bucket whose rate follows what AWS bears: halved by a throttle, climbing slowly up to its ceiling.

    Requests are served in the order they come: each takes its token at once, perhaps a future one, and waits for it.

    Args:
        quota_per_s: what AWS allows, in requests a second.
        headroom: the share of it that we take, above 0 and at most 1.
        now: the time, in seconds.
    """

    def __init__(self, quota_per_s: float, headroom: float, now: float) -> None:
        self.ceiling = quota_per_s * headroom
        self.rate = self.ceiling
        self._burst = max(1.0, quota_per_s - self.ceiling)  # ceiling + burst: never over the quota in any second
        self._tokens = self._burst
        self._filled_at = now
        self._cut_at = float("-inf")

    def reserve(self, now: float, most_s: float = float("inf")) -> float | None:
        """Take the next token; return the seconds to wait for it, or ``None`` and take none if above ``most_s``."""
        self._refill(now)
        wait = max(0.0, (1 - self._tokens) / self.rate)
        if wait > most_s:
            return None
        self._tokens -= 1
        return wait

    def slow_down(self, now: float) -> None:
        """AWS throttled us: halve the rate, once for all requests of the same moment, and forget the saved tokens."""
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
    """Keeps our requests below AWS's quotas, in each account and Region by itself. Safe to use from many threads.

    Args:
        headroom: the share of each quota that we take, above 0 and at most 1.
        clock: the time in seconds; only differences count.
        sleep: waits a number of seconds.
    """

    def __init__(
        self,
        *,
        headroom: float = HEADROOM,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not 0 < headroom <= 1:
            raise ValueError(f"headroom is a share of the quota, above 0 and at most 1, not {headroom}")
        self.clock = clock
        self.sleep = sleep
        self._headroom = headroom
        self._buckets: dict[tuple[str, str], TokenBucket] = {}
        self._lock = threading.Lock()

    def take(self, place: str, action: str, until: float = float("inf")) -> bool:
        """Wait until the next request may go out.

        Args:
            place: whose quota it is: the account and the Region.
            action: ``service:Operation``.
            until: the latest time to go out, by our clock.

        Returns:
            Whether it may go out; ``False`` at once where its turn comes too late.
        """
        with self._lock:
            now = self.clock()
            wait = self._bucket(place, action).reserve(now, until - now)
        if wait:
            self.sleep(wait)
        return wait is not None

    def slow_down(self, place: str, action: str) -> None:
        """Say that AWS throttled such a request."""
        with self._lock:
            self._bucket(place, action).slow_down(self.clock())

    def rate(self, place: str, action: str) -> float:
        """The requests a second that such requests are paced at now."""
        with self._lock:
            return self._bucket(place, action).rate

    def _bucket(self, place: str, action: str) -> TokenBucket:
        quota = quota_of(action)
        key = (place, quota.family)
        if key not in self._buckets:
            self._buckets[key] = TokenBucket(quota.per_s, self._headroom, self.clock())
        return self._buckets[key]
