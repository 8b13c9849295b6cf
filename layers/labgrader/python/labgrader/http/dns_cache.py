"""Name resolution: from a host's name to its addresses, without blocking the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import threading
from collections.abc import Sequence
from typing import Any

Address = tuple[int, Any]
"""An address family, and the address as ``socket.connect`` takes it."""


class DnsCache:
    """Asks the name server once for each host, because a load test opens many connections.

    Connections are spread over all addresses in turn, as round-robin DNS would do.
    """

    def __init__(self) -> None:
        self._found: dict[tuple[str, int], list[Address]] = {}
        self._pending: dict[tuple[str, int], asyncio.Future[list[Address]]] = {}
        self._turn = 0

    async def resolve(self, host: str, port: int) -> Sequence[Address]:
        """Return the addresses of a host, the next one in turn first.

        Args:
            host: a name or an IP address.
            port: the port to connect to.

        Raises:
            OSError: the name server knows no address.
        """
        found = self._found.get((host, port))
        if found is None:
            found = self._found[host, port] = await self._look_up(host, port)
        self._turn += 1
        first = self._turn % len(found)
        return [*found[first:], *found[:first]]

    async def _look_up(self, host: str, port: int) -> list[Address]:
        with contextlib.suppress(ValueError):
            version = ipaddress.ip_address(host).version
            return [(socket.AF_INET if version == 4 else socket.AF_INET6, (host, port))]
        pending = self._pending.get((host, port))
        if pending is None:
            pending = self._pending[host, port] = _resolve_in_thread(host, port)
        try:
            return await asyncio.shield(pending)  # a caller that gives up does not end it for the others
        finally:
            if pending.done():
                self._pending.pop((host, port), None)


def _resolve_in_thread(host: str, port: int) -> asyncio.Future[list[Address]]:
    """Ask the name server in a daemon thread.

    An executor would keep the process alive while its thread waits for a silent name server.
    """
    loop = asyncio.get_running_loop()
    pending: asyncio.Future[list[Address]] = loop.create_future()

    def finish(found: list[Address], error: OSError | None) -> None:
        if error:
            pending.set_exception(error)
            pending.exception()  # mark it as retrieved, because there may be no waiter left
        else:
            pending.set_result(found)

    def look_up() -> None:
        found: list[Address] = []
        failure: OSError | None = None
        try:
            for family, _, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                found.append((family, address))
        except OSError as error:
            failure = error
        except UnicodeError as error:  # a label that is empty or too long
            failure = OSError(str(error))
        with contextlib.suppress(RuntimeError):  # the loop is closed: there is no waiter
            loop.call_soon_threadsafe(finish, found, failure)

    threading.Thread(target=look_up, name="resolve", daemon=True).start()
    return pending
