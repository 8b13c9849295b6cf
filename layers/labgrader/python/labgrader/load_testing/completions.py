"""Wakes throttled workers: one for each request that the target completes."""

from __future__ import annotations

import asyncio
from collections import deque


class Completions:
    """Lets workers wait until the target has completed another request, and so has free concurrency again."""

    def __init__(self) -> None:
        self._completed = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def wait(self) -> bool:
        """Wait for the next completion. Return whether there was one; ``False`` if ``release_all`` ended the wait."""
        completed = self._completed
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        await waiting
        return self._completed != completed

    def notify(self) -> None:
        """Count a completion and wake one waiting worker."""
        self._completed += 1
        if self._waiting:
            _wake(self._waiting.popleft())

    def release_all(self) -> None:
        """Wake all waiting workers: nothing is in flight, or nothing more is sent."""
        while self._waiting:
            _wake(self._waiting.popleft())


def _wake(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)
