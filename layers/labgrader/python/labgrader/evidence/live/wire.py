"""HTTP, one request at a time over one connection: timed, bounded, and never repeated behind the caller's back.

A socket's timeout limits each silence and not the whole answer, so a body that drips would arrive for ever; here one
deadline holds for all of it.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import threading
import time
import urllib.parse
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, cast

from botocore.httpsession import get_cert_path
from urllib3.util import wait_for_read

from labgrader.evidence.live.reply import Reply

CONNECT_TIMEOUT_S = 5.0
"""Seconds to reach the endpoint. What takes longer is the network's fault or ours, never the function's."""

READ_LIMIT = 8 * 1024 * 1024
"""Bytes of an answer after which the connection is given up; Lambda's own limit is 6 MB, API Gateway's 10."""

KEPT_BYTES = 1024 * 1024
"""Bytes of an answer that are kept; the rest is read and counted, so that the connection can be used again."""

_SLICE_S = 0.25  # how long a waiting thread may take to notice that it was told to stop
_CHUNK = 65536


@dataclass(frozen=True)
class Host:
    """Where requests go, whatever proxy the environment names.

    Args:
        url: ``https://lambda.us-east-1.amazonaws.com``, or that of an embedded AWS.
    """

    url: str

    @cached_property
    def parts(self) -> urllib.parse.SplitResult:
        """The URL taken apart."""
        return urllib.parse.urlsplit(self.url)

    @cached_property
    def tls(self) -> ssl.SSLContext | None:
        """How the server proves itself, by the certificates that boto3 trusts; ``None`` for plain HTTP."""
        if self.parts.scheme != "https":
            return None
        return ssl.create_default_context(cafile=get_cert_path(True))


class Wire:
    """One connection to a host, kept open between requests. For one thread at a time.

    Args:
        host: where it leads.
        stop: when set, a request that waits for its answer is abandoned.
    """

    def __init__(self, host: Host, stop: threading.Event | None = None) -> None:
        self._host = host
        self._stop = stop or threading.Event()
        self._socket: socket.socket | None = None
        self._keeps_open = True

    def exchange(self, request: bytes, timeout_s: float, method: str = "POST") -> Reply:
        """Send one request and read its answer to the end; what goes wrong on the way is in the reply.

        Args:
            request: the whole of it, head and body.
            timeout_s: seconds for all of it, however steadily the answer drips.
            method: its method, which says whether the answer has a body.
        """
        deadline = time.perf_counter() + timeout_s
        if self._socket is not None and wait_for_read(self._socket, timeout=0):
            self.close()  # an idle connection has nothing to say but that it ends
        reused = self._socket is not None
        reply, untouched = self._send(request, deadline, method)
        if reused and untouched and reply.trouble == "broken":
            # The server closed the idle connection while we were sending (RFC 9112, section 9.3.1). Said, not hidden,
            # and not let to happen twice.
            reply = replace(self._send(request, deadline, method)[0], resent=True)
            self._keeps_open = False
        if reply.trouble or not self._keeps_open:
            self.close()
        return replace(reply, detail=f"no answer within {round(timeout_s, 2):g} s") if reply.timed_out else reply

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, request: bytes, deadline: float, method: str) -> tuple[Reply, bool]:
        """Send a request and read the answer. The flag says that not one byte of an answer came."""
        started = time.perf_counter()
        try:
            connected = self._socket or self._connect(deadline)
        except OSError as error:
            return Reply(started=started, trouble="unreachable", detail=_sentence(error)), True
        stream = _Stream(connected, deadline, self._stop)
        started = time.perf_counter()  # reaching the endpoint is not the function's time
        try:
            connected.settimeout(max(deadline - started, 0.001))
            connected.sendall(request)
            reply = self._read(stream, started, method)
        except _AbandonedError:
            reply = Reply(started=started, trouble="abandoned")
        except TimeoutError:
            reply = Reply(started=started, trouble="timeout")
        except (http.client.HTTPException, OSError) as error:
            reply = Reply(started=started, trouble="broken", detail=_sentence(error))
        if reply.trouble:
            self.close()
        return replace(reply, duration_s=time.perf_counter() - started), stream.received == 0

    def _read(self, stream: _Stream, started: float, method: str) -> Reply:
        # HTTPResponse asks its socket for nothing but makefile()
        response = http.client.HTTPResponse(cast(socket.socket, stream), method=method)
        try:
            response.begin()
            kept, size = bytearray(), 0
            while chunk := response.read1(_CHUNK):
                size += len(chunk)
                kept += chunk[: KEPT_BYTES - len(kept)]
                if size > READ_LIMIT:
                    break
            if response.length and size <= READ_LIMIT:
                raise http.client.IncompleteRead(b"", response.length)
            if response.will_close or size > READ_LIMIT:
                self.close()
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Reply(response.status, headers, bytes(kept), size, started)
        finally:
            response.close()

    def _connect(self, deadline: float) -> socket.socket:
        host = self._host.parts.hostname or ""
        tls = self._host.tls
        port = self._host.parts.port or (443 if tls else 80)
        left = max(deadline - time.perf_counter(), 0.001)
        self._socket = socket.create_connection((host, port), min(CONNECT_TIMEOUT_S, left))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self._socket = tls.wrap_socket(self._socket, server_hostname=host)
        return self._socket


class _AbandonedError(OSError):
    """The caller does not want the answer any more."""


class _Stream(io.RawIOBase):
    """A socket's bytes until a deadline. A socket's own timeout would begin anew with every byte that drips in."""

    def __init__(self, connected: socket.socket, deadline: float, stop: threading.Event) -> None:
        super().__init__()
        self._socket = connected
        self._deadline = deadline
        self._stop = stop
        self.received = 0

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What HTTPResponse asks of a socket."""
        return io.BufferedReader(self, _CHUNK)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._stop.is_set():
            left = self._deadline - time.perf_counter()
            if left <= 0:
                raise TimeoutError
            self._socket.settimeout(min(left, _SLICE_S))
            try:
                count = self._socket.recv_into(buffer)
            except TimeoutError:
                continue
            self.received += count
            return count
        raise _AbandonedError


def _sentence(error: Exception) -> str:
    return str(error) or type(error).__name__
