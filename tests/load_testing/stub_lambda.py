"""A server with enough of Lambda's Invoke API to be invoked, and with scripted faults.

It answers every other request the same way, so it is an API's stage, too.

As a program it prints its port and serves until its standard input ends:
``python -m tests.load_testing.stub_lambda 0.02``.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import json
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import CredentialRetrievalError

from labgrader.http.lambda_invoke import InvokeEndpoint
from tests.virtual_time import Loop, World

OK = json.dumps({"statusCode": 200, "body": json.dumps({"message": "done"})}).encode()
REPORT = (
    "REPORT RequestId: 8f5\tDuration: 3.10 ms\tBilled Duration: 4 ms\tMemory Size: 256 MB\tMax Memory Used: 40 MB\t"
)


@dataclass(frozen=True)
class Request:
    """One request as it arrived.

    ``number`` counts from 1; ``running`` says how many are being served with it; ``target`` is its path and query.
    """

    number: int
    function: str
    qualifier: str
    event: bytes
    headers: dict[str, str]
    running: int
    method: str = "POST"
    target: str = ""


@dataclass(frozen=True)
class Response:
    """What is answered. ``drip_s`` is the pause after each byte; ``hangs_up`` closes without having said so."""

    payload: bytes = OK
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    drip_s: float = 0.0
    drips_headers: bool = False
    hangs: bool = False
    hangs_up: bool = False
    drops: bool = False
    promised: int | None = None
    chunked: bool = False

    @property
    def counts_as_running(self) -> bool:
        return self.status != 429


def error(status: int, code: str, message: str = "no", **fields: str) -> Response:
    """An error as Lambda words it."""
    body = json.dumps({"Type": "User", "message": message, **fields}).encode()
    return Response(body, status, {"x-amzn-ErrorType": f"{code}:http://internal.amazon.com/coral/"})


def throttle(reason: str = "ReservedFunctionConcurrentInvocationLimitExceeded") -> Response:
    return error(429, "TooManyRequestsException", "Rate Exceeded.", Reason=reason)


def function_error(kind: str, message: str, **fields: Any) -> Response:
    body = json.dumps({"errorType": kind, "errorMessage": message, "stackTrace": []}).encode()
    return Response(body, headers={"X-Amz-Function-Error": "Unhandled"}, **fields)


def logged(log: str | bytes) -> dict[str, str]:
    """The header that carries the log's tail."""
    raw = log if isinstance(log, bytes) else log.encode()
    return {"X-Amz-Log-Result": base64.b64encode(raw).decode()}


def cold(delay_s: float = 0.0) -> Response:
    return Response(headers=logged(f"START\nhello\n{REPORT}Init Duration: 120.00 ms\t\n"), delay_s=delay_s)


def warm(delay_s: float = 0.0) -> Response:
    return Response(headers=logged(f"START\nhello\n{REPORT}\n"), delay_s=delay_s)


class _Raw(io.BytesIO):
    """A body as botocore reads it."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


class EndedCredentials(Credentials):
    """Credentials of a role that is gone."""

    def get_frozen_credentials(self) -> Any:
        raise CredentialRetrievalError(provider="sts", error_msg="the role is gone")


class StubLambda:
    """The server, while it is entered: in a thread of its own, or in the caller's loop where time is virtual.

    Args:
        respond: says what is answered to each request; called in the order of arrival.
        tls: how it proves itself; plain HTTP without.
    """

    def __init__(
        self, respond: Callable[[Request], Response] = lambda request: Response(), tls: ssl.SSLContext | None = None
    ) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self.most_running = 0
        self._respond = respond
        self._tls = tls
        self._running = 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._in_memory = contextlib.ExitStack()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []
        self.port = 0

    @property
    def endpoint(self) -> InvokeEndpoint:
        scheme = "https" if self._tls else "http"
        return InvokeEndpoint(f"{scheme}://127.0.0.1:{self.port}", "us-east-1", Credentials("AKIDEXAMPLE", "secret"))

    def client(self, service: str) -> Any:
        """Return a boto3 client for this server, without retries."""
        made = boto3.client(
            service,  # type: ignore[call-overload]
            region_name="us-east-1",
            endpoint_url=self.endpoint.url,
            aws_access_key_id="AKIDEXAMPLE",
            aws_secret_access_key="secret",
            config=Config(retries={"mode": "standard", "total_max_attempts": 1}),
        )
        if World.active:
            made.meta.events.register("before-send", self._answer_boto3)
        return made

    def _answer_boto3(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        """Answer a boto3 client, which knows no network in memory."""
        address = urlsplit(request.url)
        target = f"{address.path}?{address.query}" if address.query else address.path
        body = request.body or b""
        assert isinstance(body, bytes)
        response = self._answer_to(request.method, target, dict(request.headers), body)
        headers = HTTPHeaders.from_dict(response.headers)
        return AWSResponse(request.url, response.status, headers, _Raw(response.payload))

    def __enter__(self) -> StubLambda:
        if World.active:
            self.port = self._in_memory.enter_context(World.active.listening(self._end_of_connection))
        else:
            self._thread.start()
            self._ready.wait()
        return self

    def __exit__(self, kind: type | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._in_memory.close()
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._done.set)
            self._thread.join()

    def _end_of_connection(self) -> asyncio.StreamReaderProtocol:
        loop = asyncio.get_running_loop()
        return asyncio.StreamReaderProtocol(asyncio.StreamReader(loop=loop), self._accept, loop=loop)

    def _serve(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._done = asyncio.Event()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._tls)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._done.wait()
        server.close()
        await self._turn()  # accept pending connections
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()  # closing would wait for clients that no longer read
        await self._turn()

    async def _turn(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        loop = asyncio.get_running_loop()
        talk = self._talk(reader, writer)
        task = loop.serve(talk) if isinstance(loop, Loop) else loop.create_task(talk)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._exchange(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client hung up
        finally:
            writer.close()

    def _answer_to(self, method: str, target: str, headers: dict[str, str], event: bytes) -> Response:
        """Record a request, and say what is answered."""
        address = urlsplit(target)
        request = Request(
            number=len(self.requests) + 1,
            function=unquote([*address.path.split("/"), *[""] * 4][3]),
            qualifier=parse_qs(address.query).get("Qualifier", [""])[0],
            event=event,
            headers=headers,
            running=self._running,
            method=method,
            target=target,
        )
        self.requests.append(request)
        return self._respond(request)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Serve one request; say whether the connection stays."""
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        event = await reader.readexactly(int(headers.get("content-length", 0)))
        method, target, _ = first.split(" ")
        self._running += 1
        response = self._answer_to(method, target, headers, event)
        if not response.counts_as_running:
            self._running -= 1
        self.most_running = max(self.most_running, self._running)
        try:
            if response.delay_s:
                await asyncio.sleep(response.delay_s)
            if response.hangs:
                await reader.read()  # until the client hangs up
                return False
        finally:
            if response.counts_as_running:
                self._running -= 1
        if response.drops:
            return False
        await self._send(writer, response)
        return not (response.hangs_up or response.headers.get("Connection") == "close")

    async def _send(self, writer: asyncio.StreamWriter, response: Response) -> None:
        promised = len(response.payload) if response.promised is None else response.promised
        length = "Transfer-Encoding: chunked" if response.chunked else f"Content-Length: {promised}"
        lines = [f"HTTP/1.1 {response.status} OK", length, "X-Amz-Executed-Version: $LATEST"]
        lines += [f"{name}: {value}" for name, value in response.headers.items()]
        head, body = "\r\n".join([*lines, "", ""]).encode("latin-1"), response.payload
        if response.chunked:
            body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        whole, dripped = (b"", head + body) if response.drips_headers else (head, body)
        if not response.drip_s:
            whole, dripped = head + body, b""
        writer.write(whole)
        for byte in dripped:
            writer.write(bytes([byte]))
            await asyncio.sleep(response.drip_s)
        await writer.drain()


def main() -> None:
    """Serve answers of one latency, in seconds, from a process of its own."""
    latency_s = float(sys.argv[1]) if len(sys.argv) > 1 else 0.0
    with StubLambda(lambda request: Response(delay_s=latency_s)) as stub:
        sys.stdout.write(f"{stub.port}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
