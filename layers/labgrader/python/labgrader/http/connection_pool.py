"""The connections of one load test: idle ones are used again, and all can be abandoned at once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from labgrader.http.connection import HttpConnection
from labgrader.http.dns_cache import DnsCache
from labgrader.http.endpoint import Host


class ConnectionPool:
    """Connections to one host. Use it in one event loop only.

    Args:
        host: the host to connect to.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._dns_cache = DnsCache()
        self._idle: list[HttpConnection] = []
        self._lent: set[HttpConnection] = set()

    @property
    def opened(self) -> int:
        """How often the connections were opened, all together."""
        return sum(connection.opened for connection in (*self._idle, *self._lent))

    @contextlib.contextmanager
    def lend(self) -> Iterator[HttpConnection]:
        """Lend a connection for the block: the one that became idle last, or a new one."""
        connection = self._idle.pop() if self._idle else HttpConnection(self._host, self._dns_cache)
        self._lent.add(connection)
        try:
            yield connection
        finally:
            self._lent.discard(connection)
            self._idle.append(connection)

    def abandon(self) -> None:
        """End all requests in flight."""
        for connection in self._lent:
            connection.abandon()

    def close(self) -> None:
        """Close all connections."""
        for connection in (*self._idle, *self._lent):
            connection.close()
