"""What several tests stand on."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import JSONFileLoader

from labgrader.store import Store
from tests import aws_in_memory
from tests.clock import Clock

_load_file = JSONFileLoader.load_file


@cache
def _loaded(path: str) -> Any:
    return _load_file(JSONFileLoader(), path)


JSONFileLoader.load_file = lambda _, path: _loaded(path)  # type: ignore[method-assign,assignment]
"""AWS's service models are read once a process: each test has sessions of its own, and half of its time went there."""


@pytest.fixture(scope="session", autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the whole session, and every command it starts, out of the user's own folders."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABGRADER_STATE", str(tmp_path_factory.mktemp("state")))
        patch.setenv("LABGRADER_CACHE", str(Path(__file__).parents[1] / "build" / "tests"))
        yield


@pytest.fixture(scope="session", autouse=True)
def _one_request_at_a_time() -> Iterator[None]:
    """Make conditional writes in memory atomic, for all tests."""
    with aws_in_memory.one_at_a_time(aws_in_memory.new_lock()):
        yield


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of this process, which only moves when somebody sleeps."""
    clock = Clock()
    clock.install(monkeypatch)
    return clock


@pytest.fixture
def store() -> Iterator[Store]:
    """A bucket and a table in memory."""
    with aws_in_memory.empty_account():
        table = aws_in_memory.create_bucket_and_table("bucket", "table")
        yield Store(aws_in_memory.client("s3"), "bucket", table)
