"""A connection for those who wait: one request, one reply, in the thread that asks."""

from __future__ import annotations

import asyncio

from labgrader.http.connection import HttpConnection
from labgrader.http.dns_cache import Addresses
from labgrader.http.endpoint import Host
from labgrader.http.event_loop import settle
from labgrader.http.reply import Reply


class SyncConnection:
    """One connection to a host, kept open between requests. For one thread at a time.

    Args:
        host: where it leads.
    """

    def __init__(self, host: Host) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connection = HttpConnection(host, Addresses())

    def exchange(self, request: bytes, timeout_s: float, method: str = "POST") -> Reply:
        """Send one request and read its answer to the end; what goes wrong on the way is in the reply.

        Args:
            request: the whole of it, head and body.
            timeout_s: seconds for all of it, however steadily the answer drips.
            method: its method, which says whether the answer has a body.
        """
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        return self._loop.run_until_complete(self._exchange(request, timeout_s, method))

    async def _exchange(self, request: bytes, timeout_s: float, method: str) -> Reply:
        await settle()  # the loop stood still since the last request: let it see whether the server hung up
        return await self._connection.exchange(request, timeout_s, method)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()
        if self._loop is not None:
            self._loop.run_until_complete(settle())
            self._loop.close()
            self._loop = None
