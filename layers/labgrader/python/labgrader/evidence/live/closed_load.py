"""A closed load test: a fixed number of requests kept in flight, each sent once, each counted in exactly one class."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from labgrader.evidence import statistics
from labgrader.evidence.live.invoke_api import InvokeEndpoint, Line
from labgrader.evidence.live.reply import Reply, Result
from labgrader.evidence.load import DEADLINE_S, REQUEST_TIMEOUT_S
from labgrader.evidence.question import Answer

MAX_SAMPLES = 500
"""Requests that are kept one by one, for the plot."""

MAX_ERROR_SAMPLES = 5
"""Different descriptions of failures that are kept."""

ERROR_CHARACTERS = 200
"""Characters of a student's text in each."""

PAUSE_S = (0.05, 0.2)
"""Seconds that a worker waits, at random between these, after its request was throttled or never answered."""

GRACE_S = 1.0
"""Seconds after the deadline in which the workers may still write down what they have."""


def run_closed_load(
    endpoint: InvokeEndpoint,
    function: str,
    qualifier: str,
    event: bytes,
    *,
    concurrency: int,
    requests: int,
    request_timeout_s: float = REQUEST_TIMEOUT_S,
    deadline_s: float = DEADLINE_S,
) -> Answer:
    """Keep ``concurrency`` requests in flight until ``requests`` were sent, and return a ``LoadResult`` as JSON.

    Each worker has one connection and sends its next request as soon as it has the answer to the last one. A throttled
    worker waits until the function is done with another of our requests, and so has room again; where it has none,
    for ``PAUSE_S``. Otherwise, with room for ten of twenty, the other ten would burn all requests in refusals within
    milliseconds, while the function is still at its first ten.

    The test ends early at the deadline, when as many requests in a row as are kept in flight were never answered (twice
    as many, where some were answered before), or when AWS refuses. What is in flight then is abandoned: where the
    deadline left it less than ``request_timeout_s`` it is among the ``other_errors``, else a timeout.

    Args:
        endpoint: where Lambda is.
        function, qualifier: whom to call.
        event: the event, as JSON.
        concurrency: requests in flight, at least 1.
        requests: requests to send, at least 1.
        request_timeout_s: seconds for each.
        deadline_s: seconds for all.

    Returns:
        No value where the function or alias does not exist; an error where AWS refused or failed every request.
    """
    test = _ClosedLoad(endpoint, function, qualifier, event, concurrency, requests, request_timeout_s, deadline_s)
    workers: list[Future[None]] = [Future() for _ in range(min(concurrency, requests))]
    for worker in workers:
        # Not an executor: it would keep the process alive for a thread that is stuck in a name server's silence.
        threading.Thread(target=test.work, args=(worker,), name="closed-load", daemon=True).start()
    test.wait_for(workers)
    return test.answer()


@dataclass(frozen=True)
class Measured:
    """One request of a load test, without its body: when it was sent and how long it took, in seconds."""

    started: float
    duration_s: float
    result: Result
    cold: bool = False
    throttle_reason: str = ""
    resent: bool = False
    abandoned: bool = False


def measurements(requests: Sequence[Measured], *, sent: int, ended: float) -> dict[str, Any]:
    """Return the fields of a ``LoadResult`` that follow from the requests alone: counts, rates, latencies.

    Args:
        requests: those that are over.
        sent: how many were sent; the ones that are missing among ``requests`` count as other errors.
        ended: when the test ended, on the clock of ``Measured.started``.
    """
    in_order = sorted(requests, key=lambda request: request.started)
    began = in_order[0].started if in_order else ended
    over = max((one.started + one.duration_s for one in in_order), default=ended)
    duration_s = (over if len(in_order) == sent else ended) - began
    counts = Counter(request.result for request in in_order)
    succeeded = [request for request in in_order if request.result == "succeeded"]
    latencies = sorted(1000 * request.duration_s for request in succeeded)
    warm = sorted(1000 * request.duration_s for request in succeeded if not request.cold)
    reasons = Counter(request.throttle_reason for request in in_order if request.throttle_reason)
    return {
        "requests": sent,
        "duration_s": statistics.rounded(duration_s),
        "offered_rps": statistics.rate(sent, duration_s),
        "achieved_rps": statistics.rate(len(succeeded), duration_s),
        "succeeded": len(succeeded),
        "throttled": counts["throttled"],
        "function_errors": counts["function_error"],
        "application_errors": counts["application_error"],
        "timeouts": counts["timeout"],
        "other_errors": counts["other_error"] + sent - len(in_order),
        "cold_starts": sum(request.cold for request in in_order),
        "latency_ms": statistics.summary(latencies),
        "warm_latency_ms": statistics.percentiles(warm, 50, 95),
        "p95_interval_ms": statistics.interval(latencies, 95),
        "retries": sum(request.resent for request in in_order),
        "throttle_reason": reasons.most_common(1)[0][0] if reasons else "",
        "samples": [
            (statistics.rounded(1000 * (one.started - began)), statistics.rounded(1000 * one.duration_s), one.result)
            for one in statistics.thinned(in_order, MAX_SAMPLES)
        ],
    }


@dataclass
class _ClosedLoad:
    """One test, and what its workers share; all of it is read and written with ``changed`` held."""

    endpoint: InvokeEndpoint
    function: str
    qualifier: str
    event: bytes
    concurrency: int
    planned: int
    request_timeout_s: float
    deadline_s: float

    sent: int = 0
    in_flight: int = 0
    taken: int = 0  # requests that the function took and is done with
    unanswered_in_a_row: int = 0
    why: str = ""  # why the test ended before its requests did
    measured: list[Measured] = field(default_factory=list)
    errors: dict[str, None] = field(default_factory=dict)  # distinct, in the order they came
    refusal: Answer | None = None
    evidence: bool = False  # whether any reply says something about the function
    stop: threading.Event = field(default_factory=threading.Event)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        self.began = time.perf_counter()
        self.end = self.began + self.deadline_s

    def work(self, done: Future[None]) -> None:
        """Send one request after the other until there are none left: what each thread does."""
        line = Line(self.endpoint, self.stop)
        try:
            while self._take():
                left = self.end - time.perf_counter()
                reply = line.invoke(self.function, self.qualifier, self.event, min(self.request_timeout_s, left))
                cut_off = left < self.request_timeout_s and time.perf_counter() >= self.end
                self._record(reply, abandoned=reply.timed_out and cut_off)
                if reply.throttled:
                    self._wait_for_room()
                elif reply.timed_out:
                    self.stop.wait(random.uniform(*PAUSE_S))
        except BaseException as error:  # noqa: BLE001  raised again in wait_for
            done.set_exception(error)
            self._halt()
        else:
            done.set_result(None)
        finally:
            line.close()

    def wait_for(self, workers: Sequence[Future[None]]) -> None:
        """Wait for the workers, but not beyond the deadline; raise what one of them died of."""
        for worker in workers:
            try:
                worker.result(timeout=max(self.end + GRACE_S - time.perf_counter(), 0))
            except TimeoutError:  # it is beyond our reach (a name server's silence): go on without it
                self._end_early(f"stopped after {self.deadline_s:g} s: ")
        self._halt()

    def answer(self) -> Answer:
        """Return what was measured."""
        with self.changed:
            if self.refusal and not self.evidence:
                return self.refusal
            document = {
                "target": f"{self.function}:{self.qualifier}" if self.qualifier else self.function,
                "model": "closed",
                "concurrency": self.concurrency,
                "planned_requests": self.planned,
                "error_samples": list(self.errors),
                "cut_short": self._cut_short(),
                **measurements(self.measured, sent=self.sent, ended=time.perf_counter()),
            }
            return Answer(json.loads(json.dumps(document, allow_nan=False)))

    def _take(self) -> bool:
        """Claim the next request, if there is one and time for it."""
        with self.changed:
            if self.stop.is_set() or self.sent == self.planned:
                return False
            if time.perf_counter() >= self.end:
                self._end_early(f"stopped after {self.deadline_s:g} s: ")
                return False
            self.sent += 1
            self.in_flight += 1
            return True

    def _cut_short(self) -> str:
        """Say why the test ended early, and how many requests its own deadline left unanswered."""
        left = sum(one.abandoned for one in self.measured) + self.sent - len(self.measured)
        unanswered = f", {left} of them unanswered by then" if left else ""
        return f"{self.why}{self.sent} of {self.planned} requests were sent{unanswered}" if self.why else ""

    def _record(self, reply: Reply, *, abandoned: bool) -> None:
        # the body is parsed before the others are kept waiting, and not kept
        result: Result = "other_error" if abandoned else reply.result
        took, cold, reason = reply.duration_s, reply.cold, reply.throttle_reason
        measured = Measured(reply.started, took, result, cold, reason, reply.resent, abandoned)
        failed = measured.result not in ("succeeded", "throttled") and not abandoned
        description = reply.describe(ERROR_CHARACTERS) if failed else ""
        with self.changed:
            self.in_flight -= 1
            self.measured.append(measured)
            if failed and len(self.errors) < MAX_ERROR_SAMPLES:
                self.errors[description] = None
            self._heed_refusal(reply)
            self._heed_silence(reply)
            if not reply.throttled:
                self.taken += 1
                self.changed.notify(1)
            if not self.in_flight:
                self.changed.notify_all()

    def _heed_refusal(self, reply: Reply) -> None:
        """End the test when all that AWS says is that there is no such function, or that we may not call it."""
        refusal = reply.refusal()
        if refusal is None:
            self.evidence = self.evidence or reply.trouble != "abandoned"
            return
        self.refusal = self.refusal or refusal
        if reply.status in (403, 404) and not self.evidence:
            self._end_early("stopped because AWS refused: ")

    def _heed_silence(self, reply: Reply) -> None:
        """End the test when nothing answers any more, or when its time is over."""
        if not reply.timed_out:
            self.unanswered_in_a_row = 0
            return
        self.unanswered_in_a_row += 1
        now = time.perf_counter()
        if now >= self.end:
            self._end_early(f"stopped after {self.deadline_s:g} s: ")
        elif self.unanswered_in_a_row >= self._patience and (self.in_flight or self.sent < self.planned):
            count = self.unanswered_in_a_row
            self._end_early(f"stopped after {now - self.began:.0f} s, when {count} requests in a row had no answer: ")

    @property
    def _patience(self) -> int:
        """How many unanswered requests in a row end the test: all in flight, or twice as many where some were answered.

        A function that sometimes hangs ends up with all workers in such requests at once.
        """
        answered = len(self.measured) > self.unanswered_in_a_row
        return max(self.concurrency, 2) * (2 if answered else 1)

    def _wait_for_room(self) -> None:
        """Wait until the function is done with another of our requests; where it has none, for a moment."""
        with self.changed:
            taken = self.taken
            while self.in_flight and self.taken == taken and not self.stop.is_set():
                self.changed.wait(timeout=max(self.end - time.perf_counter(), 0.001))
                if time.perf_counter() >= self.end:
                    return
            room = self.taken != taken
        if not room:
            self.stop.wait(random.uniform(*PAUSE_S))

    def _end_early(self, why: str) -> None:
        with self.changed:  # its lock is reentrant
            if not self.stop.is_set():
                self.why = why
            self._halt()

    def _halt(self) -> None:
        with self.changed:
            self.stop.set()
            self.changed.notify_all()
