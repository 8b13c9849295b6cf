"""Fixtures of the tests in this folder."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use a state folder for this test only."""
    monkeypatch.setenv("LABGRADER_STATE", str(tmp_path / "state"))


@pytest.fixture
def busy_port() -> Iterator[int]:
    """Return a port with a listener."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]
