"""The folder for temporary files of an embedded AWS, locked for as long as the guard of that embedded AWS lives."""

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

    The folder gets its final name when it is locked, so that `remove_leftovers` never takes it for a leftover.

    Returns:
        The folder, and the file descriptor that holds the lock. Pass the descriptor to the guard and close it here: the
        lock then ends with the guard.
    """
    unlocked = Path(tempfile.mkdtemp(prefix=_UNLOCKED_PREFIX, dir=state_folder()))
    lock = os.open(unlocked, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return unlocked.rename(unlocked.with_name(PREFIX + unlocked.name.removeprefix(_UNLOCKED_PREFIX))), lock


def delete(folder: Path) -> bool:
    """Delete a work folder; return False if some of it is still there."""
    shutil.rmtree(folder, ignore_errors=True)
    return not os.path.lexists(folder)


def remove_leftovers() -> None:
    """Delete this user's work folders whose guard is gone: it was killed before it could delete them."""
    for folder in state_folder().glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):  # a lock that is held, another user's folder, or already deleted
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(lock).st_uid == os.getuid():
                    delete(folder)
            finally:
                os.close(lock)
