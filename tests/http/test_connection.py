"""One HTTP/1.1 connection against servers that say anything, anyhow, or nothing."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from labgrader.http.connection import CLOSED_RACE_S, HttpConnection, SyncConnection
from labgrader.http.dns_cache import DnsCache
from labgrader.http.endpoint import Host
from labgrader.http.event_loop import new_loop
from labgrader.http.protocol import HEAD_LIMIT, KEPT_BYTES, READ_LIMIT
from labgrader.http.reply import Reply
from tests.clock import Clock
from tests.virtual_time import LATENCY_S, World

pytestmark = pytest.mark.usefixtures("virtual_time")

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class RawServer:
    """Sends these bytes for each request, whatever it says.

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
def _wire(host: Host) -> Iterator[SyncConnection]:
    wire = SyncConnection(host)
    try:
        yield wire
    finally:
        wire.close()


def _exchange(*answers: bytes, method: str = "GET", timeout_s: float = 5) -> Reply:
    with RawServer(*answers) as server, _wire(server.host) as wire:
        return wire.exchange(REQUEST, timeout_s, method)


# --- answers ------------------------------------------------------------------------------------------------------


def test_an_answer_is_read_with_its_headers_in_lower_case() -> None:
    reply = _exchange(b"HTTP/1.1 201 Made\r\nX-One: a\r\nX-Empty:\r\nx-two:  b \r\nContent-Length: 2\r\n\r\nok")
    assert (reply.status, reply.body, reply.size, reply.trouble) == (201, b"ok", 2, "")
    assert reply.headers == {"x-one": "a", "x-empty": "", "x-two": "b", "content-length": "2"}
    assert reply.duration_s == pytest.approx(2 * LATENCY_S)


@pytest.mark.parametrize(
    ("method", "answer", "status", "body"),
    [
        ("GET", b"HTTP/1.1 204 No\r\n\r\n", 204, b""),
        ("GET", b"HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n", 304, b""),
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", 200, b""),
        ("GET", b"HTTP/1.1 100 Continue\r\n\r\n" + OK, 200, b"ok"),
        ("GET", b"HTTP/1.1 200 OK\r\n\r\nuntil the end" + RawServer.CLOSE, 200, b"until the end"),
        ("GET", b"HTTP/1.0 200 OK\r\n\r\n" + RawServer.CLOSE, 200, b""),
        ("GET", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n", 200, b"ok"),
    ],
)
def test_where_an_answer_ends(method: str, answer: bytes, status: int, body: bytes) -> None:
    reply = _exchange(answer, method=method, timeout_s=2)
    assert (reply.trouble, reply.status, reply.body) == ("", status, body)


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (RawServer.CLOSE, "Remote end closed connection without response"),
        (OK[:-1] + RawServer.CLOSE, "Remote end closed connection in the middle of its response"),
        (OK[:20] + RawServer.CLOSE, "Remote end closed connection in the middle of its response"),
        (b"SSH-2.0-OpenSSH\r\n", "this is no HTTP: "),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "this is no HTTP: "),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * HEAD_LIMIT, f"the head of the answer has more than {HEAD_LIMIT} bytes"),
    ],
)
def test_what_is_no_answer_is_broken(answer: bytes, detail: str) -> None:
    reply = _exchange(answer)
    assert (reply.trouble, reply.status) == ("broken", 0)
    assert reply.detail.startswith(detail)


@pytest.mark.parametrize("size", [KEPT_BYTES, KEPT_BYTES + 1, READ_LIMIT])
def test_a_long_body_is_read_to_its_end_and_kept_to_a_limit(size: int) -> None:
    long = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"a" * size
    with RawServer(long, OK) as server, _wire(server.host) as wire:
        reply = wire.exchange(REQUEST, 5)
        assert wire.exchange(REQUEST, 5).body == b"ok"
        assert server.connections == 1
    assert (reply.size, len(reply.body)) == (size, min(size, KEPT_BYTES))


def test_beyond_the_limit_the_connection_is_given_up() -> None:
    size = READ_LIMIT + 1
    long = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"a" * size
    with RawServer(long, OK) as server, _wire(server.host) as wire:
        reply = wire.exchange(REQUEST, 5)
        assert wire.exchange(REQUEST, 5).body == b"ok"
        assert server.connections == 2
    assert (reply.trouble, reply.status, len(reply.body)) == ("", 200, KEPT_BYTES)
    assert reply.size > READ_LIMIT


# --- one connection -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "connections"),
    [
        (OK, 1),
        (OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), 3),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 3),
        (OK + OK, 3),  # an answer that nobody asked for must not be taken for that to the next request
    ],
)
def test_a_connection_is_kept_where_the_server_keeps_it(answer: bytes, connections: int) -> None:
    with RawServer(answer) as server, _wire(server.host) as wire:
        replies = [wire.exchange(REQUEST, 5) for _ in range(3)]
        assert server.connections == connections
    assert [(reply.body, reply.resent) for reply in replies] == [(b"ok", False)] * 3


def test_an_idle_connection_that_was_closed_is_seen_before_it_is_used() -> None:
    with RawServer(OK + RawServer.CLOSE) as server, _wire(server.host) as wire:
        assert wire.exchange(REQUEST, 5).body == b"ok"
        time.sleep(LATENCY_S)
        reply = wire.exchange(REQUEST, 5)
        assert (server.requests, server.connections) == (2, 2)
    assert (reply.body, reply.resent) == (b"ok", False)


def test_a_request_that_a_closing_server_did_not_read_is_sent_once_more_and_that_is_said() -> None:
    with RawServer(OK, RawServer.CLOSE, OK) as server, _wire(server.host) as wire:
        wire.exchange(REQUEST, 5)
        reply = wire.exchange(REQUEST, 5)
        assert (server.requests, server.connections) == (3, 2)
        wire.exchange(REQUEST, 5)
        assert server.connections == 3  # a server that does so is not trusted twice
    assert (reply.body, reply.resent) == (b"ok", True)


@pytest.mark.parametrize(
    ("answers", "delay_s"),
    [
        ((RawServer.CLOSE, OK), 0),  # on a new connection
        ((OK, OK[:5] + RawServer.CLOSE, OK), 0),  # a byte of an answer came
        ((OK, RawServer.CLOSE, OK), CLOSED_RACE_S + 0.2),  # the server may have been at work on it
    ],
)
def test_nothing_else_is_ever_sent_again(answers: tuple[bytes, ...], delay_s: float) -> None:
    with RawServer(*answers, delay_s=delay_s) as server, _wire(server.host) as wire:
        replies = [wire.exchange(REQUEST, 5) for _ in range(len(answers) - 1)]
        assert server.requests == len(answers) - 1
    assert (replies[-1].trouble, replies[-1].resent) == ("broken", False)


def test_a_trailer_is_no_header() -> None:
    body = b"HTTP/1.1 200 OK\r\nX: said\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: unsaid\r\n\r\n"
    reply = _exchange(body)
    assert (reply.body, reply.headers["x"], reply.trouble) == (b"ok", "said", "")


def test_what_is_neither_head_nor_body_is_limited_too() -> None:
    trailer = b"X: " + 60_000 * b"x" + b"\r\n"
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    reply = _exchange(head + trailer * ((READ_LIMIT + HEAD_LIMIT) // len(trailer) + 2))
    assert (reply.trouble, reply.detail) == ("broken", f"the answer has more than {READ_LIMIT} bytes")


def test_words_in_between_end_with_the_time() -> None:
    reply = _exchange(b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000, timeout_s=0.3)
    assert (reply.trouble, reply.detail) == ("timeout", "no answer within 0.3 s")


# --- deadlines ----------------------------------------------------------------------------------------------------


def test_reaching_the_endpoint_is_not_the_functions_time(monkeypatch: pytest.MonkeyPatch, virtual_time: Clock) -> None:
    """The name server takes its time; the clock runs from the moment of sending."""
    ask = socket.getaddrinfo

    def slow(*arguments: Any, **named: Any) -> Any:
        time.sleep(0.5)
        return ask(*arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with RawServer(OK) as server, _wire(Host(server.host.url.replace("127.0.0.1", "localhost"))) as wire:
        reply = wire.exchange(REQUEST, 5)
    assert (reply.body, reply.trouble) == (b"ok", "")
    assert reply.duration_s == pytest.approx(2 * LATENCY_S)
    assert virtual_time.elapsed == pytest.approx(0.5 + 4 * LATENCY_S)


def test_a_name_that_nobody_knows_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*arguments: Any, **named: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with _wire(Host("http://lambda.example")) as wire:
        reply = wire.exchange(REQUEST, 5)
    assert (reply.trouble, reply.detail) == ("unreachable", "[Errno -2] Name or service not known")


def test_a_silent_name_server_outlasts_neither_the_deadline_nor_the_process() -> None:
    program = """
import socket, sys, time
from labgrader.http.endpoint import Host
from labgrader.http.connection import SyncConnection
socket.getaddrinfo = lambda *_, **__: time.sleep(3600)
wire = SyncConnection(Host("http://lambda.example"))
reply = wire.exchange(b"", 0.3)
wire.close()
sys.stdout.write(f"{reply.trouble}: {reply.detail}")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=True)
    assert (done.stdout, done.stderr) == ("unreachable: timed out", "")


def _in_a_loop(work: Callable[[], Any]) -> Any:
    loop = new_loop()
    try:
        return loop.run_until_complete(work())
    finally:
        loop.close()


def test_what_is_abandoned_ends_at_once(virtual_time: Clock) -> None:
    async def work() -> Reply:
        connection = HttpConnection(server.host, DnsCache())
        asyncio.get_running_loop().call_later(0.1, connection.abandon)
        reply = await connection.exchange(REQUEST, 30)
        connection.close()
        return reply

    with RawServer(b"") as server:
        reply = _in_a_loop(work)
    assert virtual_time.elapsed == pytest.approx(0.1)
    assert (reply.trouble, reply.timed_out, reply.resent) == ("abandoned", True, False)


# --- names --------------------------------------------------------------------------------------------------------


def test_a_name_is_asked_once_and_connections_are_spread_over_its_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def two(host: str, port: int, **_: Any) -> Any:
        asked.append(host)
        time.sleep(0.05)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"127.0.0.{last}", port)) for last in (1, 2)]

    monkeypatch.setattr(socket, "getaddrinfo", two)

    async def work() -> list[list[str]]:
        dns_cache = DnsCache()
        together = await asyncio.gather(*(dns_cache.resolve("lambda.example", 443) for _ in range(4)))
        return [[address[0] for _, address in found] for found in together]

    found = _in_a_loop(work)
    assert asked == ["lambda.example"]
    assert sorted(map(tuple, found)) == [("127.0.0.1", "127.0.0.2")] * 2 + [("127.0.0.2", "127.0.0.1")] * 2


def test_a_number_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", None)

    async def work() -> list[Any]:
        dns_cache = DnsCache()
        return [await dns_cache.resolve("127.0.0.1", 80), await dns_cache.resolve("::1", 80)]

    assert _in_a_loop(work) == [[(socket.AF_INET, ("127.0.0.1", 80))], [(socket.AF_INET6, ("::1", 80))]]


def test_the_next_address_is_tried_where_one_does_not_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer(OK) as server:
        port = server.host.port
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"127.0.0.{last}", port)) for last in (2, 1)]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        for _ in range(2):  # whichever is the first one in turn
            with _wire(Host(f"http://lambda.example:{port}")) as wire:
                assert wire.exchange(REQUEST, 5).body == b"ok"
