"""How one request is sent: paced, again after throttles and faults, page after page, and what became of it."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.parsers import ResponseParserError

from labgrader.errors import BadInputError, LabgraderError, ServiceFaultError
from labgrader.evidence.pacing import Pacer
from labgrader.evidence.package import UnreadablePackageError
from labgrader.evidence.redaction import scrubbed

Sent = TypeVar("Sent")

MAX_ATTEMPTS = 8
"""Times that one request is sent."""

MAX_PATIENCE_S = 60
"""Seconds after which a request that is still throttled, or still fails, is given up."""

BACKOFF_BASE_S = 0.25
BACKOFF_CAP_S = 10
"""Full jitter: before try n, a random wait between 0 and min(cap, base · 2^n) seconds.
Source: AWS Architecture Blog, Exponential Backoff and Jitter."""

THROTTLES = frozenset(
    {
        "TooManyRequestsException",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestLimitExceeded",
        "SlowDown",
        "PriorRequestNotComplete",
    }
)

MISSING = frozenset(
    {
        "ResourceNotFoundException",
        "ProvisionedConcurrencyConfigNotFoundException",
        "ResourceNotFound",
        "DashboardNotFoundError",
    }
)


class MissingResourceError(LabgraderError):
    """AWS says that there is no such resource. Carries its error code."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class NotAnsweredError(LabgraderError):
    """AWS would not say: denied, throttled to the end, broken.

    Args:
        code: AWS's error code, or the name of what went wrong.
        message: the reason, short, without secrets.
        passing: whether it may be different in a minute (a throttle, a fault).
    """

    def __init__(self, code: str, message: str, *, passing: bool = False) -> None:
        self.code = code
        self.message = message
        self.passing = passing
        super().__init__(f"{code}: {message}")


class Calls:
    """Sends requests. Safe to use from many threads.

    Args:
        pacer: says when the next one may go out.
        rng: draws the waits before another try.
    """

    def __init__(self, pacer: Pacer, rng: random.Random | None = None) -> None:
        self.pacer = pacer
        self.counted: Counter[str] = Counter()
        self._rng = rng or random.Random()
        self._lock = threading.Lock()

    def count(self, action: str) -> None:
        """Count one request that goes out."""
        with self._lock:
            self.counted[action] += 1

    def send(self, place: str, action: str, request: Callable[[], Sent]) -> Sent:
        """Send one request; again after a throttle or a fault of AWS, with full jitter.

        Args:
            place: the account and Region whose quota it takes from.
            action: ``service:Operation``.
            request: sends it.

        Raises:
            MissingResourceError: there is no such resource.
            NotAnsweredError: AWS refused, or kept throttling or failing.
        """
        began = self.pacer.clock()
        attempt = 0
        while True:
            self.pacer.take(place, action)
            attempt += 1
            try:
                return request()
            except (ClientError, BotoCoreError, ResponseParserError, LabgraderError) as error:
                refusal = understood(error)
            if refusal.code in THROTTLES:
                self.pacer.slow_down(place, action)
            if not refusal.passing:
                raise refusal from None
            wait = self._rng.uniform(0, min(BACKOFF_CAP_S, BACKOFF_BASE_S * 2**attempt))
            spent = self.pacer.clock() - began
            if attempt == MAX_ATTEMPTS or spent + wait > MAX_PATIENCE_S:
                how = "throttled" if refusal.code in THROTTLES else "failing"
                said = f"{how} to the end, {attempt} times in {spent:.0f} s: {refusal.message}"
                raise NotAnsweredError(refusal.code, said, passing=True) from None
            self.pacer.sleep(wait)

    def pages(
        self,
        place: str,
        action: str,
        request: Callable[..., Mapping[str, Any]],
        *,
        token_in: str,
        token_out: str,
        most: int,
    ) -> Iterator[Mapping[str, Any]]:
        """Yield every page of a list.

        Args:
            request: sends for one page; takes the marker as a keyword, or nothing for the first.
            token_in, token_out: what the marker is called in the request and in the answer.
            most: pages after which a list is given up.

        Raises:
            MissingResourceError, NotAnsweredError: as ``send`` does, for any page: half a list is no list.
            NotAnsweredError: a marker came twice, or the list does not end.
        """
        seen: set[str] = set()
        marker: dict[str, str] = {}
        for _ in range(most):
            page = self.send(place, action, lambda marker=marker: request(**marker))  # type: ignore[misc]
            yield page
            token = page.get(token_out)
            if not token:
                return
            if token in seen:
                raise NotAnsweredError("RepeatedMarker", f"AWS gave the same {token_out} twice, so the list has no end")
            seen.add(token)
            marker = {token_in: token}
        raise NotAnsweredError("EndlessList", f"the list has more than {most} pages")


def understood(error: Exception) -> NotAnsweredError:
    """Read an error of AWS, of botocore or of ours.

    Raises:
        MissingResourceError: it says that there is no such resource.
    """
    if isinstance(error, ClientError):
        code = str(error.response.get("Error", {}).get("Code") or "Unknown")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in MISSING:
            raise MissingResourceError(code) from None
        message = scrubbed(str(error.response.get("Error", {}).get("Message") or code))
        if status == 429 and code not in THROTTLES:
            code = "TooManyRequestsException"
        return NotAnsweredError(code, message, passing=code in THROTTLES or status >= 500)
    if isinstance(error, ServiceFaultError | HTTPClientError | BotoConnectionError | ResponseParserError):
        return NotAnsweredError(type(error).__name__, scrubbed(str(error)), passing=True)
    if isinstance(error, BotoCoreError | UnreadablePackageError | BadInputError):
        return NotAnsweredError(type(error).__name__, scrubbed(str(error)))
    raise error
