"""Send requests to AWS: paced, retried after throttles and faults, page after page."""

from __future__ import annotations

import logging
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from labgrader.errors import LabgraderError
from labgrader.evidence.question import Json, Question
from labgrader.reasons import THROTTLES, Reason
from labgrader.recording.account_cache import EVERYWHERE
from labgrader.recording.api_errors import NOT_REACHED, UNREADABLE, AwsCallError, classify_error
from labgrader.recording.operation import Operation, Paging
from labgrader.recording.rate_limiter import RateLimiter, quota_of
from labgrader.recording.sessions import AccountSession, Client

log = logging.getLogger(__name__)

Sent = TypeVar("Sent")

MAX_ATTEMPTS = 8
"""Times that one request is sent."""

MAX_PATIENCE_S = 60
"""Seconds after which a request that is still throttled, or still fails, is given up."""

FORGET_THROTTLE_S = 30
"""Seconds that a quota is paused after labgrader gave up on its throttles. The next students try again."""

BACKOFF_BASE_S = 0.25
BACKOFF_CAP_S = 10
"""Full jitter: before try n, a random wait between 0 and min(cap, base · 2^n) seconds.
Source: AWS Architecture Blog, Exponential Backoff and Jitter."""


class ApiClient:
    """Sends requests to AWS. Thread-safe.

    Args:
        rate_limiter: says when the next one may go out.
        rng: draws the waits before another try.

    Attributes:
        counted: requests that went out, by action.
        throttles: how often AWS said that they were too many.
        ends_at: the time, by the rate limiter's clock, after which nothing is sent any more: a question then gets no
            answer.
    """

    def __init__(self, rate_limiter: RateLimiter, rng: random.Random | None = None) -> None:
        self.rate_limiter = rate_limiter
        self.counted: Counter[str] = Counter()
        self.throttles = 0
        self.ends_at = float("inf")
        self._rng = rng or random.Random()
        self._throttled: dict[tuple[str, str], tuple[AwsCallError, float]] = {}
        self._lock = threading.Lock()

    def count(self, action: str) -> None:
        """Count one request that goes out."""
        with self._lock:
            self.counted[action] += 1

    def send(self, place: str, action: str, request: Callable[[], Sent]) -> Sent:
        """Send one request. Retry after a throttle or a fault of AWS, with full jitter.

        After labgrader gave up on a throttled quota, it pauses the quota for ``FORGET_THROTTLE_S``. In this time,
        requests for it fail with the same refusal.

        Args:
            place: the account and Region that the quota is for.
            action: ``service:Operation``.
            request: sends it.

        Raises:
            MissingResourceError: there is no such resource.
            AwsCallError: AWS refused, or kept throttling or failing; or its turn comes after ``ends_at``.
        """
        quota = (place, quota_of(action).family)
        if given_up := self._given_up(quota):
            raise given_up.saying(given_up.message, transient=True)
        began = self.rate_limiter.clock()
        if not self.rate_limiter.take(place, action, self.ends_at):
            said = "the time for this run's requests ran out"
            raise AwsCallError(NOT_REACHED, said, transient=True, reason_code=Reason.TIME_OVER)
        patience_ends = min(began + MAX_PATIENCE_S, self.ends_at)
        attempt = 0
        while True:
            attempt += 1
            try:
                answer = request()
                self._throttled.pop(quota, None)
                return answer
            except (ClientError, BotoCoreError, ResponseParserError, LabgraderError) as error:
                refusal = classify_error(error)
            except Exception as error:  # botocore's parser, given an answer of another shape than its model has
                log.exception("%s: the answer could not be read", action)
                said = f"the response could not be read ({type(error).__name__}); see labgrader's log"
                refusal = AwsCallError(UNREADABLE, said)
            throttled = refusal.code in THROTTLES
            if throttled:
                with self._lock:
                    self.throttles += 1
                self.rate_limiter.slow_down(place, action)
            if not refusal.transient:
                raise refusal from None
            wait = self._rng.uniform(0, min(BACKOFF_CAP_S, BACKOFF_BASE_S * 2**attempt))
            last = attempt == MAX_ATTEMPTS or self.rate_limiter.clock() + wait > patience_ends
            if not last and not (throttled and self._given_up(quota)):
                self.rate_limiter.sleep(wait)
                if self.rate_limiter.take(place, action, patience_ends):
                    continue
            now = self.rate_limiter.clock()
            how = "throttled" if throttled else "failing"
            attempts = "1 attempt" if attempt == 1 else f"{attempt} attempts"
            said = f"still {how} after {attempts} in {now - began:.0f} s: {refusal.message}"
            refusal = refusal.saying(said, transient=True)
            if throttled and not self._given_up(quota):
                self._throttled[quota] = (refusal, now)
            raise refusal from None

    def _given_up(self, quota: tuple[str, str]) -> AwsCallError | None:
        """Return the error of a quota (its place and family) that we gave up on a moment ago, or ``None``."""
        refusal, at = self._throttled.get(quota, (None, 0.0))
        return refusal if self.rate_limiter.clock() - at < FORGET_THROTTLE_S else None

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
            MissingResourceError, AwsCallError: as ``send`` does, for any page: half a list is no list.
            AwsCallError: a marker came twice, or the list does not end.
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
                raise AwsCallError("RepeatedMarker", f"AWS gave the same {token_out} twice, so the list has no end")
            seen.add(token)
            marker = {token_in: token}
        raise AwsCallError("EndlessList", f"the list has more than {most} pages")

    def ask(self, connection: AccountSession, question: Question, operation: Operation, *, raw: bool = False) -> Json:
        """Send a question's request, with every page of a list; return what is kept of the answer.

        Args:
            connection: the student's account.
            question: the question; its arguments are those of the request.
            operation: how it is asked, and what is kept of the answer.
            raw: return the entries of the list as they are.

        Raises:
            MissingResourceError, AwsCallError: as ``send`` does.
        """
        if operation.paging:
            pages = self.ask_pages(connection, question, operation, operation.paging)
            entries = [entry for page in pages for entry in page.get(operation.entries) or ()]
            return entries if raw else [operation.keep(entry) for entry in entries]
        scope = quota_scope(connection, everywhere=operation.everywhere)
        answer = self.send(scope, question.action, _request(connection, question, operation))
        if operation.entries:
            return operation.keep(answer.get(operation.entries))
        return operation.keep({name: value for name, value in answer.items() if name != "ResponseMetadata"})

    def ask_pages(
        self, connection: AccountSession, question: Question, operation: Operation, paging: Paging
    ) -> list[Mapping[str, Any]]:
        """Return every page of a list: half a list is no list.

        Raises:
            MissingResourceError, AwsCallError: as ``pages`` does.
        """
        return list(
            self.pages(
                quota_scope(connection, everywhere=operation.everywhere),
                question.action,
                _request(connection, question, operation, paging.size),
                token_in=paging.token_in,
                token_out=paging.token_out,
                most=operation.most,
            )
        )


def client_of(connection: AccountSession, service: str) -> Client:
    """Return the client of a service.

    Raises:
        AwsCallError: it cannot be created: the Region does not exist, or credentials are missing.
    """
    try:
        return connection.client(service)
    except (BotoCoreError, ClientError) as error:
        raise classify_error(error) from None


def _request(
    connection: AccountSession, question: Question, operation: Operation, size: Mapping[str, int] | None = None
) -> Callable[..., dict[str, Any]]:
    """Return a request with the question's arguments. More, such as a marker, can be added when it is sent."""
    method = getattr(client_of(connection, operation.service), operation.method)

    def send(**more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = method(**question.arguments, **operation.fixed, **(size or {}), **more)
        return answer

    return send


def quota_scope(connection: AccountSession, *, everywhere: bool) -> str:
    """Return the scope of the quota that a request counts against: the account and its Region, or the account alone."""
    return f"{connection.account_id} {EVERYWHERE}" if everywhere else connection.place
