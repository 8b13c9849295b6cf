"""The embedded AWS: MiniStack as a child process, on a free port, without the instructor's credentials.

That of ``labgrader up`` keeps running, and the file ``embedded.json`` in the state folder describes it. That of
``demo`` and ``verify`` ends with the command, also if the command is killed. ``reaper.py`` kills all processes of both.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
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
from cli.embedded_aws.saved_state import remember, remembered, state_file
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
    """Start an embedded AWS and wait until it is healthy.

    Args:
        port: the port; ``None`` for 4566, or for any free port if that is in use.
        enforce_iam: enforce roles and policies.
        lasting: keep it running after this process, and let ``running`` find it.
        timeouts: the maximum waits.

    Raises:
        UsageError: the port is not from 1 to 65535.
        TargetError: the port is in use, or MiniStack does not start.
    """
    listening = listen(port, preferred=DEFAULT_PORT if lasting else None)
    if listening is None:
        raise TargetError(f"port {port} is already in use; choose another one with --port, or omit --port")
    with listening:
        chosen = int(listening.getsockname()[1])
        made, process, log = _start(listening.fileno(), chosen, enforce_iam=enforce_iam, lasting=lasting)
    with log:
        try:
            _wait_until_healthy(made, process, log, timeouts)
            if lasting:
                remember(made)
        except BaseException:
            stop(made, timeouts)
            raise
    return made


def _start(
    listening: int, port: int, *, enforce_iam: bool, lasting: bool
) -> tuple[Embedded, subprocess.Popen[bytes], IO[bytes]]:
    """Start the reaper, which starts MiniStack on a listening socket. Return both and the log."""
    state_folder().mkdir(parents=True, exist_ok=True)
    work_folder.remove_leftovers()
    work, lock = work_folder.make()
    reaper_options = ["--listening", str(listening), *([] if lasting else ["--lifeline"]), str(work)]
    log = (log_file() if lasting else work / "log").open("w+b")
    try:
        process = subprocess.Popen(  # noqa: S603  (ourselves)
            [
                *[sys.executable, "-I", str(Path(reaper.__file__)), *reaper_options],
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
"""The reapers that this process started. A reaper with a lifeline ends when its standard input closes."""


@contextlib.contextmanager
def temporary(*, enforce_iam: bool = False, timeouts: Timeouts = TIMEOUTS) -> Iterator[Embedded]:
    """Run an embedded AWS during a block, on any free port. Other commands do not use it.

    If it cannot be stopped, print a warning and keep the result of the block.

    Args:
        enforce_iam: enforce roles and policies.
        timeouts: the maximum waits.

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
    """Prevent two commands from starting one at the same time. The second command waits and then finds it running."""
    state_folder().mkdir(parents=True, exist_ok=True)
    with (state_folder() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def running(timeouts: Timeouts = TIMEOUTS) -> Embedded | None:
    """Return the running embedded AWS of ``labgrader up``, or ``None``.

    Args:
        timeouts: the maximum waits.

    Raises:
        TargetError: it runs, but fails its health check.
    """
    made = remembered()
    if made is None:
        return None
    if start_time(made.pid) != made.born:
        state_file().unlink(missing_ok=True)
        return None
    if not made.healthy(timeouts.answer_s):
        raise TargetError(
            f"the embedded AWS (process {made.pid}) does not respond at {made.endpoint}; "
            "stop it with `labgrader down`, then start it with `labgrader up`"
        )
    return made


def stop(made: Embedded, timeouts: Timeouts = TIMEOUTS) -> None:
    """Stop an embedded AWS and every process it started, and delete its files.

    The reaper kills the processes and then deletes the files. Files that remain are a warning on standard error.

    Args:
        made: the embedded AWS.
        timeouts: the maximum waits.

    Raises:
        TargetError: one of its processes still runs.
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
            f"the embedded AWS did not stop: process {left} still runs; see `ps -o pid,ppid,stat,args -p {left}`"
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
    if (saved := remembered()) is not None and saved.pid == made.pid:
        state_file().unlink(missing_ok=True)


def _ended(made: Embedded) -> bool:
    """Return whether the reaper has ended. If this process started it, also collect its exit status."""
    process = _started.get(made.pid)
    if process is not None:
        if process.poll() is None:
            return False
        del _started[made.pid]
    return start_time(made.pid) != made.born


def _processes(made: Embedded) -> list[int]:
    """Return the processes that the reaper has not killed yet."""
    return reaper.descendants(made.pid) if start_time(made.pid) == made.born else []


def _wait(condition: Callable[[], bool], timeout_s: float) -> bool:
    """Wait until a condition holds. Return False if it does not hold after ``timeout_s`` seconds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.05)
    return True


def stop_running(timeouts: Timeouts = TIMEOUTS) -> Embedded | None:
    """Stop the embedded AWS of ``labgrader up``, healthy or not. Return it, or ``None`` if none was running.

    Args:
        timeouts: the maximum waits.

    Raises:
        TargetError: one of its processes still runs.
    """
    made = remembered()
    if made is None:
        return None
    lives = start_time(made.pid) == made.born
    stop(made, timeouts)
    return made if lives else None


def log_file() -> Path:
    """Return the log file of the embedded AWS of ``labgrader up``."""
    return state_folder() / "embedded.log"


def _wait_until_healthy(made: Embedded, process: subprocess.Popen[bytes], log: IO[bytes], timeouts: Timeouts) -> None:
    """Wait until an embedded AWS passes its health check.

    Raises:
        TargetError: it ended, or did not pass in time.
    """
    deadline = time.monotonic() + timeouts.start_s
    while time.monotonic() < deadline:
        if process.poll() is not None:
            log.seek(0)  # the file may have been deleted with the work folder
            last = log.read().decode("utf-8", "replace").strip().splitlines()[-5:]
            raise TargetError("\n".join([f"the embedded AWS did not start on port {made.port}:", *last]))
        if made.healthy(timeouts.answer_s):
            return
        time.sleep(0.05)
    raise TargetError(
        f"the embedded AWS did not respond on port {made.port} within {timeouts.start_s:.0f} s; try again"
    )
