"""How often a request is repeated, and how long we wait between: for probes and comparisons, never for load tests."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from labgrader.http.reply import Reply
from labgrader.recording.api_errors import classify_error

Said = TypeVar("Said")

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
class RetryPolicy:
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

    def repeat(self, send: Callable[[], Reply], transient: Callable[[Reply], bool] | None = None) -> Reply:
        """Repeat a call. Return the first reply that needs no retry, or the last one.

        Throttles, functions that are not ready yet (``State: Pending``), faults on AWS's side and lost connections are
        retried. Any response is final, and so is a timeout, because the next request may hang again.

        Args:
            send: sends the request once.
            passing: says instead whether a reply may well be different the next time.
        """
        may_change = transient or worth_repeating
        began = time.monotonic()
        reply = send()
        for attempt in range(self.attempts - 1):
            if not may_change(reply) or time.monotonic() - began > self.budget_s:
                break
            self._pause(attempt)
            reply = send()
        return reply

    def call(self, ask: Callable[[], Said]) -> Said:
        """Return what one boto3 call answers; called again after a throttle, a fault of AWS or a lost connection.

        Args:
            ask: sends the request once, on a client that does not repeat it by itself.

        Raises:
            MissingResourceError: there is no such resource.
            AwsCallError: AWS refused, or kept throttling or failing.
        """
        began = time.monotonic()
        attempt = 0
        while True:
            try:
                return ask()
            except (ClientError, BotoCoreError, ResponseParserError) as error:
                refusal = classify_error(error)
            if not refusal.transient or attempt + 1 >= self.attempts or time.monotonic() - began > self.budget_s:
                raise refusal from None
            self._pause(attempt)
            attempt += 1

    def _pause(self, attempt: int) -> None:
        time.sleep(random.uniform(0, min(self.max_delay_s, self.base_delay_s * 2**attempt)))


def worth_repeating(reply: Reply) -> bool:
    """Return whether a retry may succeed."""
    lost = reply.trouble in ("unreachable", "broken")
    return lost or reply.throttled or reply.status >= 500 or reply.error_code in _NOT_YET
