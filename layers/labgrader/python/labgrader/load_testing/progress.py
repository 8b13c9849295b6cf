"""The progress of a running load test."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LoadProgress:
    """The progress of one phase of a load test.

    Args:
        planned: requests to send in this phase.
        sent: requests that were sent.
        answered: requests that ended, of any class.
        succeeded: requests that succeeded.
        throttled: requests that AWS throttled.
        failed: requests that ended in any other class.
        elapsed_s: seconds since the phase began.
        p50_ms: the median latency of the requests that succeeded, in milliseconds; 0 if none has yet.
        p95_ms: the 95th percentile of these latencies, in milliseconds.
        phase: ``warm-up``, ``load`` or ``deciding`` (requests that are added to decide on a threshold).
    """

    planned: int
    sent: int
    answered: int
    succeeded: int
    throttled: int
    failed: int
    elapsed_s: float
    p50_ms: float
    p95_ms: float
    phase: str
