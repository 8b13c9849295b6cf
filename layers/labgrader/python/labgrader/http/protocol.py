"""The bytes of an open HTTP/1.1 connection: one request out, the parsed answer in, within one deadline."""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from collections.abc import Callable
from typing import cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from labgrader.http.reply import Reply, Trouble

READ_LIMIT = 8 * 1024 * 1024
"""Bytes of an answer after which the connection is given up; Lambda's own limit is 6 MB, API Gateway's 10."""

KEPT_BYTES = 1024 * 1024
"""Bytes of an answer that are kept; the rest is read and counted, so that the connection can be used again."""

HEAD_LIMIT = 256 * 1024
"""Bytes of status line and headers after which the connection is given up; API Gateway's own limit is 10 KB."""

_CLOSED = "Remote end closed connection without response"
_EARLY = "Remote end closed connection in the middle of its response"


class Stream(asyncio.Protocol):
    """An open connection: the bytes of one request out, the parsed answer in."""

    def __init__(self) -> None:
        self.usable = True
        self._transport: asyncio.Transport | None = None
        self._write: Callable[[bytes], None]  # there from when the connection is made
        self._loop = asyncio.get_running_loop()
        self._parser = HttpResponseParser(self)
        self._waiting: asyncio.Future[Reply] | None = None
        self._without_body = False
        self._started = 0.0
        self._begin()

    async def exchange(self, request: bytes, deadline: float, method: str) -> Reply:
        """Send a request on a connection that is open, and wait for its answer."""
        self._begin()
        self._without_body = method == "HEAD"
        waiting: asyncio.Future[Reply] = self._loop.create_future()
        self._waiting = waiting
        self._started = started = time.perf_counter()  # reaching the endpoint is not the function's time
        self._write(request)
        expiry = self._loop.call_later(max(deadline - started, 0), self.end, "timeout")
        try:
            return await waiting
        finally:
            expiry.cancel()

    def end(self, trouble: Trouble, detail: str = "") -> None:
        """End what is under way, and the connection with it."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            took = time.perf_counter() - self._started
            waiting.set_result(
                Reply(started=self._started, duration_s=took, trouble=trouble, detail=detail, size=self._received)
            )
        self.abort()

    def abort(self) -> None:
        """Hang up without waiting for what was not sent."""
        self.usable = False
        if self._transport is not None:
            self._transport.abort()

    # --- what asyncio calls ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._write = self._transport.write

    def data_received(self, data: bytes) -> None:
        if self._waiting is None:
            self.abort()  # an idle connection has nothing to say but that it ends
            return
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            self.end("broken", f"this is no HTTP: {error}")
            return
        if self._waiting is not None and not self._in_body and self._received > HEAD_LIMIT:
            self.end("broken", f"the head of the answer has more than {HEAD_LIMIT} bytes")
        elif self._waiting is not None and self._received > READ_LIMIT + HEAD_LIMIT:  # most of it is no body
            self.end("broken", f"the answer has more than {READ_LIMIT} bytes")

    def eof_received(self) -> None:
        if self._waiting is not None and self._in_body and self._until_close:
            self._deliver(keeps_open=False)
        else:
            self.end("broken", _EARLY if self._received else _CLOSED)

    def connection_lost(self, error: Exception | None) -> None:
        self.end("broken", sentence(error) if error else _EARLY if self._received else _CLOSED)

    # --- what the parser calls ---

    def on_message_begin(self) -> None:
        if self._waiting is None:
            self.abort()  # an answer that nobody asked for

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_body:
            return  # a trailer says nothing of the answer (RFC 9110, section 6.5)
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1").strip(" \t")

    def on_headers_complete(self) -> None:
        self._in_body = True
        status = self._parser.get_status_code()
        framed = "content-length" in self._headers or "transfer-encoding" in self._headers
        self._until_close = not framed and status >= 200 and status not in (204, 304)
        if self._without_body and status >= 200:
            self._deliver(keeps_open=False)  # the parser would wait for the body that a GET had

    def on_body(self, data: bytes) -> None:
        self._size += len(data)
        room = KEPT_BYTES - len(self._body)
        if room > 0:
            self._body += data[:room]
        if self._size > READ_LIMIT:
            self._deliver(keeps_open=False)

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() < 200:
            self._begin()  # a word in between ("100 Continue"): the answer is still to come
        else:
            self._deliver(keeps_open=self._parser.should_keep_alive())

    def _begin(self) -> None:
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._size = 0
        self._received = 0
        self._in_body = False
        self._until_close = False

    def _deliver(self, *, keeps_open: bool) -> None:
        """Hand over the answer as far as it came."""
        waiting, self._waiting = self._waiting, None
        took = time.perf_counter() - self._started
        if waiting is not None and not waiting.done():
            status = self._parser.get_status_code()
            waiting.set_result(Reply(status, self._headers, bytes(self._body), self._size, self._started, took))
        self._headers = {}  # the other ones are the reply's
        if not keeps_open:
            self.abort()


def sentence(error: Exception) -> str:
    """What went wrong, in words."""
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) and error.errno and error.errno > 0:
        return f"[Errno {error.errno}] {os.strerror(error.errno)}"  # asyncio says less of it
    return str(error) or type(error).__name__
