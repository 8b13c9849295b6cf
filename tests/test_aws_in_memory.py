"""AWS in memory handles one request at a time: a condition and its write are one step."""

from __future__ import annotations

import contextlib
import itertools
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

import pytest
from moto.core.botocore_stubber import BotocoreStubber
from moto.dynamodb.comparisons import get_filter_expression
from moto.dynamodb.models import table as moto_table

from labgrader.store import Store
from tests import aws_in_memory

PATIENCE_S = 300.0
"""Seconds after which a hanging test fails."""


class Watched:
    """The lock of ``one_at_a_time``. It sets an event when a thread waits for it."""

    def __init__(self, waits: threading.Event) -> None:
        self._lock: Any = aws_in_memory.new_lock()
        self._waits = waits

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            self._waits.set()
            self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


class TwoWriters:
    """Two threads that take the same lease. The second runs between the condition and the write of the first."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.second_moved_on = threading.Event()  # set when the second has its result, or waits for the lock
        self._store = store
        self._conditions = itertools.count(1)
        self._second: Future[bool]
        self._parse = get_filter_expression
        monkeypatch.setattr(moto_table, "get_filter_expression", self._condition)

    def had(self, lock: AbstractContextManager[Any]) -> list[bool]:
        """Return for each of the two whether it got the lease."""
        with aws_in_memory.one_at_a_time(lock), ThreadPoolExecutor(1) as self._pool:
            first = self._take("first")
            return [first, self._second.result(PATIENCE_S)]

    def _take(self, holder: str) -> bool:
        return self._store.lease("function", holder, 1.0, 2.0)

    def _condition(self, *expression: Any) -> Any:
        condition: Any = self._parse(*expression)
        if next(self._conditions) == 1:
            evaluate = condition.expr
            condition.expr = lambda item: self._run_the_second(evaluate(item))
        return condition

    def _run_the_second(self, holds: bool) -> bool:
        self._second = self._pool.submit(self._take, "second")
        self._second.add_done_callback(lambda _: self.second_moved_on.set())
        assert self.second_moved_on.wait(PATIENCE_S)
        return holds


def test_moto_alone_gives_two_writers_the_same_lease(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """This is why the lock exists. If this test fails, moto has its own lock now."""
    assert TwoWriters(store, monkeypatch).had(contextlib.nullcontext()) == [True, True]


def test_the_lock_gives_the_lease_to_one_writer(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    writers = TwoWriters(store, monkeypatch)
    assert writers.had(Watched(writers.second_moved_on)) == [True, False]


def test_every_test_uses_the_lock(store: Store) -> None:
    assert BotocoreStubber.process_request is not aws_in_memory._process
    entered: list[str] = []

    class Noted:
        def __enter__(self) -> None:
            entered.append("lock")

        def __exit__(self, *_: object) -> None: ...

    with aws_in_memory.one_at_a_time(Noted()):
        store.put("a", b"a")
        store.lease("function", "first", 1.0, 2.0)
        aws_in_memory.client("sqs").list_queues()
    assert entered == ["lock", "lock"], "the lock is for S3 and DynamoDB, not for SQS"
