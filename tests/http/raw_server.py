"""A server without real time that sends any bytes, and what connects to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from labgrader.http.connection import SyncConnection
from labgrader.http.endpoint import Host
from labgrader.http.event_loop import new_loop
from tests.virtual_time import World

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class RawServer:
    """Sends these bytes for every request.

    Args:
        answers: what is sent for the first, the second request …, and for all after the last; then, where the bytes end
            with ``CLOSE``, the connection is closed.
    """

    CLOSE = b"<close>"

    def __init__(self, *answers: bytes, delay_s: float = 0.0) -> None:
        self.requests = 0
        self.connections = 0
        self._answers = answers
        self._delay_s = delay_s
        self._listening = ExitStack()

    def __enter__(self) -> RawServer:
        assert World.active is not None
        port = self._listening.enter_context(World.active.listening(lambda: _RawConnection(self)))
        self.host = Host(f"http://127.0.0.1:{port}")
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.close()

    def answer(self) -> tuple[bytes, float]:
        """Return what is sent for the next request, and after how many seconds."""
        answer = self._answers[min(self.requests, len(self._answers) - 1)]
        self.requests += 1
        return answer, self._delay_s if self.requests > 1 else 0.0


class _RawConnection(asyncio.Protocol):
    """The server's end of a connection."""

    def __init__(self, server: RawServer) -> None:
        self._server = server
        server.connections += 1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        assert data == REQUEST
        answer, delay_s = self._server.answer()
        asyncio.get_running_loop().call_later(delay_s, self._send, answer)

    def _send(self, answer: bytes) -> None:
        self._transport.write(answer.removesuffix(RawServer.CLOSE))
        if answer.endswith(RawServer.CLOSE):
            self._transport.close()


@contextmanager
def connected(host: Host) -> Iterator[SyncConnection]:
    """Lend a connection to a host, and close it."""
    connection = SyncConnection(host)
    try:
        yield connection
    finally:
        connection.close()


def run_in_loop(work: Callable[[], Any]) -> Any:
    """Run a coroutine in a loop of its own."""
    loop = new_loop()
    try:
        return loop.run_until_complete(work())
    finally:
        loop.close()
