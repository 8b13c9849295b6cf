"""What requests cost the account that answers them, by AWS's price list. Pure.

Prices are those of us-east-1 in US dollars, without the free tier and without what data transfer and logs cost. Source:
https://aws.amazon.com/lambda/pricing/ and https://aws.amazon.com/api-gateway/pricing/, November 2026.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from labgrader.evidence.question import Json

USD_PER_GB_SECOND = {"x86_64": 0.0000166667, "arm64": 0.0000133334}
"""Lambda's duration, by the function's architecture; the first tier (6, or 7.5, billion GB-seconds a month)."""

USD_PER_LAMBDA_REQUEST = 0.20 / 1_000_000
"""A Lambda invocation, one that failed as well; a throttled one costs nothing."""

USD_PER_API_REQUEST = 3.50 / 1_000_000
"""A call of a REST API; the first tier (333 million a month). A cache is billed by the hour, not by the call."""

_MB_PER_GB = 1024
_MS_PER_S = 1000


@dataclass(frozen=True)
class Cost:
    """What something costs: how many requests, gigabyte-seconds of Lambda, and US dollars for both together."""

    requests: int = 0
    gb_seconds: float = 0.0
    usd: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.requests + other.requests, self.gb_seconds + other.gb_seconds, self.usd + other.usd)

    def to_dict(self) -> dict[str, Json]:
        """Return it as JSON, to a millionth of a GB-second and a hundred-millionth of a dollar."""
        return {"requests": self.requests, "gb_seconds": round(self.gb_seconds, 6), "usd": round(self.usd, 8)}


def billed_ms(duration_ms: float) -> int:
    """Return what Lambda bills for a duration: whole milliseconds, rounded up."""
    return math.ceil(duration_ms)


def lambda_cost(requests: int, billed_ms_total: float, memory_mb: int, architecture: str = "x86_64") -> Cost:
    """Return what invocations of a function cost.

    Args:
        requests: invocations that were not throttled.
        billed_ms_total: billed milliseconds of all of them together.
        memory_mb: the function's memory, in MB.
        architecture: ``x86_64`` or ``arm64``; anything else has the higher price.
    """
    gb_seconds = billed_ms_total / _MS_PER_S * memory_mb / _MB_PER_GB
    price = USD_PER_GB_SECOND.get(architecture, max(USD_PER_GB_SECOND.values()))
    return Cost(requests, gb_seconds, gb_seconds * price + requests * USD_PER_LAMBDA_REQUEST)


def api_cost(requests: int) -> Cost:
    """Return what calls of a REST API cost, without what is behind it."""
    return Cost(requests, 0.0, requests * USD_PER_API_REQUEST)
