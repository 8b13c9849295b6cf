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
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO

import urllib3

from cli import guard
from cli.errors import TargetError
from cli.ports import HOST, free_port, is_free
from cli.process import born
from cli.project import DEFAULT_PORT, state_folder

ACCOUNT_ID = "000000000000"
REGION = "us-east-1"
ACCESS_KEY = "test"
SECRET_KEY = "test"  # noqa: S105  (MiniStack's own root key: it opens nothing else)

ACCOUNT_CONCURRENCY = 10_000
"""Concurrent executions of the account: room for a class of the lab that reserves most, 150 for each student."""

START_SECONDS = 30.0
"""How long a start may take; on two idle cores it takes one second."""

STOP_SECONDS = guard.GIVE_UP_AFTER + 5.0

ANSWER_SECONDS = 10.0
"""How long it may take to say that it is well: while many functions start on few cores it is slow to answer."""

_WORK = "labgrader-aws-"
_KEPT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""What the embedded AWS, and with it every student's code, sees of the instructor's environment."""


@dataclass(frozen=True)
class Embedded:
    """A running embedded AWS.

    Args:
        pid: the process that guards it.
        born: when that process started, as the system tells it: a number that was used again is another process.
        port: where it listens, on 127.0.0.1.
        enforce_iam: whether roles and policies are enforced.
        work: its folder for temporary files, gone when it is.
        outputs: what the stack that is deployed there put out.
    """

    pid: int
    born: str
    port: int
    enforce_iam: bool
    work: str
    outputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def endpoint(self) -> str:
        """The address of every service."""
        return f"http://{HOST}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point any AWS tool at it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_DEFAULT_REGION": REGION,
        }

    def healthy(self, seconds: float = ANSWER_SECONDS) -> bool:
        """Ask whether it is well; wait at most ``seconds`` for the answer."""
        try:
            answer = urllib3.PoolManager(retries=False, timeout=seconds).request(
                "GET", f"{self.endpoint}/_ministack/health"
            )
        except (urllib3.exceptions.HTTPError, OSError):
            return False
        return answer.status == 200


def environment(port: int, work: Path, *, enforce_iam: bool = False) -> dict[str, str]:
    """Return the whole environment of an embedded AWS: nothing of the instructor's but the paths that Python needs.

    Args:
        port: where it listens.
        work: its home and its folder for temporary files.
        enforce_iam: whether roles and policies are enforced.
    """
    return {
        **{name: os.environ[name] for name in _KEPT if name in os.environ},
        "HOME": str(work),
        "TMPDIR": str(work),
        "S3_DATA_DIR": str(work / "s3"),
        "STATE_DIR": str(work / "state"),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,
        "LOG_LEVEL": "WARNING",
        "IOT_MTLS_ENABLED": "0",  # it would listen on port 8883 of every interface, whatever BIND_HOST says
        # each call in flight leaves a worker of 45 to 60 MB, for so many seconds
        "LAMBDA_WARM_TTL_SECONDS": "10",
        # an account whose limit was raised for a class; its own would depend on this machine's memory, and it lets
        # students reserve all of it, where AWS keeps 100 back
        "LAMBDA_ACCOUNT_CONCURRENCY": str(ACCOUNT_CONCURRENCY),
        "AUTH": "true" if enforce_iam else "false",
        # it would look for containers of its own to remove; there are none, and the instructor's are not its business
        "DOCKER_HOST": f"unix://{work}/no-docker.sock",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "*",
        "no_proxy": "*",
    }


def start(port: int | None = None, *, enforce_iam: bool = False, lasting: bool = False) -> Embedded:
    """Start an embedded AWS and wait until it is well.

    Args:
        port: where it shall listen; ``None`` for 4566, or any free port when that is taken.
        enforce_iam: enforce roles and policies.
        lasting: it outlives this process, and is remembered for ``running``; otherwise it ends with this process.

    Raises:
        TargetError: the port is taken (only when it was asked for), or MiniStack does not start.
    """
    if port is not None and not is_free(port):
        raise TargetError(f"port {port} is already in use; choose another one with --port, or leave --port away")
    chosen = port if port is not None else DEFAULT_PORT if is_free(DEFAULT_PORT) and lasting else free_port()
    state_folder().mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=_WORK, dir=state_folder()))
    command = [sys.executable, "-I", str(Path(guard.__file__)), *([] if lasting else ["--lifeline"]), str(work)]
    with (log_file() if lasting else work / "log").open("w+b") as log:
        process = subprocess.Popen(  # noqa: S603  (ourselves)
            [*command, sys.executable, "-m", "cli.emulator"],
            stdin=subprocess.DEVNULL if lasting else subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment(chosen, work, enforce_iam=enforce_iam),
            start_new_session=True,
        )
        _started[process.pid] = process
        made = Embedded(process.pid, born(process.pid) or "", chosen, enforce_iam, str(work))
        try:
            _wait_until_well(made, process, log)
            if lasting:
                remember(made)
        except BaseException:
            stop(made)
            raise
    return made


_started: dict[int, subprocess.Popen[bytes]] = {}
"""The guards that this process started; the standard input of those that end with it stays open as long as it lives."""


@contextlib.contextmanager
def temporary(*, enforce_iam: bool = False) -> Iterator[Embedded]:
    """Run an embedded AWS for as long as a block lasts, on a port of its own, unknown to every other command.

    Args:
        enforce_iam: enforce roles and policies.

    Raises:
        TargetError: it does not start.
    """
    made = start(enforce_iam=enforce_iam)
    try:
        yield made
    finally:
        stop(made)


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Keep other commands from starting one at the same moment: the second waits and finds that of the first."""
    state_folder().mkdir(parents=True, exist_ok=True)
    with (state_folder() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def running() -> Embedded | None:
    """Return the embedded AWS that ``up`` started and that still runs, or ``None``.

    Raises:
        TargetError: it runs, but does not answer.
    """
    made = _remembered()
    if made is None:
        return None
    if born(made.pid) != made.born:
        _state_file().unlink(missing_ok=True)
        return None
    if not made.healthy():
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


def stop(made: Embedded) -> None:
    """Stop an embedded AWS and every process it started, and remove its files.

    Raises:
        TargetError: something of it still runs.
    """
    process, deadline = _started.pop(made.pid, None), time.monotonic() + STOP_SECONDS
    if process is not None and process.stdin is not None:
        process.stdin.close()
    if born(made.pid) == made.born:
        with contextlib.suppress(ProcessLookupError):
            os.kill(made.pid, signal.SIGTERM)
    while born(made.pid) == made.born:
        if process is not None:
            process.poll()  # buries it
        if time.monotonic() > deadline:
            raise TargetError(f"process {made.pid} does not end; see `ps -o pid,ppid,args -g {made.pid}`")
        time.sleep(0.02)
    if process is not None:
        process.wait()
    if Path(made.work).name.startswith(_WORK):  # the guard has removed it, unless somebody killed the guard
        shutil.rmtree(made.work, ignore_errors=True)
    if (remembered := _remembered()) is not None and remembered.pid == made.pid:
        _state_file().unlink(missing_ok=True)


def stop_running() -> Embedded | None:
    """Stop the embedded AWS that ``up`` started, answering or not; return it, or ``None`` where none ran.

    Raises:
        TargetError: something of it still runs.
    """
    made = _remembered()
    if made is None:
        return None
    lives = born(made.pid) == made.born
    stop(made)
    return made if lives else None


def log_file() -> Path:
    """Where the embedded AWS that ``up`` started writes what it has to say."""
    return state_folder() / "embedded.log"


def _wait_until_well(made: Embedded, process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            log.seek(0)  # the file itself may be gone with the work folder
            last = log.read().decode("utf-8", "replace").strip().splitlines()[-5:]
            raise TargetError("\n".join([f"the embedded AWS did not start on port {made.port}:", *last]))
        if made.healthy(1.0):
            return
        time.sleep(0.05)
    raise TargetError(f"the embedded AWS did not answer within {START_SECONDS:.0f} s on port {made.port}")


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
