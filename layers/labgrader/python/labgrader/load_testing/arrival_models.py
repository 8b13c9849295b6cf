"""When requests are sent: as soon as an earlier one ended (closed model), or on a schedule (open model)."""

from __future__ import annotations

import asyncio
import random
import time

from labgrader.load_testing.sender import RequestSender

PAUSE_S = (0.05, 0.2)
"""Least and most seconds that a worker waits, at random, after its request was throttled or timed out."""

TIMER_PROBE_S = 0.02
"""Seconds between two measurements, in the closed model, of how late our own timers are."""

_MAX_SLEEP_S = 0.25  # so that a wait for a distant arrival notices the end of the test
_BATCH = 16  # overdue arrivals that are sent before answers are read again


async def keep_in_flight(sender: RequestSender, concurrency: int, count: int) -> None:
    """Send requests of the closed model, and wait for the last.

    Args:
        sender: sends them.
        concurrency: requests to keep in flight.
        count: how many more requests to send.
    """
    sender.planned += count
    lateness_probe = asyncio.ensure_future(_measure_lateness(sender))
    try:
        await sender.run(*(_send_in_turn(sender) for _ in range(min(concurrency, count))))
    finally:
        lateness_probe.cancel()
        await asyncio.gather(lateness_probe, return_exceptions=True)


async def send_on_schedule(sender: RequestSender, concurrency: int, count: int, rate_rps: float) -> None:
    """Send requests of the open model, and wait for the last. None waits for an earlier one.

    Args:
        sender: sends them.
        concurrency: maximum requests in flight. An arrival beyond it is dropped and counted.
        count: how many more requests to send.
        rate_rps: arrivals a second.
    """
    sender.planned += count
    await sender.run(_Schedule(sender, concurrency).send(count, rate_rps))


async def _measure_lateness(sender: RequestSender) -> None:
    """Measure how late our own timers are: an answer that we read late looks slow."""
    while True:
        due = time.perf_counter() + TIMER_PROBE_S
        await asyncio.sleep(TIMER_PROBE_S)
        sender.lateness.add(max(1000 * (time.perf_counter() - due), 0))


async def _send_in_turn(sender: RequestSender) -> None:
    """Send one request after the other until none is left."""
    with sender.connections.lend() as connection:
        while sender.claim():
            sample = await sender.send(connection)
            if sample.result == "throttled" and await sender.wait_for_completion():
                continue
            if sample.result in ("throttled", "timeout") and not sender.stopped:
                await asyncio.sleep(random.uniform(*PAUSE_S))


class _Schedule:
    """A schedule of arrivals, and the workers that send them. Each worker has a connection.

    Args:
        sender: sends the requests.
        concurrency: maximum workers.
    """

    def __init__(self, sender: RequestSender, concurrency: int) -> None:
        self._sender = sender
        self._concurrency = concurrency
        self._workers = 0
        self._idle: list[asyncio.Future[float | None]] = []
        self._ended = False

    async def send(self, count: int, rate_rps: float) -> None:
        """Hand out each arrival when it is due. Overdue arrivals are handed out at once; none is left out."""
        stats = self._sender.stats
        began = last = time.perf_counter()
        before = stats.sent + stats.dropped
        try:
            for number in range(count):
                due = began + number / rate_rps
                if number % _BATCH == 0:
                    await asyncio.sleep(0)
                while (wait_s := due - time.perf_counter()) > 0 and not self._sender.stopped:
                    await asyncio.sleep(min(wait_s, _MAX_SLEEP_S))
                if not self._hand_out(due):
                    return
                last = time.perf_counter()
        finally:
            self._ended = True
            arrived = stats.sent + stats.dropped - before
            stats.scheduled_s += max(arrived / rate_rps, last - began)  # the latter is longer if we were late ourselves
            for idle in self._idle:
                idle.set_result(None)

    def _hand_out(self, due: float) -> bool:
        """Give an arrival to a worker, or drop it if all are busy. Return whether the schedule goes on."""
        sender = self._sender
        if not self._idle and self._workers == self._concurrency:
            sender.stats.dropped += 1
            return not sender.stopped
        if not sender.claim():
            return False
        if self._idle:
            self._idle.pop().set_result(due)  # the worker that became idle last, so that few connections are used
        else:
            self._workers += 1
            sender.start(self._work(due))
        return True

    async def _work(self, due: float | None) -> None:
        """Send the arrivals that are handed to this worker, one at a time."""
        with self._sender.connections.lend() as connection:
            while due is not None:
                await self._sender.send(connection, due)
                due = await self._next_arrival()

    async def _next_arrival(self) -> float | None:
        """Wait for an arrival. Return when it was due, or ``None`` if there are no more."""
        if self._ended:
            return None
        idle: asyncio.Future[float | None] = asyncio.get_running_loop().create_future()
        self._idle.append(idle)
        return await idle
