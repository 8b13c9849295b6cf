"""What the tests of the load tester stand on."""

from __future__ import annotations

import asyncio

import pytest

from tests.clock import Clock
from tests.load_testing.virtual_time import World


@pytest.fixture
def virtual_time(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A world whose time only passes where a test says so; its clock."""
    world = World(clock)
    monkeypatch.setattr(asyncio, "SelectorEventLoop", world.new_loop)
    monkeypatch.setattr(asyncio, "new_event_loop", world.new_loop)
    monkeypatch.setattr(World, "active", world)
    return clock
