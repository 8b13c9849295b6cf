"""Run one command, and kill all of its processes at the end: a stand-alone script, started in its own session.

    python -I reaper.py [--lifeline] [--listening DESCRIPTOR] WORK_FOLDER COMMAND…

``--listening`` is the file descriptor of a socket that the command inherits. This process closes its copy, so the port
is free when the command has ended.

The embedded AWS starts a worker process for every invoked function, and a student's code may start any processes. This
process adopts all of them (on Linux, as a "child subreaper": prctl(2)), so no descendant can escape. It kills them all
and then deletes the work folder

- on SIGTERM, SIGINT or SIGHUP,
- when the command ends,
- with ``--lifeline``, when the process that started it ends in any way: its end of the pipe on standard input closes.

It imports only the standard library.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def main(arguments: list[str]) -> int:
    """Run the command until it ends, a signal arrives or the lifeline closes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lifeline", action="store_true")
    parser.add_argument("--listening", type=int)
    parser.add_argument("work", type=Path)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args(arguments)
    work = options.work
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    started = subprocess.Popen(  # noqa: S603  (the command is ours)
        options.command,
        cwd=work,
        stdin=subprocess.DEVNULL,
        pass_fds=() if options.listening is None else (options.listening,),
        # this is safe because the process has one thread
        preexec_fn=lambda: prctl(PR_SET_PDEATHSIG, signal.SIGKILL),  # noqa: PLW1509
    )
    if options.listening is not None:
        os.close(options.listening)
    watched = [woken, *([sys.stdin.fileno()] if options.lifeline else [])]
    while True:
        ready, _, _ = select.select(watched, [], [], 0.5)
        if ready or ended(started.pid):
            break
    kill_all()
    shutil.rmtree(work, ignore_errors=True)
    return 0


def prctl(option: int, value: int) -> None:
    """Call prctl(2). It exists only on Linux; other systems do nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def ended(pid: int) -> bool:
    """Reap all children that have ended, with the adopted ones. Return whether ``pid`` was one of them."""
    while True:
        try:
            reaped, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return True
        if reaped == pid:
            return True
        if reaped == 0:
            return False


def kill_all() -> None:
    """Kill all descendants until none is left. Descendants of killed processes are adopted and killed, too.

    A process that the kernel cannot end yet is waited for. `server.stop` sees it as a descendant of this process.
    """
    pause = 0.02
    while remaining := descendants(os.getpid()):
        for pid in remaining:
            try:
                os.kill(pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue
        ended(0)
        time.sleep(pause)
        pause = min(1.0, pause * 1.5)
    ended(0)


def descendants(root: int) -> list[int]:
    """Return the running descendants of a process in no particular order, without zombies."""
    children: dict[int, list[int]] = {}
    for pid, parent in processes():
        children.setdefault(parent, []).append(pid)
    found: list[int] = []
    to_visit = [root]
    while to_visit:
        below = children.get(to_visit.pop(), [])
        found += below
        to_visit += below
    return found


def processes() -> list[tuple[int, int]]:
    """Return the id and the parent's id of every process that is not a zombie: from /proc, or from ps on macOS."""
    found = []
    if Path("/proc/self/stat").exists():
        for entry in os.listdir("/proc"):  # noqa: PTH208  (faster than Path.iterdir, and called often)
            if not entry.isdecimal():
                continue
            try:
                # "pid (name) state parent …": the name may have spaces and parentheses
                state, parent = Path(f"/proc/{entry}/stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
            except (OSError, ValueError):
                continue  # the process has ended
            if state != "Z":
                found.append((int(entry), int(parent)))
        return found
    with subprocess.Popen(["ps", "-A", "-o", "pid=,ppid=,stat="], stdout=subprocess.PIPE, text=True) as listing:  # noqa: S607
        for line in listing.stdout or ():
            pid, parent, state = line.split()[:3]
            if not state.startswith("Z") and int(pid) != listing.pid:
                found.append((int(pid), int(parent)))
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
