"""A server that speaks the API's shapes (docs/openapi.yaml), and misbehaves as a test asks."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

Json = Any

ALLOWANCE = {
    "per_hour": 5,
    "per_day": 20,
    "remaining_this_hour": 4,
    "remaining_today": 19,
    "refills_at": "2026-03-01T13:00:00Z",
}
NOTHING_HIDDEN = {"checks": 0, "points": 0, "message": None}
RUN = "20260301-120000-lambda-optimization-1a2b"


@dataclass(frozen=True)
class Reply:
    """One answer. ``hangs_up`` closes the connection instead."""

    status: int = 200
    body: Json = None
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs_up: bool = False


def problem(status: int, detail: str, *, headers: Mapping[str, str] | None = None, **more: Json) -> Reply:
    """A problem as the API words it."""
    body = {"type": "urn:labgrader:problem:x", "title": "A title", "status": status, "detail": detail, **more}
    return Reply(status, body, headers or {})


def started() -> Reply:
    """A self-check that has begun."""
    path = f"/v1/self-checks/{RUN}"
    return Reply(202, {"run_id": RUN, "status_url": path, "remaining_today": 19, "allowance": ALLOWANCE})


def state(status: str, **more: Json) -> Reply:
    """How a self-check stands."""
    return Reply(
        200,
        {
            "run_id": RUN,
            "lab": "lambda-optimization",
            "status": status,
            "started_at": "2026-03-01T12:00:00Z",
            "finished_at": None if status == "running" else "2026-03-01T12:00:09Z",
            "allowance": ALLOWANCE,
            "hidden": NOTHING_HIDDEN,
            "error": None,
            "report": None,
            **more,
        },
    )


@dataclass(frozen=True)
class ReceivedRequest:
    """One request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Json


class StubApi:
    """Answers one reply after the other, the last one again and again; keeps the requests."""

    def __init__(self, *replies: Reply) -> None:
        self.requests: list[ReceivedRequest] = []
        self._replies = list(replies)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/api"

    def __enter__(self) -> StubApi:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                content = self.rfile.read(length)
                stub.requests.append(
                    ReceivedRequest(
                        self.command, self.path, dict(self.headers), json.loads(content) if content else None
                    )
                )
                reply = stub._replies.pop(0) if len(stub._replies) > 1 else stub._replies[0]
                if reply.hangs_up:
                    self.close_connection = True
                    return
                body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
                self.send_response(reply.status)
                kind = "application/problem+json" if reply.status >= 400 else "application/json"
                for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = _answer  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        return Handler
