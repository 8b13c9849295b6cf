"""The embedded AWS: starts beside others, leaves nothing behind, and never sees the instructor's credentials."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli import embedded, guard
from cli.errors import TargetError, UsageError
from cli.project import ROOT, state_folder


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABGRADER_STATE", str(tmp_path / "state"))


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def alive(pid: int) -> bool:
    return pid in {one for one, _ in guard.processes()}


def test_it_sees_nothing_of_the_instructors_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "GITHUB_TOKEN", "HTTPS_PROXY", "PYTHONPATH"):
        monkeypatch.setenv(name, "the instructor's")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREAL")
    made = embedded.environment(4566, tmp_path, enforce_iam=True)
    assert "the instructor's" not in made.values()
    assert made["AWS_ACCESS_KEY_ID"] == "test"
    assert made["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert made["AWS_EC2_METADATA_DISABLED"] == "true"
    assert made["HOME"] == str(tmp_path)
    assert made["BIND_HOST"] == "127.0.0.1"
    assert made["AUTH"] == "true"
    assert embedded.environment(4566, tmp_path)["AUTH"] == "false"


def test_a_port_that_was_asked_for_and_is_taken(busy_port: int) -> None:
    with pytest.raises(TargetError) as refused:
        embedded.start(busy_port)
    assert str(refused.value) == (
        f"port {busy_port} is already in use; choose another one with --port, or leave --port away"
    )


@pytest.mark.parametrize("port", [0, 65536, -1])
def test_a_port_that_is_none(port: int) -> None:
    with pytest.raises(UsageError, match=f"there is no port {port}: it is 1 to 65535"):
        embedded.start(port)


def test_a_state_file_of_a_process_that_is_gone_is_forgotten() -> None:
    state_folder().mkdir()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    embedded.remember(embedded.Embedded(gone.pid, "1", 1, False, ""))
    assert embedded.running() is None
    assert not (state_folder() / "embedded.json").exists()


def test_a_number_that_was_used_again_is_another_process() -> None:
    state_folder().mkdir()
    embedded.remember(embedded.Embedded(os.getpid(), "born long ago", 1, False, ""))
    assert embedded.stop_running() is None
    assert not (state_folder() / "embedded.json").exists()


def test_a_broken_state_file_is_worth_nothing() -> None:
    state_folder().mkdir()
    (state_folder() / "embedded.json").write_text("{")
    assert embedded.running() is None


@pytest.mark.workflow
def test_it_starts_is_found_and_stops_without_a_trace(tmp_path: Path) -> None:
    made = embedded.start(lasting=True)
    try:
        found = embedded.running()
        assert found == made
        document = json.loads((state_folder() / "embedded.json").read_text())
        assert document["endpoint"] == made.endpoint == f"http://127.0.0.1:{made.port}"
        family = [made.pid, *guard.descendants(made.pid)]
        assert len(family) >= 2
    finally:
        assert embedded.stop_running() == made
    assert not [pid for pid in family if alive(pid)]
    assert not Path(made.work).exists()
    assert embedded.running() is None
    assert embedded.stop_running() is None


def test_one_that_does_not_start_says_what_it_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The interpreter is one that has no MiniStack."""
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho no room >&2\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(TargetError, match=r"^the embedded AWS did not start on port \d+:\nno room$"):
        embedded.start()


@pytest.mark.workflow
def test_two_run_side_by_side() -> None:
    with embedded.temporary() as one, embedded.temporary(enforce_iam=True) as other:
        assert one.port != other.port
        assert one.healthy()
        assert other.healthy()
    assert not one.healthy(1.0)


@pytest.mark.workflow
@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_it_ends_with_the_command_that_started_it(signal_number: int, tmp_path: Path) -> None:
    """Even a command that is killed outright takes it along, and everything it started."""
    script = (
        "import time\nfrom cli import embedded\nmade = embedded.start()\n"
        "print(made.pid, made.port, made.work, flush=True)\ntime.sleep(60)\n"
    )
    command = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert command.stdout is not None
    pid, _, work = command.stdout.readline().split()
    command.stdout.close()
    family = [int(pid), *guard.descendants(int(pid))]
    command.send_signal(signal_number)
    command.wait()
    assert eventually(lambda: not any(alive(one) for one in family))
    assert eventually(lambda: not Path(work).exists())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process adopt its grandchildren")
def test_the_guard_kills_what_tries_to_leave(tmp_path: Path) -> None:
    """A grandchild in a session of its own, whose parent has ended, is still found."""
    work = tmp_path / "work"
    work.mkdir()
    escape = (
        "import subprocess, sys, time, pathlib\n"
        "left = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], start_new_session=True)\n"
        f"pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(left.pid))\n"
        "left.returncode = 0\n"
        "time.sleep(0.3 if sys.argv[1] == 'ends' else 60)\n"
    )
    for how in ("ends", "is stopped"):
        work.mkdir(exist_ok=True)
        (tmp_path / "pid").unlink(missing_ok=True)
        watching = subprocess.Popen(
            [sys.executable, "-I", str(Path(guard.__file__)), str(work), sys.executable, "-c", escape, how],
            start_new_session=True,
        )
        assert eventually(lambda: (tmp_path / "pid").is_file() and (tmp_path / "pid").read_text() != "")
        escaped = int((tmp_path / "pid").read_text())
        assert alive(escaped)
        if how == "is stopped":
            watching.terminate()
        assert watching.wait(10) == 0
        assert not alive(escaped)
        assert not work.exists()
