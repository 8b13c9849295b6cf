"""One HTTP/1.1 connection against servers that say anything, anyhow, or nothing."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from typing import Any

import pytest

from labgrader.http.connection import CLOSED_RACE_S, HttpConnection
from labgrader.http.dns_cache import DnsCache
from labgrader.http.endpoint import Host
from labgrader.http.protocol import HEAD_LIMIT, KEPT_BYTES, READ_LIMIT
from labgrader.http.reply import Reply
from tests.clock import Clock
from tests.http.raw_server import OK, REQUEST, RawServer, connected, run_in_loop
from tests.virtual_time import LATENCY_S

pytestmark = pytest.mark.usefixtures("virtual_time")


def _exchange(*answers: bytes, method: str = "GET", timeout_s: float = 5) -> Reply:
    with RawServer(*answers) as server, connected(server.host) as connection:
        return connection.exchange(REQUEST, timeout_s, method)


# --- answers ------------------------------------------------------------------------------------------------------


def test_a_response_is_read_with_headers_in_lower_case() -> None:
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
def test_the_end_of_a_response_is_found(method: str, answer: bytes, status: int, body: bytes) -> None:
    reply = _exchange(answer, method=method, timeout_s=2)
    assert (reply.trouble, reply.status, reply.body) == ("", status, body)


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (RawServer.CLOSE, "Remote end closed connection without response"),
        (OK[:-1] + RawServer.CLOSE, "Remote end closed connection in the middle of its response"),
        (OK[:20] + RawServer.CLOSE, "Remote end closed connection in the middle of its response"),
        (b"SSH-2.0-OpenSSH\r\n", "this is not HTTP: "),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "this is not HTTP: "),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * HEAD_LIMIT, f"the head of the answer has more than {HEAD_LIMIT} bytes"),
    ],
)
def test_an_invalid_response_breaks_the_connection(answer: bytes, detail: str) -> None:
    reply = _exchange(answer)
    assert (reply.trouble, reply.status) == ("broken", 0)
    assert reply.detail.startswith(detail)


@pytest.mark.parametrize("size", [KEPT_BYTES, KEPT_BYTES + 1, READ_LIMIT])
def test_a_long_body_is_read_to_its_end_and_kept_to_a_limit(size: int) -> None:
    long = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"a" * size
    with RawServer(long, OK) as server, connected(server.host) as connection:
        reply = connection.exchange(REQUEST, 5)
        assert connection.exchange(REQUEST, 5).body == b"ok"
        assert server.connections == 1
    assert (reply.size, len(reply.body)) == (size, min(size, KEPT_BYTES))


def test_a_body_beyond_the_limit_closes_the_connection() -> None:
    size = READ_LIMIT + 1
    long = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"a" * size
    with RawServer(long, OK) as server, connected(server.host) as connection:
        reply = connection.exchange(REQUEST, 5)
        assert connection.exchange(REQUEST, 5).body == b"ok"
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
        (OK + OK, 3),  # an unrequested response must not count as the response to the next request
    ],
)
def test_a_connection_is_kept_if_the_server_keeps_it(answer: bytes, connections: int) -> None:
    with RawServer(answer) as server, connected(server.host) as connection:
        replies = [connection.exchange(REQUEST, 5) for _ in range(3)]
        assert server.connections == connections
    assert [(reply.body, reply.resent) for reply in replies] == [(b"ok", False)] * 3


def test_a_closed_idle_connection_is_not_used() -> None:
    with RawServer(OK + RawServer.CLOSE) as server, connected(server.host) as connection:
        assert connection.exchange(REQUEST, 5).body == b"ok"
        time.sleep(LATENCY_S)
        reply = connection.exchange(REQUEST, 5)
        assert (server.requests, server.connections) == (2, 2)
    assert (reply.body, reply.resent) == (b"ok", False)


def test_a_request_that_the_server_did_not_read_is_sent_again() -> None:
    with RawServer(OK, RawServer.CLOSE, OK) as server, connected(server.host) as connection:
        connection.exchange(REQUEST, 5)
        reply = connection.exchange(REQUEST, 5)
        assert (server.requests, server.connections) == (3, 2)
        connection.exchange(REQUEST, 5)
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
def test_no_other_request_is_sent_again(answers: tuple[bytes, ...], delay_s: float) -> None:
    with RawServer(*answers, delay_s=delay_s) as server, connected(server.host) as connection:
        replies = [connection.exchange(REQUEST, 5) for _ in range(len(answers) - 1)]
        assert server.requests == len(answers) - 1
    assert (replies[-1].trouble, replies[-1].resent) == ("broken", False)


def test_a_trailer_is_not_a_header() -> None:
    body = b"HTTP/1.1 200 OK\r\nX: said\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: unsaid\r\n\r\n"
    reply = _exchange(body)
    assert (reply.body, reply.headers["x"], reply.trouble) == (b"ok", "said", "")


def test_other_parts_of_a_response_are_limited() -> None:
    trailer = b"X: " + 60_000 * b"x" + b"\r\n"
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    reply = _exchange(head + trailer * ((READ_LIMIT + HEAD_LIMIT) // len(trailer) + 2))
    assert (reply.trouble, reply.detail) == ("broken", f"the answer has more than {READ_LIMIT} bytes")


def test_interim_responses_end_at_the_timeout() -> None:
    reply = _exchange(b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000, timeout_s=0.3)
    assert (reply.trouble, reply.detail) == ("timeout", "no answer within 0.3 s")


# --- deadlines ----------------------------------------------------------------------------------------------------


def test_connecting_does_not_count_as_the_functions_time(monkeypatch: pytest.MonkeyPatch, virtual_time: Clock) -> None:
    """The name server takes its time; the clock runs from the moment of sending."""
    ask = socket.getaddrinfo

    def slow(*arguments: Any, **named: Any) -> Any:
        time.sleep(0.5)
        return ask(*arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with RawServer(OK) as server, connected(Host(server.host.url.replace("127.0.0.1", "localhost"))) as connection:
        reply = connection.exchange(REQUEST, 5)
    assert (reply.body, reply.trouble) == (b"ok", "")
    assert reply.duration_s == pytest.approx(2 * LATENCY_S)
    assert virtual_time.elapsed == pytest.approx(0.5 + 4 * LATENCY_S)


def test_an_unknown_host_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*arguments: Any, **named: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with connected(Host("http://lambda.example")) as connection:
        reply = connection.exchange(REQUEST, 5)
    assert (reply.trouble, reply.detail) == ("unreachable", "[Errno -2] Name or service not known")


def test_a_silent_name_server_delays_neither_deadline_nor_exit() -> None:
    program = """
import socket, sys, time
from labgrader.http.endpoint import Host
from labgrader.http.connection import SyncConnection
socket.getaddrinfo = lambda *_, **__: time.sleep(3600)
connection = SyncConnection(Host("http://lambda.example"))
reply = connection.exchange(b"", 0.3)
connection.close()
sys.stdout.write(f"{reply.trouble}: {reply.detail}")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=True)
    assert (done.stdout, done.stderr) == ("unreachable: timed out", "")


def test_a_canceled_request_ends_at_once(virtual_time: Clock) -> None:
    async def work() -> Reply:
        connection = HttpConnection(server.host, DnsCache())
        asyncio.get_running_loop().call_later(0.1, connection.abandon)
        reply = await connection.exchange(REQUEST, 30)
        connection.close()
        return reply

    with RawServer(b"") as server:
        reply = run_in_loop(work)
    assert virtual_time.elapsed == pytest.approx(0.1)
    assert (reply.trouble, reply.timed_out, reply.resent) == ("abandoned", True, False)
