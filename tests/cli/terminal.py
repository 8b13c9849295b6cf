"""Standard output that is a terminal of a given width."""

from __future__ import annotations

import re
import sys

import pytest


def be_a_terminal(monkeypatch: pytest.MonkeyPatch, columns: int = 80) -> None:
    """Make standard output a terminal."""
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)


def plain(text: str) -> str:
    """Return what a terminal shows, without its styles."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
