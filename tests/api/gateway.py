"""Serve the API on a local port. To a client it behaves like API Gateway with its authorizer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from threading import Thread
from typing import Any
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, make_server

from labgrader.api.app import Api
from tests.api.conftest import event_of


class Gateway:
    """A WSGI application.

    Args:
        api: handles the requests.
        callers: the authorizer's context for each token.
    """

    def __init__(self, api: Api, callers: Mapping[str, Mapping[str, str]]) -> None:
        self._api = api
        self._callers = callers
        self.answered: Counter[tuple[str, int]] = Counter()
        """The number of responses by method and status."""

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").title(): value
            for name, value in environ.items()
            if name.startswith("HTTP_") or (name == "CONTENT_TYPE" and value)
        }
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        caller = self._callers.get(token) if scheme.lower() == "bearer" else None
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else None
        values = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        event = event_of(
            environ["REQUEST_METHOD"],
            environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace").removeprefix("/api"),  # the stage
            caller,
            body,
            {name: found[-1] for name, found in values.items()},
            {"Content-Type": "", **headers},
        )
        event["multiValueQueryStringParameters"] = values or None
        answer = self._api.resolve(event, None)  # type: ignore[arg-type]
        status = answer["statusCode"]
        self.answered[environ["REQUEST_METHOD"], status] += 1
        told = [(name, value) for name, values in answer["multiValueHeaders"].items() for value in values]
        start(f"{status} {HTTPStatus(status).phrase}", told)
        return [answer["body"].encode()]


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log nothing."""


@contextmanager
def served(gateway: Gateway) -> Iterator[str]:
    """Serve on a free local port; yield the address."""
    with make_server("127.0.0.1", 0, gateway, handler_class=_Quiet) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/api"
        finally:
            server.shutdown()
            thread.join()
