"""The requests of a load test on their way: sent once each, counted in exactly one class, and what ends them early."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from labgrader.evidence.load.latencies import Latencies
from labgrader.evidence.load.plan import FAILING_STATUS
from labgrader.evidence.question import Answer
from labgrader.http.connection import HttpConnection
from labgrader.http.dns_cache import Addresses
from labgrader.http.reply import Reply, Result
from labgrader.load_testing.counters import RequestSample, RequestStats
from labgrader.load_testing.targets import LoadTarget

ERROR_CHARACTERS = 200
"""Characters of a student's text in the description of a failure."""

GRACE_S = 0.05
"""Seconds after the deadline in which requests may still end by themselves."""

TIMELY_S = 0.001
"""A clock that is so little before the deadline has reached it: timers are exact to less."""


class RequestSender:
    """What one load test sends: in phases (its warm-up, its requests, those that are added), on the same connections.

    Args:
        caller: whom to call.
        concurrency: requests in flight, kept there or at most.
        request_timeout_s: seconds for each.
        deadline_s: seconds for all phases together.
        may_cost: says whether the account may pay for more, given the requests and gigabyte-milliseconds so far, those
            of the requests in flight included.
        failing_status: from which status on an answer is an application error.
    """

    def __init__(
        self,
        caller: LoadTarget,
        concurrency: int,
        request_timeout_s: float,
        deadline_s: float,
        may_cost: Callable[[int, float], bool],
        failing_status: int = FAILING_STATUS,
    ) -> None:
        self.tally = RequestStats()
        self.planned = 0
        self.why = ""
        self.refusal: Answer | None = None
        self.evidence = False
        self.lateness = Latencies()
        self.began = time.perf_counter()
        self.end = self.began + deadline_s
        self._caller = caller
        self._concurrency = concurrency
        self._request_timeout_s = request_timeout_s
        self._deadline_s = deadline_s
        self._may_cost = may_cost
        self._failing_status = failing_status
        self._billed = 0
        self._gb_ms = 0.0
        self.stopped = False
        self._halted = False
        self._in_flight = 0
        self._running = 0
        self._sent_sum_s = 0.0  # of when those were sent, since we began
        self._epoch = self.began
        self._unanswered_in_a_row = 0
        self._completions = _Completions()
        self._addresses = Addresses()
        self._idle: list[HttpConnection] = []
        self._used: set[HttpConnection] = set()
        self._workers: set[asyncio.Task[None]] = set()

    @property
    def time_left_s(self) -> float:
        """Seconds until the deadline."""
        return self.end - time.perf_counter()

    @property
    def spent(self) -> tuple[int, float]:
        """Requests that are billed, and gigabyte-milliseconds, of all phases."""
        return self._billed, self._gb_ms

    @property
    def _committed(self) -> tuple[int, float]:
        """What is spent, and what the requests in flight come to so far: the account pays for those as well."""
        running_s = self._running * (time.perf_counter() - self._epoch) - self._sent_sum_s
        return self._billed + self._running, self._gb_ms + 1000 * running_s * self._caller.memory_mb / 1024

    @property
    def connections(self) -> int:
        """Connections that were opened, in all phases."""
        return sum(connection.opened for connection in self._idle)

    def begin_phase(self) -> None:
        """Forget the counts of the phase before, and that it may have been ended early."""
        self.tally = RequestStats()
        self.planned = 0
        self.why = ""
        self.stopped = self._halted = False
        self.lateness = Latencies()
        self._unanswered_in_a_row = 0
        self.began = time.perf_counter()

    def close(self) -> None:
        """Hang up."""
        for connection in (*self._idle, *self._used):
            connection.close()

    # --- workers ---

    async def run(self, *work: Coroutine[Any, Any, None]) -> None:
        """Run workers, and those that they start, to their end, but not beyond the deadline.

        Raises:
            Exception: what one of them died of.
        """
        watchman = asyncio.get_running_loop().call_later(max(self.time_left_s, 0) + GRACE_S, self._end_by_deadline)
        for one in work:
            self.start(one)
        try:
            while self._workers:
                done, _ = await asyncio.wait(self._workers, return_when=asyncio.FIRST_EXCEPTION)
                self._workers -= done
                for worker in done:
                    worker.result()
        finally:
            watchman.cancel()
            workers, self._workers = self._workers, set()
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            self.tally.end(time.perf_counter())

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Start a worker, which ``run`` waits for."""
        worker = asyncio.ensure_future(work)
        self._workers.add(worker)
        worker.add_done_callback(self._heed_worker)

    @contextlib.contextmanager
    def connection(self) -> Iterator[HttpConnection]:
        """Lend a connection: one that is idle, or a new one."""
        connection = self._idle.pop() if self._idle else HttpConnection(self._caller.host, self._addresses)
        self._used.add(connection)
        try:
            yield connection
        finally:
            self._used.discard(connection)
            self._idle.append(connection)

    def _heed_worker(self, worker: asyncio.Task[None]) -> None:
        if not worker.cancelled() and worker.exception():
            self._halt()  # the others need not go on; it is raised where they are waited for

    # --- one request ---

    def take(self) -> bool:
        """Claim the next request, if there is one, and time and money for it."""
        if self.stopped or self.tally.sent + self.tally.dropped >= self.planned:
            return False
        if self.time_left_s <= TIMELY_S:
            self._end_by_deadline()
            return False
        if not self._may_cost(*self._committed):
            self.why = "stopped at its cost cap: "
            self.stopped = True  # what is in flight is paid for
            self._completions.release_all()
            return False
        self.tally.sent += 1
        self._in_flight += 1
        return True

    async def wait_for_completion(self) -> bool:
        """Wait until the target is done with another of our requests, and say whether it was."""
        return bool(self._in_flight) and not self.stopped and await self._completions.wait()

    async def send(self, connection: HttpConnection, due: float | None = None) -> Reply:
        """Send a request that was claimed, and count how it ended.

        Args:
            connection: a connection that is lent.
            due: when it should have been sent, on the clock of ``time.perf_counter``; ``None`` for now.
        """
        request = self._caller.request()
        handed = time.perf_counter()
        left = self.end - handed
        if due is not None:
            self.lateness.add(max(1000 * (handed - due), 0))
        if self._halted:  # between its arrival and its sender's turn
            reply = Reply(started=handed, trouble="abandoned")
        else:
            with self._paying(handed):
                reply = await connection.exchange(request, min(self._request_timeout_s, left), self._caller.method)
        self._in_flight -= 1
        cut_off = left < self._request_timeout_s and self.time_left_s <= TIMELY_S
        abandoned = reply.trouble == "abandoned" or (cut_off and (reply.timed_out or reply.trouble == "unreachable"))
        self._record(reply, due, 0.0 if due is None else handed - due, abandoned=abandoned)
        self._check_denied(reply)
        self._check_timeouts(reply)
        if not reply.throttled:
            self._completions.notify()
        if not self._in_flight:
            self._completions.release_all()
        return reply

    @contextlib.contextmanager
    def _paying(self, handed: float) -> Iterator[None]:
        """Count a request as running."""
        self._running += 1
        self._sent_sum_s += handed - self._epoch
        try:
            yield
        finally:
            self._running -= 1
            self._sent_sum_s -= handed - self._epoch

    def _record(self, reply: Reply, due: float | None, waited_s: float, *, abandoned: bool) -> None:
        caller = self._caller
        result: Result = "other_error" if abandoned else caller.result(reply, self._failing_status)
        gb_ms, report = caller.gb_ms(reply), caller.report(reply)
        if gb_ms is not None:
            self._billed += 1
            self._gb_ms += gb_ms
        self.tally.add(
            RequestSample(
                started=reply.started if due is None else due,
                duration_s=reply.duration_s + waited_s,  # without what it took to reach the endpoint
                result=result,
                service_s=reply.duration_s,
                cold=report.cold,
                reported=report.found,
                throttle_reason=caller.throttle_reason(reply),
                function_error_kind=reply.function_error_kind if result == "function_error" else "",
                resent=reply.resent,
                abandoned=abandoned,
                gb_ms=gb_ms,
            )
        )
        if result not in ("succeeded", "throttled") and not abandoned:
            self.tally.note_error(caller.describe(reply, ERROR_CHARACTERS))

    # --- what ends it early ---

    def _check_denied(self, reply: Reply) -> None:
        """End the test when all that AWS says is that there is no such function, or that we may not call it."""
        refusal = self._caller.refusal(reply)
        if refusal is None:
            self.evidence = self.evidence or reply.trouble != "abandoned"
            return
        self.refusal = self.refusal or refusal
        if reply.status in (403, 404) and not self.evidence:
            self._end_early("stopped because AWS refused: ")

    def _check_timeouts(self, reply: Reply) -> None:
        """End the phase when nothing answers any more, or when its time is over."""
        if not reply.timed_out:
            self._unanswered_in_a_row = 0
            return
        self._unanswered_in_a_row += 1
        if self.time_left_s <= TIMELY_S:
            self._end_by_deadline()
        elif self._unanswered_in_a_row >= self._patience and (self._in_flight or self.tally.sent < self.planned):
            count, took = self._unanswered_in_a_row, time.perf_counter() - self.began
            self._end_early(f"stopped after {took:.0f} s, when {count} requests in a row had no answer: ")

    @property
    def _patience(self) -> int:
        """How many unanswered requests in a row end the phase: all in flight, twice as many where some were answered.

        A function that sometimes hangs ends up with all workers in such requests at once.
        """
        answered = self.tally.over > self._unanswered_in_a_row
        return max(self._concurrency, 2) * (2 if answered else 1)

    def _end_by_deadline(self) -> None:
        self._end_early(f"stopped after {self._deadline_s:g} s: ")

    def _end_early(self, why: str) -> None:
        if not self.stopped:
            self.why = why
        self._halt()

    def _halt(self) -> None:
        """Send nothing more, and abandon what is in flight."""
        self.stopped = self._halted = True
        for connection in self._used:
            connection.abandon()
        self._completions.release_all()


class _Completions:
    """Wakes one waiting worker for each request that the target is done with."""

    def __init__(self) -> None:
        self._freed = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def wait(self) -> bool:
        """Wait until the target is done with another request, and say whether it was; ``False`` where none is left."""
        freed = self._freed
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        await waiting
        return self._freed != freed

    def notify(self) -> None:
        """Wake one waiting worker: the target is done with a request."""
        self._freed += 1
        if self._waiting:
            _wake(self._waiting.popleft())

    def release_all(self) -> None:
        """Wake every waiting worker: nothing is in flight, or nothing more is sent."""
        while self._waiting:
            _wake(self._waiting.popleft())


def _wake(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)
