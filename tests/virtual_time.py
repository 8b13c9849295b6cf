"""A world without real time: an event loop that jumps to the next timer, and a network in memory.

Load tests measure real time. On a busy machine the server, the network and the tester are all late, and no bound on a
latency holds. Here only the test makes time pass, so every latency is exact, also on a busy machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import itertools
import os
import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from tests.clock import Clock

LATENCY_S = 0.00005
"""Seconds that bytes take from one end of a connection to the other."""

ROUND_TRIP_MS = 2000 * LATENCY_S
"""Milliseconds that a request and its response spend on the network."""

_CHUNK = 64 * 1024
"""Maximum bytes that are received at once."""

_GIVE_UP_S = 300.0
"""Real seconds to wait for a thread that resolves a name; only a hanging test reaches them."""

Server = Callable[[], asyncio.BaseProtocol]
"""Makes the server's end of a new connection."""


class World:
    """The clock and the network that the loops of one test share.

    Args:
        clock: the clock of the test.
    """

    active: World | None = None
    """The world of the current test, if any. Its servers listen here instead of on real ports."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._servers: dict[int, Server] = {}
        self._ports = itertools.count(40_000)

    @contextlib.contextmanager
    def listening(self, server: Server) -> Iterator[int]:
        """Listen on a port of any address."""
        port = next(self._ports)
        self._servers[port] = server
        try:
            yield port
        finally:
            del self._servers[port]

    def server(self, port: int) -> Server:
        """Return the server on a port.

        Raises:
            ConnectionRefusedError: no server listens on it.
        """
        if port not in self._servers:
            raise ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
        return self._servers[port]

    def new_loop(self, _: object = None) -> Loop:
        """Return a new loop, in place of ``asyncio.new_event_loop`` and ``asyncio.SelectorEventLoop``."""
        return Loop(self)


class _Selector(selectors.DefaultSelector):
    """Moves the clock to the next timer instead of waiting for it."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        for thread in threading.enumerate():
            if thread.name == "resolve":  # resolving takes no time on this clock
                thread.join(_GIVE_UP_S)
                assert not thread.is_alive(), "the thread that resolves a name hangs"
                return super().select(0)
        assert timeout is not None, "nothing will ever wake this loop"
        self._world.clock.elapsed += timeout
        return []


class Loop(asyncio.SelectorEventLoop):
    """An event loop on the test's clock, with connections in memory.

    Args:
        world: the clock and the network.
    """

    def __init__(self, world: World) -> None:
        super().__init__(_Selector(world))
        self._world = world
        self._dialed: dict[socket.socket, Server] = {}
        self._serving: set[asyncio.Task[None]] = set()

    def serve(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a task of a server. ``asyncio.all_tasks`` does not list it."""
        task = self.create_task(work)
        asyncio._unregister_task(task)
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        return task

    def close(self) -> None:
        for task in self._serving:
            task.cancel()
        if self._serving:
            self.run_until_complete(asyncio.gather(*self._serving, return_exceptions=True))
        super().close()

    def time(self) -> float:
        return self._world.clock.monotonic()

    async def sock_connect(self, sock: socket.socket, address: Any) -> None:
        await asyncio.sleep(2 * LATENCY_S)
        self._dialed[sock] = self._world.server(address[1])

    async def create_connection(  # type: ignore[override]
        self, protocol_factory: Callable[[], Any], *, sock: socket.socket, ssl: object = None, **_: Any
    ) -> tuple[asyncio.Transport, Any]:
        assert ssl is None, "there is no TLS in memory"
        client, server = protocol_factory(), self._dialed.pop(sock)()
        sock.close()
        near, far = _Transport(self, client), _Transport(self, server)
        near.peer, far.peer = far, near
        server.connection_made(far)
        client.connection_made(near)
        return near, client


class _Transport(asyncio.Transport):
    """One end of a connection."""

    peer: _Transport

    def __init__(self, loop: asyncio.AbstractEventLoop, protocol: Any) -> None:
        super().__init__()
        self._loop = loop
        self._protocol = protocol
        # bytes on their way to the peer; None ends the stream
        self._sent: deque[bytes | None] = deque()
        self._closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self._closing:
            for start in range(0, len(data), _CHUNK):
                self._send(bytes(data[start : start + _CHUNK]))

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self._send(None)
            self._loop.call_soon(self._protocol.connection_lost, None)

    abort = close

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._protocol  # type: ignore[no-any-return]

    def _send(self, data: bytes | None) -> None:
        self._sent.append(data)
        self._loop.call_later(LATENCY_S, self._arrive)

    def _arrive(self) -> None:
        """Deliver the oldest bytes to the peer, because timers that are due together fire in any order."""
        data = self._sent.popleft()
        if self.peer._closing:
            return
        if data is not None:
            self.peer._protocol.data_received(data)
        elif not self.peer._protocol.eof_received():
            self.peer.close()
