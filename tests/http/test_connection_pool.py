"""The connections of a load test: idle ones are used again, and all can be abandoned at once."""

from __future__ import annotations

import asyncio

import pytest

from labgrader.http.connection_pool import ConnectionPool
from labgrader.http.reply import Reply
from tests.clock import Clock
from tests.http.raw_server import OK, REQUEST, RawServer, run_in_loop

pytestmark = pytest.mark.usefixtures("virtual_time")


async def _exchange(pool: ConnectionPool) -> Reply:
    with pool.lend() as connection:
        return await connection.exchange(REQUEST, 30, "GET")


def test_an_idle_connection_is_reused() -> None:
    async def work() -> int:
        pool = ConnectionPool(server.host)
        for _ in range(3):
            assert (await _exchange(pool)).body == b"ok"
        pool.close()
        return pool.opened

    with RawServer(OK) as server:
        assert run_in_loop(work) == server.connections == 1


def test_concurrent_requests_use_different_connections() -> None:
    async def work() -> int:
        pool = ConnectionPool(server.host)
        with pool.lend() as first, pool.lend() as second:
            assert first is not second
            await first.exchange(REQUEST, 30, "GET")
            await second.exchange(REQUEST, 30, "GET")
            opened = pool.opened
        assert pool.opened == opened
        pool.close()
        return opened

    with RawServer(OK) as server:
        assert run_in_loop(work) == server.connections == 2


def test_canceling_ends_every_request_in_flight(virtual_time: Clock) -> None:
    async def work() -> list[Reply]:
        pool = ConnectionPool(server.host)
        asyncio.get_running_loop().call_later(0.1, pool.abandon)
        replies = await asyncio.gather(_exchange(pool), _exchange(pool))
        pool.close()
        return list(replies)

    with RawServer(b"") as server:
        replies = run_in_loop(work)
    assert [reply.trouble for reply in replies] == ["abandoned", "abandoned"]
    assert virtual_time.elapsed == pytest.approx(0.1)
