"""From a host's name to the addresses it is reached at, within a deadline."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import threading
from collections.abc import Sequence
from typing import Any

Address = tuple[int, Any]
"""An address family and what ``socket.connect`` takes for it."""


class Addresses:
    """Asks the name server once and remembers: a load test opens many connections, and none shall wait for a name.

    The connections are spread over all addresses, as a name server's own rotation would.
    """

    def __init__(self) -> None:
        self._found: dict[tuple[str, int], list[Address]] = {}
        self._asking: dict[tuple[str, int], asyncio.Future[list[Address]]] = {}
        self._turn = 0

    async def of(self, host: str, port: int) -> Sequence[Address]:
        """Return the addresses of a host, the next one in turn first.

        Raises:
            OSError: the name server knows none.
        """
        found = self._found.get((host, port)) or await self._ask(host, port)
        self._turn += 1
        first = self._turn % len(found)
        return [*found[first:], *found[:first]]

    async def _ask(self, host: str, port: int) -> list[Address]:
        with contextlib.suppress(ValueError):
            version = ipaddress.ip_address(host).version
            return self._keep(host, port, [(socket.AF_INET if version == 4 else socket.AF_INET6, (host, port))])
        asking = self._asking.get((host, port))
        if asking is None:
            asking = self._asking[host, port] = _resolve(host, port)
        try:
            return self._keep(host, port, await asyncio.shield(asking))  # one who gives up does not end it for others
        finally:
            if asking.done():
                self._asking.pop((host, port), None)

    def _keep(self, host: str, port: int, found: list[Address]) -> list[Address]:
        self._found[host, port] = found
        return found


def _resolve(host: str, port: int) -> asyncio.Future[list[Address]]:
    """Ask the name server in a thread that keeps nobody waiting.

    Not in an executor: it would keep the process alive for a thread that is stuck in a name server's silence.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[Address]] = loop.create_future()

    def tell(found: list[Address], error: OSError | None) -> None:
        if error:
            answer.set_exception(error)
            answer.exception()  # known to whoever waits, if anybody still does
        else:
            answer.set_result(found)

    def ask() -> None:
        found: list[Address] = []
        trouble: OSError | None = None
        try:
            for family, _, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                found.append((family, address))
        except OSError as error:
            trouble = error
        except UnicodeError as error:  # a label that is too long, or empty
            trouble = OSError(str(error))
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(tell, found, trouble)

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    return answer
