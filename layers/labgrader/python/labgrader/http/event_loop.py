"""An event loop with timers that are exact to microseconds: asyncio's own rounds each wait up to a millisecond."""

from __future__ import annotations

import asyncio
import select
import selectors

_FD_SETSIZE = 1024  # select(2) takes no larger file descriptor


class _PreciseSelector(selectors.DefaultSelector):
    """Waits to the microsecond. ``epoll`` counts in milliseconds, but ``select`` can wait for the ``epoll`` itself."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and 0 < timeout < 1 and self.fileno() < _FD_SETSIZE:
            select.select([self.fileno()], [], [], timeout)
            timeout = 0
        return super().select(timeout)


async def settle(turns: int = 4) -> None:
    """Cancel the tasks that an exception left behind, and let the loop run its pending callbacks.

    Those callbacks read what arrived and close aborted connections.

    Args:
        turns: turns of the loop; the default is enough to notice that the server closed a connection.
    """
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    for _ in range(turns):
        await asyncio.sleep(0)


def new_loop() -> asyncio.AbstractEventLoop:
    """Return an event loop with timers that are late by microseconds only, to send requests on schedule."""
    if not hasattr(selectors.DefaultSelector, "fileno"):  # Windows
        return asyncio.new_event_loop()
    return asyncio.SelectorEventLoop(_PreciseSelector())
