"""One HTTP/1.1 connection: one request at a time, timed, bounded, and never repeated behind the caller's back.

A socket's timeout limits each silence and not the whole answer, so a body that drips would arrive for ever; here one
deadline holds for all of it.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Sequence
from dataclasses import replace

from labgrader.http.dns_cache import Address, Addresses
from labgrader.http.endpoint import Host
from labgrader.http.protocol import Stream, sentence
from labgrader.http.reply import Reply

CONNECT_TIMEOUT_S = 5.0
"""Seconds to reach the endpoint. What takes longer is the network's fault or ours, never the function's."""

CLOSED_RACE_S = 0.5
"""A server that closes an idle connection while a request is on its way does so within a round trip, and none on earth
takes longer. What breaks later may have been at work on the request."""


class HttpConnection:
    """A connection to a host, kept open between requests. It belongs to the event loop it is used in.

    Args:
        host: where it leads.
        addresses: who knows where that is.
    """

    def __init__(self, host: Host, addresses: Addresses) -> None:
        self.opened = 0
        """How often it had to be opened."""
        self._host = host
        self._addresses = addresses
        self._stream: Stream | None = None
        self._opening: asyncio.Task[Stream] | None = None
        self._keeps_open = True
        self._abandoned = False

    async def exchange(self, request: bytes, timeout_s: float, method: str = "POST") -> Reply:
        """Send one request and read its answer to the end; what goes wrong on the way is in the reply.

        Args:
            request: the whole of it, head and body.
            timeout_s: seconds for all of it, however steadily the answer drips.
            method: its method, which says whether the answer has a body.
        """
        self._abandoned = False
        deadline = time.perf_counter() + timeout_s
        reused = self._stream is not None and self._stream.usable
        reply = await self._send(request, deadline, method)
        untouched = reply.trouble == "broken" and reply.size == 0 and reply.duration_s < CLOSED_RACE_S
        if reused and untouched and not self._abandoned:
            # The server closed the idle connection while we were sending (RFC 9112, section 9.3.1). Said, not hidden,
            # and not let to happen twice.
            reply = replace(await self._send(request, deadline, method), resent=True)
            self._keeps_open = False
        if reply.trouble or not self._keeps_open:
            self.close()
        return replace(reply, detail=f"no answer within {round(timeout_s, 2):g} s") if reply.timed_out else reply

    def abandon(self) -> None:
        """End what is under way: it is a reply whose trouble is ``abandoned``."""
        self._abandoned = True
        if self._opening:
            self._opening.cancel()
        if self._stream:
            self._stream.end("abandoned")

    def close(self) -> None:
        """Hang up."""
        if self._stream is not None:
            self._stream.abort()
            self._stream = None

    async def _send(self, request: bytes, deadline: float, method: str) -> Reply:
        """Send a request and read the answer. A broken reply's size says whether any byte of an answer came."""
        stream = self._stream
        if stream is None or not stream.usable:
            self.close()
            started = time.perf_counter()
            try:
                stream = self._stream = await self._open(deadline)
            except asyncio.CancelledError:
                if not self._abandoned:
                    raise
                return Reply(started=started, duration_s=time.perf_counter() - started, trouble="abandoned")
            except OSError as error:
                took = time.perf_counter() - started
                return Reply(started=started, duration_s=took, trouble="unreachable", detail=sentence(error))
            if self._abandoned:  # just when it was open
                return Reply(started=started, duration_s=time.perf_counter() - started, trouble="abandoned")
        return await stream.exchange(request, deadline, method)

    async def _open(self, deadline: float) -> Stream:
        left = max(deadline - time.perf_counter(), 0.001)
        self._opening = asyncio.ensure_future(self._reach())
        try:
            return await asyncio.wait_for(self._opening, min(CONNECT_TIMEOUT_S, left))
        except TimeoutError:  # it says nothing
            raise OSError("timed out") from None
        finally:
            self._opening = None

    async def _reach(self) -> Stream:
        host = self._host.parts.hostname or ""
        tls = self._host.tls
        connected = await _connect(await self._addresses.of(host, self._host.port))
        try:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.opened += 1
            loop = asyncio.get_running_loop()
            name = host if tls else None
            _, stream = await loop.create_connection(Stream, sock=connected, ssl=tls, server_hostname=name)
        except BaseException:
            connected.close()
            raise
        return stream


async def _connect(addresses: Sequence[Address]) -> socket.socket:
    """Connect to the first address that listens."""
    loop = asyncio.get_running_loop()
    trouble: OSError = OSError("it has no address")
    for family, address in addresses:
        connected = socket.socket(family, socket.SOCK_STREAM)
        try:
            connected.setblocking(False)
            await loop.sock_connect(connected, address)
        except OSError as error:
            connected.close()
            trouble = error
        except BaseException:
            connected.close()
            raise
        else:
            return connected
    raise trouble
