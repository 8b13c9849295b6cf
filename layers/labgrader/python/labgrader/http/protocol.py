"""HTTP/1.1 on an open connection: write one request, parse its answer, within one deadline."""

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
"""Maximum bytes of a body that are read; then the connection is closed. Lambda allows 6 MB, API Gateway 10 MB."""

KEPT_BYTES = 1024 * 1024
"""Maximum bytes of a body that are kept. The rest is read and counted, so that the connection can be used again."""

HEAD_LIMIT = 256 * 1024
"""Maximum bytes of status line and headers; then the connection is closed. API Gateway allows 10 KB."""

_CLOSED = "Remote end closed connection without response"
_EARLY = "Remote end closed connection in the middle of its response"


class HttpProtocol(asyncio.Protocol):
    """One open connection, for one request at a time."""

    def __init__(self) -> None:
        self.usable = True
        self._transport: asyncio.Transport | None = None
        self._write: Callable[[bytes], None]  # set by connection_made
        self._loop = asyncio.get_running_loop()
        self._parser = HttpResponseParser(self)
        self._waiting: asyncio.Future[Reply] | None = None
        self._without_body = False
        self._started = 0.0
        self._begin()

    async def exchange(self, request: bytes, deadline: float, method: str) -> Reply:
        """Send a request and wait for its answer.

        Args:
            request: the whole request, head and body.
            deadline: when to stop waiting, on the clock of ``time.perf_counter``.
            method: the request's HTTP method.

        Returns:
            The reply. If the connection broke, its ``size`` is the number of bytes that came, head included.
        """
        self._begin()
        self._without_body = method == "HEAD"
        waiting: asyncio.Future[Reply] = self._loop.create_future()
        self._waiting = waiting
        self._started = started = time.perf_counter()  # the time to connect is not the function's
        self._write(request)
        expiry = self._loop.call_later(max(deadline - started, 0), self.end, "timeout")
        try:
            return await waiting
        finally:
            expiry.cancel()

    def end(self, trouble: Trouble, detail: str = "") -> None:
        """End the request in flight, if any, and close the connection.

        Args:
            trouble: why there is no answer.
            detail: a sentence about it.
        """
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            took_s = time.perf_counter() - self._started
            waiting.set_result(
                Reply(started=self._started, duration_s=took_s, trouble=trouble, detail=detail, size=self._received)
            )
        self.abort()

    def abort(self) -> None:
        """Close the connection at once, without sending what is still buffered."""
        self.usable = False
        if self._transport is not None:
            self._transport.abort()

    # --- called by asyncio ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._write = self._transport.write

    def data_received(self, data: bytes) -> None:
        if self._waiting is None:
            self.abort()  # a server sends nothing on an idle connection
            return
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            self.end("broken", f"this is not HTTP: {error}")
            return
        if self._waiting is not None and not self._in_body and self._received > HEAD_LIMIT:
            self.end("broken", f"the head of the answer has more than {HEAD_LIMIT} bytes")
        elif self._waiting is not None and self._received > READ_LIMIT + HEAD_LIMIT:  # mostly headers and trailers
            self.end("broken", f"the answer has more than {READ_LIMIT} bytes")

    def eof_received(self) -> None:
        if self._waiting is not None and self._in_body and self._until_close:
            self._deliver(keeps_open=False)
        else:
            self.end("broken", _EARLY if self._received else _CLOSED)

    def connection_lost(self, error: Exception | None) -> None:
        self.end("broken", describe_error(error) if error else _EARLY if self._received else _CLOSED)

    # --- called by the parser ---

    def on_message_begin(self) -> None:
        if self._waiting is None:
            self.abort()  # an answer without a request

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_body:
            return  # trailers are not merged into the headers (RFC 9110, section 6.5)
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1").strip(" \t")

    def on_headers_complete(self) -> None:
        self._in_body = True
        status = self._parser.get_status_code()
        framed = "content-length" in self._headers or "transfer-encoding" in self._headers
        self._until_close = not framed and status >= 200 and status not in (204, 304)
        if self._without_body and status >= 200:
            self._deliver(keeps_open=False)  # the parser would wait for the body that a GET would have

    def on_body(self, data: bytes) -> None:
        self._size += len(data)
        left = KEPT_BYTES - len(self._body)
        if left > 0:
            self._body += data[:left]
        if self._size > READ_LIMIT:
            self._deliver(keeps_open=False)

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() < 200:
            self._begin()  # an interim response ("100 Continue"): the final one follows
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
        """Return the answer, as far as it came, to ``exchange``."""
        waiting, self._waiting = self._waiting, None
        took_s = time.perf_counter() - self._started
        if waiting is not None and not waiting.done():
            status = self._parser.get_status_code()
            waiting.set_result(Reply(status, self._headers, bytes(self._body), self._size, self._started, took_s))
        self._headers = {}  # the reply keeps the old ones
        if not keeps_open:
            self.abort()


def describe_error(error: Exception) -> str:
    """Return a network error's text for people."""
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) and error.errno and error.errno > 0:
        return f"[Errno {error.errno}] {os.strerror(error.errno)}"  # asyncio's own text says less
    return str(error) or type(error).__name__
