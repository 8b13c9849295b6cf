"""One HTTP/1.1 connection: one request at a time, timed, limited, and never repeated without saying so.

A socket's timeout limits each silence, not the whole answer, so a slow drip would never time out. Here one deadline
covers the whole answer.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Sequence
from dataclasses import replace

from labgrader.http.dns_cache import Address, DnsCache
from labgrader.http.endpoint import Host
from labgrader.http.event_loop import settle
from labgrader.http.protocol import HttpProtocol, describe_error
from labgrader.http.reply import Reply

CONNECT_TIMEOUT_S = 5.0
"""Seconds to connect. A slower connection is the fault of the network or labgrader, never of the function."""

CLOSED_RACE_S = 0.5
"""Seconds in which a server that closes an idle connection can cross with a request.

That takes one round trip, which is shorter than this everywhere on earth. If the connection breaks later, the server
may have worked on the request."""


class HttpConnection:
    """A connection to a host, kept open between requests. Use it in one event loop only.

    Args:
        host: the host to connect to.
        dns_cache: resolves the host's name.
    """

    def __init__(self, host: Host, dns_cache: DnsCache) -> None:
        self.opened = 0
        """How often the connection was opened."""
        self._host = host
        self._dns_cache = dns_cache
        self._protocol: HttpProtocol | None = None
        self._opening: asyncio.Task[HttpProtocol] | None = None
        self._keep_open = True
        self._abandoned = False

    async def exchange(self, request: bytes, timeout_s: float, method: str = "POST") -> Reply:
        """Send one request and read the whole answer.

        Args:
            request: the whole request, head and body.
            timeout_s: seconds for connecting, sending and reading together.
            method: the request's HTTP method; the answer to a HEAD has no body.

        Returns:
            The reply. Its ``trouble`` says what went wrong; nothing is raised for it.
        """
        self._abandoned = False
        deadline = time.perf_counter() + timeout_s
        kept = self._protocol if self._protocol is not None and self._protocol.usable else None
        protocol = kept or await self._open(deadline)
        reply = protocol if isinstance(protocol, Reply) else await protocol.exchange(request, deadline, method)
        unread = reply.trouble == "broken" and reply.size == 0 and reply.duration_s < CLOSED_RACE_S
        if kept and unread and not self._abandoned:
            # The server closed the idle connection while the request was on its way (RFC 9112, section 9.3.1). Send it
            # again, mark the reply, and do not keep connections to this server open any more.
            protocol = await self._open(deadline)
            reply = protocol if isinstance(protocol, Reply) else await protocol.exchange(request, deadline, method)
            reply = replace(reply, resent=True)
            self._keep_open = False
        if reply.trouble or not self._keep_open:
            self.close()
        return replace(reply, detail=f"no answer within {round(timeout_s, 2):g} s") if reply.timed_out else reply

    def abandon(self) -> None:
        """End the request in flight, if any. Its reply has the trouble ``abandoned``."""
        self._abandoned = True
        if self._opening:
            self._opening.cancel()
        if self._protocol:
            self._protocol.end("abandoned")

    def close(self) -> None:
        """Close the connection."""
        if self._protocol is not None:
            self._protocol.abort()
            self._protocol = None

    async def _open(self, deadline: float) -> HttpProtocol | Reply:
        """Open the connection again.

        Returns:
            The open connection, or the reply that says why it could not be opened.
        """
        self.close()
        started = time.perf_counter()
        timeout_s = min(CONNECT_TIMEOUT_S, max(deadline - started, 0.001))
        self._opening = asyncio.ensure_future(self._connect())
        try:
            self._protocol = await asyncio.wait_for(self._opening, timeout_s)
        except asyncio.CancelledError:
            if not self._abandoned:
                raise
        except OSError as error:
            detail = "timed out" if isinstance(error, TimeoutError) else describe_error(error)
            took_s = time.perf_counter() - started
            return Reply(started=started, duration_s=took_s, trouble="unreachable", detail=detail)
        finally:
            self._opening = None
        if self._protocol is None or self._abandoned:  # it may be abandoned at the moment it is open
            return Reply(started=started, duration_s=time.perf_counter() - started, trouble="abandoned")
        return self._protocol

    async def _connect(self) -> HttpProtocol:
        hostname = self._host.parts.hostname or ""
        tls = self._host.tls
        connected = await _connect_first(await self._dns_cache.resolve(hostname, self._host.port))
        try:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.opened += 1
            loop = asyncio.get_running_loop()
            server_hostname = hostname if tls else None
            _, protocol = await loop.create_connection(
                HttpProtocol, sock=connected, ssl=tls, server_hostname=server_hostname
            )
        except BaseException:
            connected.close()
            raise
        return protocol


class SyncConnection:
    """An ``HttpConnection`` for code without an event loop. Use it in one thread at a time.

    Args:
        host: the host to connect to.
    """

    def __init__(self, host: Host) -> None:
        self._connection = HttpConnection(host, DnsCache())
        self._loop: asyncio.AbstractEventLoop | None = None

    def exchange(self, request: bytes, timeout_s: float, method: str = "POST") -> Reply:
        """Send one request and wait for the whole answer, as ``HttpConnection.exchange`` does."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        self._loop.run_until_complete(settle())  # notice whether the server closed the connection since the last call
        return self._loop.run_until_complete(self._connection.exchange(request, timeout_s, method))

    def close(self) -> None:
        """Close the connection and its event loop."""
        self._connection.close()
        if self._loop is not None:
            self._loop.run_until_complete(settle())
            self._loop.close()
            self._loop = None


async def _connect_first(addresses: Sequence[Address]) -> socket.socket:
    """Connect to the first address that accepts a connection.

    Raises:
        OSError: none does; the error of the last one.
    """
    loop = asyncio.get_running_loop()
    last_error: OSError = OSError("it has no address")
    for family, address in addresses:
        candidate = socket.socket(family, socket.SOCK_STREAM)
        try:
            candidate.setblocking(False)
            await loop.sock_connect(candidate, address)
        except OSError as error:
            candidate.close()
            last_error = error
        except BaseException:
            candidate.close()
            raise
        else:
            return candidate
    raise last_error
