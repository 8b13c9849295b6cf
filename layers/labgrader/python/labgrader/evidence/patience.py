"""How often a request is repeated, and how long we wait between: for probes and comparisons, never for load tests."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from labgrader.evidence.reply import Reply

_NOT_YET = frozenset(
    {
        "CodeArtifactUserPendingException",
        "ENINotReadyException",
        "ResourceConflictException",
        "ResourceNotReadyException",
        "SnapStartNotReadyException",
    }
)


@dataclass(frozen=True)
class Patience:
    """Exponential backoff with full jitter. Source: AWS Architecture Blog, "Exponential Backoff And Jitter" (2015).

    Args:
        attempts: requests, the first included.
        base_delay_s: the longest wait after the first one, in seconds; each later one may be twice as long.
        max_delay_s: no wait is longer than this.
        budget_s: no further request begins when so many seconds have passed since the first one.
    """

    attempts: int = 5
    base_delay_s: float = 0.5
    max_delay_s: float = 8.0
    budget_s: float = 20.0

    def repeat(self, send: Callable[[], Reply]) -> Reply:
        """Return the first reply that is worth no repetition, or the last one.

        Repeated are throttles, functions that are not ready yet (``State: Pending``), faults on AWS's side and lost
        connections. An answer is final, good or bad, and so is none: what hung once may hang again.
        """
        began = time.monotonic()
        reply = send()
        for attempt in range(self.attempts - 1):
            if not _passing(reply) or time.monotonic() - began > self.budget_s:
                break
            time.sleep(random.uniform(0, min(self.max_delay_s, self.base_delay_s * 2**attempt)))
            reply = send()
        return reply


def _passing(reply: Reply) -> bool:
    """Say whether it may well be different the next time."""
    lost = reply.trouble in ("unreachable", "broken")
    return lost or reply.throttled or reply.status >= 500 or reply.error_code in _NOT_YET
