"""Names: asked for once, and all addresses of a name are used."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Any

import pytest

from labgrader.http.dns_cache import DnsCache
from labgrader.http.endpoint import Host
from tests.http.raw_server import OK, REQUEST, RawServer, connected, run_in_loop

pytestmark = pytest.mark.usefixtures("virtual_time")


def test_a_name_is_resolved_once_and_all_addresses_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
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

    found = run_in_loop(work)
    assert asked == ["lambda.example"]
    assert sorted(map(tuple, found)) == [("127.0.0.1", "127.0.0.2")] * 2 + [("127.0.0.2", "127.0.0.1")] * 2


def test_an_ip_address_is_not_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", None)

    async def work() -> list[Any]:
        dns_cache = DnsCache()
        return [await dns_cache.resolve("127.0.0.1", 80), await dns_cache.resolve("::1", 80)]

    assert run_in_loop(work) == [[(socket.AF_INET, ("127.0.0.1", 80))], [(socket.AF_INET6, ("::1", 80))]]


def test_the_next_address_is_tried_if_one_does_not_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer(OK) as server:
        port = server.host.port
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"127.0.0.{last}", port)) for last in (2, 1)]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        for _ in range(2):  # whichever is the first one in turn
            with connected(Host(f"http://lambda.example:{port}")) as connection:
                assert connection.exchange(REQUEST, 5).body == b"ok"
