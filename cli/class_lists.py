"""Read class lists for the commands that take one, and show what was passed over or changed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cli.output import console
from labgrader.rosters.accounts import AccountsFile


def accounts_file(file: Path | None) -> AccountsFile | None:
    """Return the file of ``--accounts``; None without the option.

    Raises:
        OSError: the file cannot be read.
    """
    return None if file is None else AccountsFile(file.read_bytes(), str(file))


def show_notices(notices: Iterable[str]) -> None:
    """Print what was passed over or changed in a class list, one line each. ``--quiet`` hides nothing of it."""
    for notice in notices:
        console.error(f"notice: {notice}")
