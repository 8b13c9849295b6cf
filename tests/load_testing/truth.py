"""Servers with known latencies, and the exact results that a load tester must measure.

``in_memory`` serves in a test without real time, where measurements must be exact. For real time, each is a program of
its own, so that it does not share the tester's processor time. ``python -m tests.load_testing.truth NAME`` prints its
port, serves until its standard input ends, and then prints what it saw: ``connections`` and ``requests``. It answers
any request as Lambda's Invoke API answers an invocation.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import functools
import json
import math
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labgrader.http.event_loop import new_loop
from tests.virtual_time import World

OK = json.dumps({"statusCode": 200, "body": json.dumps({"message": "done"})}).encode()
REASON = "ReservedFunctionConcurrentInvocationLimitExceeded"
REFUSAL = json.dumps({"Type": "User", "message": "Rate Exceeded.", "Reason": REASON}).encode()

CONSTANT_MS = 50.0
UNIFORM_MS = 10.0, 110.0
COLD_MS, WARM_MS, ENVIRONMENTS = 850.0, 50.0, 20
FROZEN_MS = 5.0
FREEZE_S = 0.3975, 1.3975
"""From when to when everything is held, in seconds after the first request: between two of 200 arrivals a second."""

WILLING_MS = 20.0
REFUSED_EVERY, HUNG_EVERY = 10, 20
DRIP_S, DRIPPED = 0.2, 5
"""The last bytes of the body come one by one, each so long after the one before."""

GOLDEN = (math.sqrt(5) - 1) / 2
"""Multiples of it, without their whole part, fill 0 to 1 evenly. Source: the additive recurrence of Kronecker."""


@dataclass(frozen=True)
class Answer:
    """What is done with one request: ``delay_ms`` after it came, or after the freeze where there is one."""

    delay_ms: float = 0.0
    refused: bool = False
    hangs: bool = False
    cold: bool = False
    drips: bool = False
    closes: bool = False

    @property
    def felt_ms(self) -> float:
        """Milliseconds until its last byte has come."""
        return self.delay_ms + (1000 * DRIP_S * DRIPPED if self.drips else 0)


@dataclass(frozen=True)
class Server:
    """What a server does with the request of a number (from 0), in the order in which they come."""

    answer: Callable[[int], Answer]
    freezes: bool = False


def _uniform(number: int) -> Answer:
    low, high = UNIFORM_MS
    return Answer(low + (high - low) * ((number + 0.5) * GOLDEN % 1))


SERVERS = {
    "instant": Server(lambda number: Answer()),
    "constant": Server(lambda number: Answer(CONSTANT_MS)),
    "uniform": Server(_uniform),
    "bimodal": Server(lambda number: Answer(COLD_MS, cold=True) if number < ENVIRONMENTS else Answer(WARM_MS)),
    "frozen": Server(lambda number: Answer(FROZEN_MS), freezes=True),
    "refusing": Server(
        lambda number: Answer(refused=True) if number % REFUSED_EVERY == REFUSED_EVERY - 1 else Answer(WILLING_MS)
    ),
    "hanging": Server(
        lambda number: Answer(hangs=True) if number % HUNG_EVERY == HUNG_EVERY - 1 else Answer(WILLING_MS)
    ),
    "dripping": Server(lambda number: Answer(WILLING_MS, drips=True)),
    "closing": Server(lambda number: Answer(WILLING_MS, closes=True)),
}


@dataclass(frozen=True)
class Truth:
    """What a tester must find, of so many requests. ``latencies_ms`` are those that succeed, smallest first."""

    latencies_ms: tuple[float, ...]
    refused: int
    hung: int
    cold: int

    def percentile(self, percent: int) -> float:
        """By nearest rank, worked out here: what proves a formula does not borrow it."""
        return self.latencies_ms[math.ceil(percent * len(self.latencies_ms) / 100) - 1]


def truth(name: str, requests: int, rate_rps: float = 0.0) -> Truth:
    """Return the truth about the first requests.

    Args:
        name: which server.
        requests: how many.
        rate_rps: arrivals a second, on schedule; what these feel of a freeze. Without it a freeze is not known: it
            depends on who keeps on asking.
    """
    server = SERVERS[name]
    assert rate_rps or not server.freezes
    answers = [server.answer(number) for number in range(requests)]
    served = [(number, answer) for number, answer in enumerate(answers) if not (answer.refused or answer.hangs)]
    held_ms = [1000 * _held_s(server, number / rate_rps) if rate_rps else 0.0 for number, _ in served]
    return Truth(
        latencies_ms=tuple(sorted(answer.felt_ms + held for (_, answer), held in zip(served, held_ms, strict=True))),
        refused=sum(answer.refused for answer in answers),
        hung=sum(answer.hangs for answer in answers),
        cold=sum(answer.cold for answer in answers),
    )


def _held_s(server: Server, since_first_s: float) -> float:
    """How long a request is held that comes so long after the first one."""
    begins, ends = FREEZE_S
    return ends - since_first_s if server.freezes and begins <= since_first_s < ends else 0.0


# --- the server ---


@dataclass
class _Seen:
    """What came so far."""

    server: Server
    connections: int = 0
    requests: int = 0
    first: float = 0.0
    kept: list[asyncio.Transport] = field(default_factory=list)  # of those that hang


class _Connection(asyncio.Protocol):
    """HTTP/1.1, one request at a time, each with a Content-Length or none."""

    def __init__(self, seen: _Seen) -> None:
        self._seen = seen
        self._loop = asyncio.get_running_loop()
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._seen.connections += 1

    def data_received(self, data: bytes) -> None:
        self._unread += data
        while (end := self._unread.find(b"\r\n\r\n")) >= 0:
            head = self._unread[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._unread) < end + 4 + length:
                return
            self._unread = self._unread[end + 4 + length :]
            self._take()

    def _take(self) -> None:
        seen, now = self._seen, self._loop.time()
        seen.first = seen.first or now
        answer = seen.server.answer(seen.requests)
        seen.requests += 1
        due = now + answer.delay_ms / 1000 + _held_s(seen.server, now - seen.first)
        if answer.hangs:
            seen.kept.append(self._transport)
        elif due > now:
            self._loop.call_at(due, self._send, answer)
        else:
            self._send(answer)

    def _send(self, answer: Answer) -> None:
        whole = _bytes(answer)
        if not answer.drips:
            self._transport.write(whole)
        else:
            self._transport.write(whole[:-DRIPPED])
            for number in range(DRIPPED):
                at = len(whole) - DRIPPED + number
                self._loop.call_later(DRIP_S * (number + 1), self._transport.write, whole[at : at + 1])
        if answer.closes:
            self._transport.close()


@functools.lru_cache(maxsize=1000)
def _bytes(answer: Answer) -> bytes:
    """The whole HTTP response."""
    if answer.refused:
        headers = "X-Amzn-ErrorType: TooManyRequestsException"
        return _response("429 Too Many Requests", headers, REFUSAL)
    report = (
        f"REPORT RequestId: 8f5\tDuration: {answer.delay_ms:.2f} ms\tBilled Duration: {math.ceil(answer.delay_ms)} ms"
        "\tMemory Size: 256 MB\tMax Memory Used: 40 MB\t"
    )
    report += "Init Duration: 800.00 ms\t\n" if answer.cold else "\n"
    log = base64.b64encode(report.encode()).decode()
    return _response("200 OK", f"X-Amz-Executed-Version: $LATEST\r\nX-Amz-Log-Result: {log}", OK)


def _response(status: str, headers: str, body: bytes) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n\r\n".encode() + body


async def _serve(seen: _Seen) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(seen), "127.0.0.1", 0, backlog=1000)
    _say(server.sockets[0].getsockname()[1])
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


def _say(value: object) -> None:
    sys.stdout.write(f"{json.dumps(value)}\n")
    sys.stdout.flush()


def main() -> None:
    """Serve until the standard input ends, then say what came."""
    seen = _Seen(SERVERS[sys.argv[1]])
    loop = new_loop()  # asyncio's own would be late by up to a millisecond
    loop.run_until_complete(_serve(seen))
    _say({"connections": seen.connections, "requests": seen.requests})


# --- servers for tests ---


@dataclass
class Running:
    """A server that runs; ``seen`` is filled when it has ended."""

    url: str
    seen: dict[str, Any] = field(default_factory=dict)


@contextlib.contextmanager
def serving(name: str) -> Iterator[Running]:
    """Start a server in a process of its own, and end it."""
    command = [sys.executable, "-m", "tests.load_testing.truth", name]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        running = Running(f"http://127.0.0.1:{json.loads(process.stdout.readline())}")
        try:
            yield running
        finally:
            said, _ = process.communicate()  # its standard input ends, and so does it
            running.seen = json.loads(said or "{}")


@contextlib.contextmanager
def in_memory(name: str) -> Iterator[Running]:
    """Let a server listen in the world without real time that is active."""
    assert World.active is not None
    seen = _Seen(SERVERS[name])
    with World.active.listening(lambda: _Connection(seen)) as port:
        running = Running(f"http://127.0.0.1:{port}")
        yield running
        running.seen = {"connections": seen.connections, "requests": seen.requests}


if __name__ == "__main__":
    main()
