"""Sends the requests of a load test, counts each in exactly one class, and ends the test early if it must."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

from labgrader.evidence.load.latencies import Latencies
from labgrader.evidence.load.plan import FAILING_STATUS
from labgrader.evidence.question import Answer
from labgrader.http.connection import HttpConnection
from labgrader.http.connection_pool import ConnectionPool
from labgrader.http.reply import Reply
from labgrader.load_testing.completions import Completions
from labgrader.load_testing.counters import RequestSample, RequestStats
from labgrader.load_testing.targets import LoadTarget

ERROR_CHARACTERS = 200
"""Maximum characters of a student's text in the description of a failure."""

GRACE_S = 0.05
"""Seconds after the deadline in which requests may still end on their own."""

TIMER_TOLERANCE_S = 0.001
"""A timer may fire this many seconds before the deadline; the deadline then counts as reached."""


class RequestSender:
    """Sends one load test's requests, in phases (warm-up, load, deciding) that share their connections.

    Args:
        target: the target to call.
        concurrency: requests in flight (closed), or the maximum in flight (open).
        request_timeout_s: seconds for each request.
        deadline_s: seconds for all phases together.
        cost_cap_usd: US dollars from which on nothing more is sent. Requests in flight count with what they cost so
            far.
        failing_status: a status of the application from which on an answer is an application error.
    """

    def __init__(
        self,
        target: LoadTarget,
        concurrency: int,
        request_timeout_s: float,
        deadline_s: float,
        cost_cap_usd: float,
        failing_status: int = FAILING_STATUS,
    ) -> None:
        self.stats = RequestStats()
        self.planned = 0
        self.stop_reason = ""
        self.stopped = False
        self.refusal: Answer | None = None
        self.has_evidence = False
        self.lateness = Latencies()
        self.began = time.perf_counter()
        self.deadline = self.began + deadline_s
        self.connections = ConnectionPool(target.host)
        self._target = target
        self._concurrency = concurrency
        self._request_timeout_s = request_timeout_s
        self._deadline_s = deadline_s
        self._cost_cap_usd = cost_cap_usd
        self._failing_status = failing_status
        self._billed = 0
        self._billed_gb_ms = 0.0
        self._halted = False
        self._in_flight = 0  # claimed; some of them may not be sent yet
        self._running = 0
        self._epoch = self.began
        self._running_since_s = 0.0  # sum over the running requests: seconds from the epoch to their start
        self._timeouts_in_a_row = 0
        self._completions = Completions()
        self._workers: set[asyncio.Task[None]] = set()

    @property
    def time_left_s(self) -> float:
        """Seconds until the deadline."""
        return self.deadline - time.perf_counter()

    @property
    def spent(self) -> tuple[int, float]:
        """Billed requests, and billed gigabyte-milliseconds, of all phases."""
        return self._billed, self._billed_gb_ms

    def begin_phase(self) -> None:
        """Reset the counts and the reason to stop."""
        self.stats = RequestStats()
        self.planned = 0
        self.stop_reason = ""
        self.stopped = self._halted = False
        self.lateness = Latencies()
        self._timeouts_in_a_row = 0
        self.began = time.perf_counter()

    # --- workers ---

    async def run(self, *workers: Coroutine[Any, Any, None]) -> None:
        """Run workers, and those that they start, until all have ended or the deadline is over.

        Raises:
            Exception: the first error of a worker.
        """
        timer = asyncio.get_running_loop().call_later(max(self.time_left_s, 0) + GRACE_S, self._end_by_deadline)
        for worker in workers:
            self.start(worker)
        try:
            while self._workers:
                done, _ = await asyncio.wait(self._workers, return_when=asyncio.FIRST_EXCEPTION)
                self._workers -= done
                for task in done:
                    task.result()
        finally:
            timer.cancel()
            running, self._workers = self._workers, set()
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            self.stats.end(time.perf_counter())

    def start(self, worker: Coroutine[Any, Any, None]) -> None:
        """Start a worker. ``run`` waits for it."""
        task = asyncio.ensure_future(worker)
        self._workers.add(task)
        task.add_done_callback(self._halt_if_failed)

    def _halt_if_failed(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception():
            self._halt()  # run raises the error

    # --- one request ---

    def claim(self) -> bool:
        """Claim the next request. Return whether there is one, and the time and money for it."""
        if self.stopped or self.stats.sent + self.stats.dropped >= self.planned:
            return False
        now = time.perf_counter()
        if self.deadline - now <= TIMER_TOLERANCE_S:
            self._end_by_deadline()
            return False
        if self._usd_so_far(now) >= self._cost_cap_usd:
            self.stop_reason = "stopped at its cost cap: "
            self.stopped = True  # requests in flight may end: they are paid for
            self._completions.release_all()
            return False
        self.stats.sent += 1
        self._in_flight += 1
        return True

    def _usd_so_far(self, now: float) -> float:
        """Return the cost of the requests that ended, and of those in flight as if they ended now."""
        running_s = self._running * (now - self._epoch) - self._running_since_s
        gb_ms = self._billed_gb_ms + 1000 * running_s * self._target.memory_mb / 1024
        return self._target.cost(self._billed + self._running, gb_ms).usd

    async def wait_for_completion(self) -> bool:
        """Wait until the target has completed another request. Return whether it has; ``False`` if none is left."""
        return bool(self._in_flight) and not self.stopped and await self._completions.wait()

    async def send(self, connection: HttpConnection, due: float | None = None) -> RequestSample:
        """Send a claimed request, and count how it ended.

        Args:
            connection: a connection of this sender's pool.
            due: when the request should have been sent, on the clock of ``time.perf_counter``; ``None`` for now.

        Returns:
            How it ended.
        """
        request = self._target.request()
        sent = time.perf_counter()
        time_left_s = self.deadline - sent
        if due is not None:
            self.lateness.add(max(1000 * (sent - due), 0))
        if self._halted:  # after the request was claimed
            reply = Reply(started=sent, trouble="abandoned")
        else:
            self._running += 1
            self._running_since_s += sent - self._epoch
            try:
                timeout_s = min(self._request_timeout_s, time_left_s)
                reply = await connection.exchange(request, timeout_s, self._target.method)
            finally:
                self._running -= 1
                self._running_since_s -= sent - self._epoch
        self._in_flight -= 1
        cut_off = time_left_s < self._request_timeout_s and self.time_left_s <= TIMER_TOLERANCE_S
        sample = self._target.sample(reply, self._failing_status)
        if reply.trouble == "abandoned" or (cut_off and (reply.timed_out or reply.trouble == "unreachable")):
            sample.abandoned, sample.result = True, "other_error"
        if due is not None:
            sample.started = due
            sample.duration_s += sent - due  # not from due to the end: that would include the time to connect
        if sample.billed_gb_ms is not None:
            self._billed += 1
            self._billed_gb_ms += sample.billed_gb_ms
        self.stats.add(sample)
        if sample.result not in ("succeeded", "throttled") and not sample.abandoned:
            self.stats.note_error(self._target.describe(reply, ERROR_CHARACTERS))
        if sample.result == "other_error":
            self._check_denied(reply)
        else:
            self.has_evidence = True
        self._check_timeouts(reply)
        if sample.result != "throttled":
            self._completions.notify()
        if not self._in_flight:
            self._completions.release_all()
        return sample

    # --- early ends ---

    def _check_denied(self, reply: Reply) -> None:
        """End the test if AWS says that there is no such function, or that the grader may not call it."""
        refusal = self._target.refusal(reply)
        if refusal is None:
            self.has_evidence = self.has_evidence or reply.trouble != "abandoned"
            return
        self.refusal = self.refusal or refusal
        if reply.status in (403, 404) and not self.has_evidence:
            self._end_early("stopped because AWS refused: ")

    def _check_timeouts(self, reply: Reply) -> None:
        """End the phase if too many requests in a row timed out, or if the deadline is reached."""
        if not reply.timed_out:
            self._timeouts_in_a_row = 0
            return
        self._timeouts_in_a_row += 1
        if self.time_left_s <= TIMER_TOLERANCE_S:
            self._end_by_deadline()
        elif self._timeouts_in_a_row >= self._max_timeouts and (self._in_flight or self.stats.sent < self.planned):
            count, took_s = self._timeouts_in_a_row, time.perf_counter() - self.began
            self._end_early(f"stopped after {took_s:.0f} s, because {count} requests in a row had no response: ")

    @property
    def _max_timeouts(self) -> int:
        """Timeouts in a row that end the phase: as many as the concurrency, or twice that if any request was answered.

        If a function hangs only sometimes, all workers may be in hanging requests at once.
        """
        any_answered = self.stats.completed > self._timeouts_in_a_row
        return max(self._concurrency, 2) * (2 if any_answered else 1)

    def _end_by_deadline(self) -> None:
        self._end_early(f"stopped after {self._deadline_s:g} s: ")

    def _end_early(self, stop_reason: str) -> None:
        if not self.stopped:
            self.stop_reason = stop_reason
        self._halt()

    def _halt(self) -> None:
        """Send nothing more, and abandon the requests in flight."""
        self.stopped = self._halted = True
        self.connections.abandon()
        self._completions.release_all()
