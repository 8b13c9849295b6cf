"""Ports of this machine, on its loopback address."""

from __future__ import annotations

import socket

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
