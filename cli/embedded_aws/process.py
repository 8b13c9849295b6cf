"""Tell apart two processes that have the same id, one after the other."""

from __future__ import annotations

import subprocess
from pathlib import Path


def start_time(pid: int) -> str | None:
    """Return the start time of a process as text from the operating system, or ``None`` if it has ended."""
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return None
    except ProcessLookupError:
        return None
    else:
        return None if state == "Z" else rest[18]  # field 22 of proc(5), "starttime"; the split drops the first two
    listing = subprocess.run(  # noqa: S603
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    state, _, start_time = listing.stdout.strip().partition(" ")
    return start_time.strip() or None if not state.startswith("Z") else None
