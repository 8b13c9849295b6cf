"""When a load test's requests are sent: as soon as an earlier one is over (closed), or on a schedule (open)."""

from __future__ import annotations

import asyncio
import random
import time

from labgrader.load_testing.sender import RequestSender

PAUSE_S = (0.05, 0.2)
"""Seconds that a worker waits, at random between these, after its request was throttled or never answered."""

LOOK_S = 0.02
"""Seconds between two looks, in the closed model, at how late our own timers are."""

_NAP_S = 0.25  # after so long, an arrival that is not due for longer looks whether the test was ended
_AT_ONCE = 16  # arrivals that were due already, between two looks at what was answered meanwhile


async def keep_in_flight(sender: RequestSender, concurrency: int, count: int) -> None:
    """Keep ``concurrency`` requests in flight until ``count`` more were sent, and wait for the last."""
    sender.planned += count
    watching = asyncio.ensure_future(_watch(sender))
    try:
        await sender.run(*(_work(sender) for _ in range(min(concurrency, count))))
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def send_on_schedule(sender: RequestSender, concurrency: int, count: int, rate_rps: float) -> None:
    """Send ``count`` more, one every ``1 / rate_rps`` seconds, whether or not the earlier ones were answered.

    Where ``concurrency`` are in flight, an arrival is dropped and counted.
    """
    sender.planned += count
    await sender.run(_Schedule(sender, concurrency).arrive(count, rate_rps))


async def _watch(sender: RequestSender) -> None:
    """Measure how late we are ourselves: an answer that waits for us to read it looks like a slow one."""
    while True:
        due = time.perf_counter() + LOOK_S
        await asyncio.sleep(LOOK_S)
        sender.lateness.add(max(1000 * (time.perf_counter() - due), 0))


async def _work(sender: RequestSender) -> None:
    """Send one request after the other until there are none left."""
    with sender.connection() as connection:
        while sender.take():
            reply = await sender.send(connection)
            if reply.throttled:
                again_at_once = await sender.wait_for_completion()
            else:
                again_at_once = not reply.timed_out
            if not again_at_once and not sender.stopped:
                await asyncio.sleep(random.uniform(*PAUSE_S))


class _Schedule:
    """Arrivals, and senders that wait for one; each sender has a connection of its own."""

    def __init__(self, sender: RequestSender, concurrency: int) -> None:
        self._sender = sender
        self._concurrency = concurrency
        self._senders = 0
        self._idle: list[asyncio.Future[float | None]] = []
        self._over = False

    async def arrive(self, count: int, rate_rps: float) -> None:
        """Let the arrivals come when they are due; what is due already comes at once, and nothing is left out."""
        tally = self._sender.tally
        began = last = time.perf_counter()
        before = tally.sent + tally.dropped
        try:
            for number in range(count):
                due = began + number / rate_rps
                if number % _AT_ONCE == 0:
                    await asyncio.sleep(0)
                while (left := due - time.perf_counter()) > 0 and not self._sender.stopped:
                    await asyncio.sleep(min(left, _NAP_S))
                if not self._let_in(due):
                    return
                last = time.perf_counter()
        finally:
            self._over = True
            arrived = tally.sent + tally.dropped - before
            tally.scheduled_s += max(arrived / rate_rps, last - began)  # the former, unless we were late ourselves
            for idle in self._idle:
                idle.set_result(None)

    def _let_in(self, due: float) -> bool:
        """Hand an arrival to a sender, or drop it where all are busy; say whether the next one may come."""
        sender = self._sender
        if not self._idle and self._senders == self._concurrency:
            sender.tally.dropped += 1
            return not sender.stopped
        if not sender.take():
            return False
        if self._idle:
            self._idle.pop().set_result(due)  # the last one to be idle is the first to be used: few connections do
        else:
            self._senders += 1
            sender.start(self._serve(due))
        return True

    async def _serve(self, due: float | None) -> None:
        """Send what arrives, one request at a time."""
        with self._sender.connection() as connection:
            while due is not None:
                await self._sender.send(connection, due)
                due = await self._next()

    async def _next(self) -> float | None:
        """Wait for an arrival; return when it was due, or ``None`` when there are no more."""
        if self._over:
            return None
        idle: asyncio.Future[float | None] = asyncio.get_running_loop().create_future()
        self._idle.append(idle)
        return await idle
