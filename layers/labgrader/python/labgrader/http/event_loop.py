"""An event loop that wakes up when it shall: asyncio's own rounds every wait up to the next millisecond."""

from __future__ import annotations

import asyncio
import select
import selectors

_FD_SETSIZE = 1024  # select(2) knows no larger file descriptor


class _PreciseSelector(selectors.DefaultSelector):
    """Waits to the microsecond: ``epoll`` counts in milliseconds, but can itself be waited for with ``select``."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and 0 < timeout < 1 and self.fileno() < _FD_SETSIZE:
            select.select([self.fileno()], [], [], timeout)
            timeout = 0
        return super().select(timeout)


async def settle(turns: int = 4) -> None:
    """End what an exception left under way, and let the loop do what it put off: see what came, close what is aborted.

    Args:
        turns: of the loop; enough for a closed connection to be told so.
    """
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    for _ in range(turns):
        await asyncio.sleep(0)


def new_loop() -> asyncio.AbstractEventLoop:
    """Return an event loop whose timers are late by microseconds, for arrivals on schedule."""
    if not hasattr(selectors.DefaultSelector, "fileno"):  # Windows
        return asyncio.new_event_loop()
    return asyncio.SelectorEventLoop(_PreciseSelector())
