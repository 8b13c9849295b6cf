"""Ports of this machine, on its loopback address."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

from cli.errors import UsageError

HOST = "127.0.0.1"
"""Student code runs unsandboxed behind this address: nobody outside this machine gets to reach it."""


def is_free(port: int) -> bool:
    """Say whether nobody listens on a port.

    Raises:
        UsageError: there is no such port.
    """
    if not 0 < port < 65536:
        raise UsageError(f"there is no port {port}: it is 1 to 65535")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) != 0


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def one_start_at_a_time(port: int) -> Iterator[None]:
    """Let one process of this machine look for a port and listen on it; another one waits, and then finds it taken.

    Without this, two that start at once see the port free, and the second takes the server of the first for its own.

    Args:
        port: the port; the lock is a file in the folder for temporary files.
    """
    file = Path(tempfile.gettempdir()) / f"labgrader-port-{port}.lock"
    try:
        lock = os.open(file, os.O_RDONLY)  # another user's file can be locked, but not created again
    except FileNotFoundError:
        lock = os.open(file, os.O_RDONLY | os.O_CREAT, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
