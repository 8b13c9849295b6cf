"""Ports of this machine, on its loopback address."""

from __future__ import annotations

import socket

from cli.errors import UsageError

HOST = "127.0.0.1"
"""Student code runs unsandboxed behind this address: nobody outside this machine gets to reach it."""

BACKLOG = 100
"""Connections that wait to be accepted: what hypercorn, the server of MiniStack, asks for by default."""


def listen(port: int | None, preferred: int | None = None) -> socket.socket | None:
    """Listen on a port of the loopback address.

    The kernel gives a port to one listener only. A caller that keeps this socket and lets a server accept on it cannot
    lose the port to another process between the search and the use.

    Args:
        port: the port; ``None`` for any free one.
        preferred: without ``port``: the port to try first.

    Returns:
        The socket, or ``None`` if ``port`` is taken.

    Raises:
        UsageError: there is no such port.
    """
    if port is not None:
        if not 0 < port < 65536:
            raise UsageError(f"there is no port {port}: it is 1 to 65535")
        return _listen(port)
    return (_listen(preferred) if preferred is not None else None) or _listen(0)


def _listen(port: int) -> socket.socket | None:
    if port and _answers(port):
        return None
    listening = socket.socket()
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        return None
    return listening


def _answers(port: int) -> bool:
    """Return whether a server answers there: macOS would let us listen beside one that listens on every address."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
