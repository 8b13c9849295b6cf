"""Fixtures and settings of all tests."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore.endpoint_provider import EndpointProvider
from botocore.loaders import JSONFileLoader

from labgrader.store import Store
from tests import aws_in_memory
from tests.clock import Clock
from tests.virtual_time import World

_load_file = JSONFileLoader.load_file


@cache
def _loaded(path: str) -> Any:
    return _load_file(JSONFileLoader(), path)


JSONFileLoader.load_file = lambda _, path: _loaded(path)  # type: ignore[method-assign,assignment]
"""Read AWS's service models once a process: reading them took half of the time of a test."""

_make_provider = EndpointProvider.__init__
_rulesets: dict[tuple[int, int], tuple[Any, Any, Any]] = {}


def _provide(provider: EndpointProvider, ruleset_data: Any, partition_data: Any, excluded_params: Any = None) -> None:
    """Build the endpoint rules of a service once a process: that took a third of the time to create a client."""
    key = id(ruleset_data), id(partition_data)
    if key not in _rulesets:
        _make_provider(provider, ruleset_data, partition_data, excluded_params)
        _rulesets[key] = provider.ruleset, ruleset_data, partition_data  # kept alive, so that their ids stay unique
    provider.ruleset = _rulesets[key][0]
    vars(provider)["_excluded_params"] = excluded_params or frozenset()


EndpointProvider.__init__ = _provide  # type: ignore[method-assign,assignment]


LAST = ("test_schedule.py", "test_faults.py", "test_sharing.py")
"""Test files of `tests/workflow` that wait until the audit of the schedule has ended. They run last."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Move the tests that wait for the schedule to the end, and group the workflow tests for ``--dist loadgroup``.

    The tests of `tests/workflow` share one deployed stack, so they are one group.
    """
    items.sort(key=lambda item: LAST.index(item.path.name) + 1 if _waits_for_the_schedule(item) else 0)
    if not config.pluginmanager.has_plugin("xdist"):
        return
    here = Path(__file__).parent
    for item in items:
        if item.get_closest_marker("workflow"):
            file = item.path.relative_to(here)
            item.add_marker(pytest.mark.xdist_group(file.parts[0] if file.parts[0] == "workflow" else str(file)))


def _waits_for_the_schedule(item: pytest.Item) -> bool:
    return item.path.parent == Path(__file__).parent / "workflow" and item.path.name in LAST


def pytest_collection_finish() -> None:
    """Exclude imported modules from garbage collection. They stay until the end, and scanning them costs time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session", autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the session, and every command that it starts, out of the user's folders."""
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
    """The clock of this process. Only sleeping moves it."""
    clock = Clock()
    clock.install(monkeypatch)
    return clock


@pytest.fixture
def store() -> Iterator[Store]:
    """A bucket and a table in memory."""
    with aws_in_memory.empty_account():
        table = aws_in_memory.create_bucket_and_table("bucket", "table")
        yield Store(aws_in_memory.client("s3"), "bucket", table)


@pytest.fixture
def virtual_time(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of a world without real time: only the test moves it."""
    world = World(clock)
    monkeypatch.setattr(asyncio, "SelectorEventLoop", world.new_loop)
    monkeypatch.setattr(asyncio, "new_event_loop", world.new_loop)
    monkeypatch.setattr(World, "active", world)
    return clock
