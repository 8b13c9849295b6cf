"""The loop of load tests: it asks to be woken to the microsecond; how late it is, the benchmark ``load`` shows."""

from __future__ import annotations

import select
from typing import Any

import pytest

from labgrader.http.event_loop import new_loop


@pytest.mark.parametrize(("seconds", "waited"), [(0.0002, [0.0002]), (0.9, [0.9]), (0, [])])
def test_a_short_wait_is_not_rounded_up_to_milliseconds(
    monkeypatch: pytest.MonkeyPatch, seconds: float, waited: list[float]
) -> None:
    """``epoll`` counts in milliseconds: 0.2 ms would take 1."""
    waits: list[float] = []

    def at_once(read: list[int], write: list[int], odd: list[int], timeout: float) -> Any:
        waits.append(timeout)
        return [], [], []

    monkeypatch.setattr(select, "select", at_once)
    loop: Any = new_loop()
    loop._selector.select(seconds)
    loop.close()
    assert waits == waited
