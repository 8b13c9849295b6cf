"""Wait for a condition, and test whether a process is alive."""

from __future__ import annotations

import time
from collections.abc import Callable

from cli.embedded_aws import reaper


def eventually(condition: Callable[[], bool], timeout_s: float = 600.0) -> bool:
    """Wait until a condition holds. Return False if it does not hold in time."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def alive(pid: int) -> bool:
    """Return whether a process is alive."""
    return pid in {process for process, _ in reaper.processes()}
