"""How far a load test is, while it runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LoadProgress:
    """What is known of a load test that is under way.

    Args:
        planned: requests that shall be sent in this phase.
        sent, answered: requests that were sent, and those that are over, well or badly.
        succeeded, throttled, failed: how they ended; ``failed`` is every other way.
        elapsed_s: seconds since the phase began.
        p50_ms, p95_ms: of the requests that succeeded; 0 where there are none yet.
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
