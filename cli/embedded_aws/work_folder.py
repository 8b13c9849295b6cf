"""The folder for temporary files of an embedded AWS. It is locked while the reaper of that embedded AWS runs."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

from cli.project import state_folder

PREFIX = "labgrader-embedded-"
_UNLOCKED_PREFIX = "labgrader-new-"


def make() -> tuple[Path, int]:
    """Create a work folder and lock it.

    The folder gets its final name after it is locked, so `remove_leftovers` never deletes it.

    Returns:
        The folder, and the file descriptor of the lock. Pass the descriptor to the reaper and close it here, so that
        the lock ends with the reaper.
    """
    unlocked = Path(tempfile.mkdtemp(prefix=_UNLOCKED_PREFIX, dir=state_folder()))
    lock = os.open(unlocked, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return unlocked.rename(unlocked.with_name(PREFIX + unlocked.name.removeprefix(_UNLOCKED_PREFIX))), lock


def delete(folder: Path) -> bool:
    """Delete a work folder. Return False if some of it remains."""
    shutil.rmtree(folder, ignore_errors=True)
    return not os.path.lexists(folder)


def remove_leftovers() -> None:
    """Delete this user's work folders that have no reaper, because it was killed before it deleted its folder."""
    for folder in state_folder().glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):  # locked, another user's folder, or already deleted
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(lock).st_uid == os.getuid():
                    delete(folder)
            finally:
                os.close(lock)
