"""Room for one more request: what a throttled worker waits for."""

from __future__ import annotations

import asyncio
from collections import deque


class Room:
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

    def free(self) -> None:
        """Say that the target is done with a request."""
        self._freed += 1
        if self._waiting:
            _wake(self._waiting.popleft())

    def give_up(self) -> None:
        """Let nobody wait any longer: nothing is in flight, or nothing more is sent."""
        while self._waiting:
            _wake(self._waiting.popleft())


def _wake(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)
