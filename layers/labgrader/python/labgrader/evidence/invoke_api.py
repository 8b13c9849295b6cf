"""Lambda's Invoke API, one request at a time: signed, timed, bounded, and never retried behind the caller's back.

boto3 is not used for it: its retries hide throttles, its timeout limits each silence and not the whole answer (a body
that drips arrives for ever), and a call costs it more than twice the processor time.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import threading
import time
import urllib.parse
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, cast

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.httpsession import get_cert_path
from urllib3.util import wait_for_read

from labgrader.errors import NotGradedError
from labgrader.evidence.reply import Reply

CONNECT_TIMEOUT_S = 5.0
"""Seconds to reach the endpoint. What takes longer is the network's fault or ours, never the function's."""

READ_LIMIT = 8 * 1024 * 1024
"""Bytes of an answer after which the connection is given up; Lambda's own limit is 6 MB."""

KEPT_BYTES = 1024 * 1024
"""Bytes of an answer that are kept; the rest is read and counted, so that the connection can be used again."""

_SLICE_S = 0.25  # how long a waiting thread may take to notice that it was told to stop
_CHUNK = 65536


@dataclass(frozen=True)
class InvokeEndpoint:
    """Where Lambda is, and who we are there.

    Args:
        url: ``https://lambda.us-east-1.amazonaws.com``, or that of an embedded AWS.
        region: for the signature.
        credentials: botocore credentials, which refresh themselves where they can.
    """

    url: str
    region: str
    credentials: Any = field(repr=False)

    @classmethod
    def from_client(cls, client: Any) -> InvokeEndpoint:
        """Take all of it from a boto3 Lambda client, which knows its session, its Region and ``AWS_ENDPOINT_URL``.

        Raises:
            NotGradedError: the client has no credentials.
        """
        credentials = client._get_credentials()  # boto3's own transfer module has no other way either
        if credentials is None:
            raise NotGradedError("lambda:InvokeFunction", "there are no AWS credentials to sign with")
        return cls(client.meta.endpoint_url, client.meta.region_name, credentials)

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

    def request(self, function: str, qualifier: str, event: bytes) -> bytes:
        """Return a whole HTTP request that invokes a function, signed with Signature Version 4 as of now.

        Args:
            function, qualifier: whom to call; an empty ``qualifier`` is ``$LATEST``.
            event: the event, as JSON.
        """
        name = urllib.parse.quote(function, safe="")
        path = f"{self.parts.path.rstrip('/')}/2015-03-31/functions/{name}/invocations"
        if qualifier:
            path = f"{path}?Qualifier={urllib.parse.quote(qualifier, safe='')}"
        headers = {
            "Host": self.parts.netloc,
            "Content-Type": "application/json",
            "X-Amz-Invocation-Type": "RequestResponse",
            "X-Amz-Log-Type": "Tail",  # its REPORT line is the only thing that tells a cold start
        }
        address = f"{self.parts.scheme}://{self.parts.netloc}{path}"
        signed = AWSRequest(method="POST", url=address, data=event, headers=headers)
        SigV4Auth(self.credentials.get_frozen_credentials(), "lambda", self.region).add_auth(signed)
        lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in signed.headers.items())]
        return "\r\n".join([*lines, f"Content-Length: {len(event)}", "", ""]).encode("ascii") + event


class Line:
    """One connection to the endpoint, kept open between requests. For one thread at a time.

    Args:
        endpoint: where it leads.
        stop: when set, a request that waits for its answer is abandoned.
    """

    def __init__(self, endpoint: InvokeEndpoint, stop: threading.Event | None = None) -> None:
        self._endpoint = endpoint
        self._stop = stop or threading.Event()
        self._socket: socket.socket | None = None
        self._keeps_open = True

    def invoke(self, function: str, qualifier: str, event: bytes, timeout_s: float) -> Reply:
        """Invoke a function once and read its answer to the end; what goes wrong on the way is in the reply.

        Args:
            function, qualifier: whom to call; an empty ``qualifier`` is ``$LATEST``.
            event: the event, as JSON.
            timeout_s: seconds for all of it, however steadily the answer drips.

        Raises:
            botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError: the credentials could not be refreshed.
        """
        deadline = time.perf_counter() + timeout_s
        request = self._endpoint.request(function, qualifier, event)
        if self._socket is not None and wait_for_read(self._socket, timeout=0):
            self.close()  # an idle connection has nothing to say but that it ends
        reused = self._socket is not None
        reply, untouched = self._send(request, deadline)
        if reused and untouched and reply.trouble == "broken":
            # The server closed the idle connection while we were sending (RFC 9112, section 9.3.1). Said, not hidden,
            # and not let to happen twice.
            reply = replace(self._send(request, deadline)[0], resent=True)
            self._keeps_open = False
        if reply.trouble or not self._keeps_open:
            self.close()
        return replace(reply, detail=f"no answer within {round(timeout_s, 2):g} s") if reply.timed_out else reply

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, request: bytes, deadline: float) -> tuple[Reply, bool]:
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
            reply = self._read(stream, started)
        except _AbandonedError:
            reply = Reply(started=started, trouble="abandoned")
        except TimeoutError:
            reply = Reply(started=started, trouble="timeout")
        except (http.client.HTTPException, OSError) as error:
            reply = Reply(started=started, trouble="broken", detail=_sentence(error))
        if reply.trouble:
            self.close()
        return replace(reply, duration_s=time.perf_counter() - started), stream.received == 0

    def _read(self, stream: _Stream, started: float) -> Reply:
        # HTTPResponse asks its socket for nothing but makefile()
        response = http.client.HTTPResponse(cast(socket.socket, stream), method="POST")
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
        host = self._endpoint.parts.hostname or ""
        tls = self._endpoint.tls
        port = self._endpoint.parts.port or (443 if tls else 80)
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
