"""The embedded AWS: MiniStack as a child process, on a free port, without the instructor's credentials.

A long-running one (``labgrader up``) is remembered in the state folder (``embedded.json``); one that lasts as long as a
command (``demo``, ``verify``) is not, and ends with that command, however the command ends. ``guard.py`` sees to it
that no process of either is left behind.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO

from cli.embedded_aws import reaper, work_folder
from cli.embedded_aws.instance import (
    ACCESS_KEY,
    ACCOUNT_ID,
    REGION,
    SECRET_KEY,
    TIMEOUTS,
    Embedded,
    Timeouts,
    environment,
)
from cli.embedded_aws.ports import listen
from cli.embedded_aws.process import start_time
from cli.errors import TargetError
from cli.output import console
from cli.project import DEFAULT_PORT, state_folder

__all__ = [
    "ACCESS_KEY",
    "ACCOUNT_ID",
    "REGION",
    "SECRET_KEY",
    "Embedded",
    "Timeouts",
    "environment",
    "log_file",
    "remember",
    "running",
    "start",
    "startup_lock",
    "stop",
    "stop_running",
    "temporary",
]


def start(
    port: int | None = None, *, enforce_iam: bool = False, lasting: bool = False, timeouts: Timeouts = TIMEOUTS
) -> Embedded:
    """Start an embedded AWS and wait until it is well.

    Args:
        port: where it shall listen; ``None`` for 4566, or any free port when that is taken.
        enforce_iam: enforce roles and policies.
        lasting: it outlives this process, and is remembered for ``running``; otherwise it ends with this process.
        timeouts: when to give up.

    Raises:
        TargetError: the port is taken (only when it was asked for), or MiniStack does not start.
    """
    listening = listen(port, preferred=DEFAULT_PORT if lasting else None)
    if listening is None:
        raise TargetError(f"port {port} is already in use; choose another one with --port, or leave --port away")
    with listening:
        chosen = int(listening.getsockname()[1])
        made, process, log = _start(listening.fileno(), chosen, enforce_iam=enforce_iam, lasting=lasting)
    with log:
        try:
            _wait_until_well(made, process, log, timeouts)
            if lasting:
                remember(made)
        except BaseException:
            stop(made, timeouts)
            raise
    return made


def _start(
    listening: int, port: int, *, enforce_iam: bool, lasting: bool
) -> tuple[Embedded, subprocess.Popen[bytes], IO[bytes]]:
    """Start the guard, and with it MiniStack on a socket that listens already; return its log, too."""
    state_folder().mkdir(parents=True, exist_ok=True)
    work_folder.remove_leftovers()
    work, lock = work_folder.make()
    guarded = ["--listening", str(listening), *([] if lasting else ["--lifeline"]), str(work)]
    log = (log_file() if lasting else work / "log").open("w+b")
    try:
        process = subprocess.Popen(  # noqa: S603  (ourselves)
            [
                *[sys.executable, "-I", str(Path(reaper.__file__)), *guarded],
                *[sys.executable, "-m", "cli.embedded_aws.emulator", str(listening)],
            ],
            stdin=subprocess.DEVNULL if lasting else subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment(port, work, enforce_iam=enforce_iam),
            start_new_session=True,
            pass_fds=(lock, listening),
        )
    except BaseException:
        log.close()
        raise
    finally:
        os.close(lock)
    _started[process.pid] = process
    return Embedded(process.pid, start_time(process.pid) or "", port, enforce_iam, str(work)), process, log


_started: dict[int, subprocess.Popen[bytes]] = {}
"""The guards that this process started; the standard input of those that end with it stays open as long as it lives."""


@contextlib.contextmanager
def temporary(*, enforce_iam: bool = False, timeouts: Timeouts = TIMEOUTS) -> Iterator[Embedded]:
    """Run an embedded AWS for as long as a block lasts, on a port of its own, unknown to every other command.

    If it cannot be stopped, the block's result still counts: that is a warning on standard error.

    Args:
        enforce_iam: enforce roles and policies.
        timeouts: when to give up.

    Raises:
        TargetError: it does not start.
    """
    made = start(enforce_iam=enforce_iam, timeouts=timeouts)
    try:
        yield made
    finally:
        try:
            stop(made, timeouts)
        except TargetError as error:
            console.error(f"warning: {error}")


@contextlib.contextmanager
def startup_lock() -> Iterator[None]:
    """Keep other commands from starting one at the same moment: the second waits and finds that of the first."""
    state_folder().mkdir(parents=True, exist_ok=True)
    with (state_folder() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def running(timeouts: Timeouts = TIMEOUTS) -> Embedded | None:
    """Return the embedded AWS that ``up`` started and that still runs, or ``None``.

    Args:
        timeouts: when to give up.

    Raises:
        TargetError: it runs, but does not answer.
    """
    made = _remembered()
    if made is None:
        return None
    if start_time(made.pid) != made.born:
        _state_file().unlink(missing_ok=True)
        return None
    if not made.healthy(timeouts.answer_s):
        raise TargetError(
            f"the embedded AWS (process {made.pid}) does not answer at {made.endpoint}; "
            "stop it with `labgrader down`, then start it with `labgrader up`"
        )
    return made


def remember(made: Embedded, outputs: Mapping[str, str] | None = None) -> None:
    """Write down what runs, and what the stack there put out, for the commands that come after this one."""
    made = made if outputs is None else replace(made, outputs=dict(outputs))
    file = _state_file()
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps({**asdict(made), "endpoint": made.endpoint}, indent=1) + "\n", encoding="utf-8")
    fresh.replace(file)


def stop(made: Embedded, timeouts: Timeouts = TIMEOUTS) -> None:
    """Stop an embedded AWS and every process it started, and delete its files.

    The guard kills first and deletes then. Files that are not deleted in time, or cannot be, are a warning on standard
    error.

    Args:
        made: the embedded AWS.
        timeouts: when to give up.

    Raises:
        TargetError: something of it still runs.
    """
    process = _started.get(made.pid)
    if process is not None and process.stdin is not None:
        process.stdin.close()
    if start_time(made.pid) == made.born:
        with contextlib.suppress(ProcessLookupError):
            os.kill(made.pid, signal.SIGTERM)
    ended = _wait(lambda: _ended(made) or not _processes(made), timeouts.kill_s) and _wait(
        lambda: _ended(made), timeouts.delete_s
    )
    if left := ",".join(str(pid) for pid in sorted(_processes(made))):
        raise TargetError(
            f"the embedded AWS does not stop: process {left} does not end; see `ps -o pid,ppid,stat,args -p {left}`"
        )
    if not ended:
        console.error(
            "warning: the embedded AWS has stopped; its temporary files are still being deleted in the background. "
            f"If the folder remains, delete it: rm -rf {shlex.quote(made.work)}"
        )
    elif Path(made.work).name.startswith(work_folder.PREFIX) and not work_folder.delete(Path(made.work)):
        console.error(
            "warning: the embedded AWS has stopped; its temporary files could not be deleted. "
            f"Delete them: rm -rf {shlex.quote(made.work)}"
        )
    if (remembered := _remembered()) is not None and remembered.pid == made.pid:
        _state_file().unlink(missing_ok=True)


def _ended(made: Embedded) -> bool:
    """Return whether the guard has ended; reap it if this process started it."""
    process = _started.get(made.pid)
    if process is not None:
        if process.poll() is None:
            return False
        del _started[made.pid]
    return start_time(made.pid) != made.born


def _processes(made: Embedded) -> list[int]:
    """The processes that the guard has not killed yet."""
    return reaper.descendants(made.pid) if start_time(made.pid) == made.born else []


def _wait(condition: Callable[[], bool], timeout_s: float) -> bool:
    """Wait until a condition holds; return False if it does not within the time."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.05)
    return True


def stop_running(timeouts: Timeouts = TIMEOUTS) -> Embedded | None:
    """Stop the embedded AWS that ``up`` started, answering or not; return it, or ``None`` where none ran.

    Args:
        timeouts: when to give up.

    Raises:
        TargetError: something of it still runs.
    """
    made = _remembered()
    if made is None:
        return None
    lives = start_time(made.pid) == made.born
    stop(made, timeouts)
    return made if lives else None


def log_file() -> Path:
    """Where the embedded AWS that ``up`` started writes what it has to say."""
    return state_folder() / "embedded.log"


def _wait_until_well(made: Embedded, process: subprocess.Popen[bytes], log: IO[bytes], timeouts: Timeouts) -> None:
    deadline = time.monotonic() + timeouts.start_s
    while time.monotonic() < deadline:
        if process.poll() is not None:
            log.seek(0)  # the file itself may be gone with the work folder
            last = log.read().decode("utf-8", "replace").strip().splitlines()[-5:]
            raise TargetError("\n".join([f"the embedded AWS did not start on port {made.port}:", *last]))
        if made.healthy(timeouts.answer_s):
            return
        time.sleep(0.05)
    raise TargetError(f"the embedded AWS did not answer within {timeouts.start_s:.0f} s on port {made.port}")


def _state_file() -> Path:
    return state_folder() / "embedded.json"


def _remembered() -> Embedded | None:
    """What the state file says; a file that is not ours to read is worth nothing."""
    try:
        document = json.loads(_state_file().read_text(encoding="utf-8"))
        return Embedded(
            pid=int(document["pid"]),
            born=str(document["born"]),
            port=int(document["port"]),
            enforce_iam=bool(document["enforce_iam"]),
            work=str(document["work"]),
            outputs=dict(document["outputs"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
