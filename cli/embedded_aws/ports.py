"""Listen on ports of the loopback address."""

from __future__ import annotations

import socket

from cli.errors import UsageError

HOST = "127.0.0.1"
"""The only address that listens. Student code runs there without a sandbox, so other machines must not reach it."""

BACKLOG = 100
"""Connections that may wait to be accepted: the default of hypercorn, the server of MiniStack."""


def listen(port: int | None, preferred: int | None = None) -> socket.socket | None:
    """Listen on a port of the loopback address.

    A port has only one listener. A caller that passes this socket to its server cannot lose the port to another process
    in between.

    Args:
        port: the port; ``None`` for any free one.
        preferred: without ``port``, the port to try first.

    Returns:
        The socket, or ``None`` if ``port`` is in use.

    Raises:
        UsageError: the port is not from 1 to 65535.
    """
    if port is not None:
        if not 0 < port < 65536:
            raise UsageError(f"{port} is not a port; choose one from 1 to 65535")
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
    """Return whether a server listens on a port. On macOS, binding succeeds if a server listens on every address."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
