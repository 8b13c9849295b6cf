"""Runs one command and sees to it that nothing of it survives: a stand-alone script, started in its own session.

    python -I guard.py [--lifeline] [--listening DESCRIPTOR] WORK_FOLDER COMMAND…

``--listening`` names a socket that the command inherits; this process closes its own copy, so that the port is free as
soon as the command has ended.

The embedded AWS starts a worker process for every function that is called, and what a student's code starts is
anybody's guess. This process adopts them all (on Linux, as a "child subreaper": prctl(2)), so that no descendant can
leave. It kills them all and then, however long that takes, deletes the work folder when

- it is sent SIGTERM, SIGINT or SIGHUP,
- the command ends,
- with ``--lifeline``: the process that started it ends, however abruptly (its end of the pipe on standard
  input closes).

It imports nothing of ours, and only what every Python has.
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
    """Run the command until it ends or somebody wants it to."""
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
        # this process has one thread, so that the child may run Python before exec
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
    """Ask the kernel to keep track of our descendants, where it can (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def ended(pid: int) -> bool:
    """Bury the children that have ended (adopted ones too); say whether ``pid`` was among them."""
    while True:
        try:
            buried, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return True
        if buried == pid:
            return True
        if buried == 0:
            return False


def kill_all() -> None:
    """Kill every descendant, and those that are adopted when their parents die, until none is left.

    A process that the kernel does not let go is waited for: who stops the embedded AWS sees it among our descendants.
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
    """The processes below a process that still run, in no particular order; zombies are left out."""
    children: dict[int, list[int]] = {}
    for pid, parent in processes():
        children.setdefault(parent, []).append(pid)
    found: list[int] = []
    open_ = [root]
    while open_:
        below = children.get(open_.pop(), [])
        found += below
        open_ += below
    return found


def processes() -> list[tuple[int, int]]:
    """Every process that is not a zombie, with its parent: from /proc, or from ps where there is none (macOS)."""
    found = []
    if Path("/proc/self/stat").exists():
        for entry in os.listdir("/proc"):  # noqa: PTH208  (names are all we want, many times a second)
            if not entry.isdecimal():
                continue
            try:
                # "pid (name) state parent …": the name may hold spaces and parentheses
                state, parent = Path(f"/proc/{entry}/stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
            except (OSError, ValueError):
                continue  # it has ended meanwhile
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
