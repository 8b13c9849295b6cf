"""The embedded AWS: starts beside others, leaves nothing behind, and never sees the instructor's credentials."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.embedded_aws import reaper, server, work_folder
from cli.embedded_aws.ports import listen
from cli.embedded_aws.process import start_time
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


def eventually(condition: Callable[[], bool], timeout_s: float = 600.0) -> bool:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def alive(pid: int) -> bool:
    return pid in {one for one, _ in reaper.processes()}


def test_it_sees_nothing_of_the_instructors_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "GITHUB_TOKEN", "HTTPS_PROXY", "PYTHONPATH"):
        monkeypatch.setenv(name, "the instructor's")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREAL")
    made = server.environment(4566, tmp_path, enforce_iam=True)
    assert "the instructor's" not in made.values()
    assert made["AWS_ACCESS_KEY_ID"] == "test"
    assert made["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert made["AWS_EC2_METADATA_DISABLED"] == "true"
    assert made["HOME"] == str(tmp_path)
    assert made["BIND_HOST"] == "127.0.0.1"
    assert made["AUTH"] == "true"
    assert server.environment(4566, tmp_path)["AUTH"] == "false"


def test_a_port_that_was_asked_for_and_is_taken(busy_port: int) -> None:
    with pytest.raises(TargetError) as refused:
        server.start(busy_port)
    assert str(refused.value) == (
        f"port {busy_port} is already in use; choose another one with --port, or leave --port away"
    )


@pytest.mark.parametrize("port", [0, 65536, -1])
def test_a_port_that_is_none(port: int) -> None:
    with pytest.raises(UsageError, match=f"there is no port {port}: it is 1 to 65535"):
        server.start(port)


def test_a_state_file_of_a_process_that_is_gone_is_forgotten() -> None:
    state_folder().mkdir()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    server.remember(server.Embedded(gone.pid, "1", 1, False, ""))
    assert server.running() is None
    assert not (state_folder() / "embedded.json").exists()


def test_a_number_that_was_used_again_is_another_process() -> None:
    state_folder().mkdir()
    server.remember(server.Embedded(os.getpid(), "born long ago", 1, False, ""))
    assert server.stop_running() is None
    assert not (state_folder() / "embedded.json").exists()


def test_a_broken_state_file_is_worth_nothing() -> None:
    state_folder().mkdir()
    (state_folder() / "embedded.json").write_text("{")
    assert server.running() is None


@pytest.mark.workflow
def test_it_starts_is_found_and_stops_without_a_trace(tmp_path: Path) -> None:
    made = server.start(lasting=True)
    try:
        found = server.running()
        assert found == made
        document = json.loads((state_folder() / "embedded.json").read_text())
        assert document["endpoint"] == made.endpoint == f"http://127.0.0.1:{made.port}"
        family = [made.pid, *reaper.descendants(made.pid)]
        assert len(family) >= 2
    finally:
        assert server.stop_running() == made
    assert not [pid for pid in family if alive(pid)]
    assert not Path(made.work).exists()
    assert server.running() is None
    assert server.stop_running() is None


def test_one_that_does_not_start_says_what_it_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The interpreter is one that has no MiniStack."""
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho no room >&2\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(TargetError, match=r"^the embedded AWS did not start on port \d+:\nno room$"):
        server.start()


@pytest.mark.workflow
def test_two_run_side_by_side() -> None:
    with server.temporary() as one, server.temporary(enforce_iam=True) as other:
        assert one.port != other.port
        assert one.healthy()
        assert other.healthy()
    assert not one.healthy(1.0)


@pytest.mark.workflow
@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_it_ends_with_the_command_that_started_it(signal_number: int, tmp_path: Path) -> None:
    """Even a command that is killed outright takes it along, and everything it started."""
    script = (
        "import signal\nfrom cli.embedded_aws import server\n"
        # a job in the background of a shell inherits that these are ignored
        "for number in (signal.SIGINT, signal.SIGHUP):\n    signal.signal(number, signal.SIG_DFL)\n"
        "made = server.start()\nprint(made.pid, made.work, flush=True)\nsignal.pause()\n"
    )
    command = subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert command.stdout is not None
    pid, work = command.stdout.readline().split()
    command.stdout.close()
    family = [int(pid), *reaper.descendants(int(pid))]
    command.send_signal(signal_number)
    command.wait()
    assert eventually(lambda: not any(alive(one) for one in family))
    assert eventually(lambda: not Path(work).exists())


NO_TIME = server.Timeouts(kill_s=0.0, delete_s=0.0)


@contextmanager
def stand_in(script: str, work: Path) -> Iterator[server.Embedded]:
    """Run a script in place of the reaper. It prints one line when it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield server.Embedded(process.pid, str(start_time(process.pid)), 1, False, str(work))
    finally:
        for pid in [*reaper.descendants(process.pid), process.pid]:
            os.kill(pid, signal.SIGKILL)
        process.communicate()


def test_files_that_take_long_to_delete_are_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The guard has no process below it any more, and does not end: it deletes files."""
    deletes = "import signal, time\nsignal.signal(signal.SIGTERM, lambda *_: None)\nprint(flush=True)\n"
    work = tmp_path / "labgrader-embedded-x y"
    work.mkdir()
    with stand_in(deletes + "while True: signal.pause()", work) as made:
        server.stop(made, NO_TIME)
        assert start_time(made.pid) == made.born, "it goes on"
    assert capsys.readouterr().err == (
        "warning: the embedded AWS has stopped; its temporary files are still being deleted in the background. "
        f"If the folder remains, delete it: rm -rf '{work}'\n"
    )
    assert work.exists(), "it is the guard's to delete"


SURVIVES = (
    "import signal, subprocess, sys\nsignal.signal(signal.SIGTERM, lambda *_: None)\n"
    "subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'])\nprint(flush=True)\n"
    "while True: signal.pause()"
)


def test_a_process_that_survives_is_an_error_of_down(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state_folder().mkdir()
    with stand_in(SURVIVES, tmp_path / "labgrader-embedded-x") as made:
        server.remember(made)
        (child,) = reaper.descendants(made.pid)
        with pytest.raises(TargetError) as refused:
            server.stop_running(NO_TIME)
        assert str(refused.value) == (
            f"the embedded AWS does not stop: process {child} does not end; see `ps -o pid,ppid,stat,args -p {child}`"
        )
        assert (state_folder() / "embedded.json").exists(), "`labgrader down` can be tried again"
    assert capsys.readouterr().err == ""


def test_a_process_that_survives_costs_no_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The interpreter is one that stands in for the guard: it answers health checks, and does not end."""
    python = tmp_path / "python"
    stand_in_file = tmp_path / "server.py"
    stand_in_file.write_text(SURVIVING_SERVER)
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(stand_in_file))} "$4"\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    results, left = [], []
    with server.temporary(timeouts=server.Timeouts(kill_s=0.0, delete_s=0.0)) as made:
        left = reaper.descendants(made.pid)
        results.append("graded")
    try:
        assert results == ["graded"]
        assert capsys.readouterr().err == (
            f"warning: the embedded AWS does not stop: process {left[0]} does not end; "
            f"see `ps -o pid,ppid,stat,args -p {left[0]}`\n"
        )
    finally:
        for pid in [*left, made.pid]:
            os.kill(pid, signal.SIGKILL)
        server.stop(made)


SURVIVING_SERVER = """
import http.server, signal, socket, subprocess, sys

class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen(["sleep", "3600"])
server = http.server.HTTPServer(("127.0.0.1", 0), Health, bind_and_activate=False)
server.socket = socket.socket(fileno=int(sys.argv[1]))
server.serve_forever()
"""


def guarded(work: Path, *command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-I", str(Path(reaper.__file__)), str(work), *command], start_new_session=True
    )


def test_files_that_cannot_be_deleted_are_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A symbolic link is never followed to delete what it leads to."""
    kept = tmp_path / "kept"
    kept.mkdir()
    work = tmp_path / "labgrader-embedded-link"
    work.symlink_to(kept)
    watching = guarded(work, "sleep", "3600")
    assert eventually(lambda: bool(reaper.descendants(watching.pid)))
    server.stop(server.Embedded(watching.pid, str(start_time(watching.pid)), 1, False, str(work)))
    assert watching.wait() == 0
    assert capsys.readouterr().err == (
        f"warning: the embedded AWS has stopped; its temporary files could not be deleted. Delete them: rm -rf {work}\n"
    )
    assert kept.exists()


def test_what_a_killed_guard_left_is_removed_by_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABGRADER_STATE", str(tmp_path))
    folders = {}
    for name in ("killed", "running"):
        folder, lock = work_folder.make()
        (folder / "file").touch()
        process = subprocess.Popen(["sleep", "3600"], pass_fds=(lock,))
        os.close(lock)
        folders[name] = (folder, process)
    foreign = tmp_path / "labgrader-embedded-file"
    foreign.touch()
    folders["killed"][1].kill()
    folders["killed"][1].wait()
    try:
        work_folder.remove_leftovers()
        assert not folders["killed"][0].exists()
        assert (folders["running"][0] / "file").exists(), "its guard lives"
        assert foreign.exists(), "not a folder"
    finally:
        folders["running"][1].kill()
        folders["running"][1].wait()


@pytest.mark.workflow
def test_a_guard_that_was_killed_leaves_files_until_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABGRADER_STATE", str(tmp_path))
    with server.temporary() as made:
        os.kill(made.pid, signal.SIGKILL)
        assert eventually(lambda: start_time(made.pid) is None)
        with server.temporary() as second:
            assert list(tmp_path.glob("labgrader-*")) == [Path(second.work)]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process adopt its grandchildren")
@pytest.mark.parametrize("how", ["ends", "is stopped"])
def test_the_guard_kills_what_tries_to_leave(how: str, tmp_path: Path) -> None:
    """A grandchild in a session of its own, whose parent has ended, is still found."""
    work = tmp_path / "work"
    work.mkdir()
    escape = (
        "import os, subprocess, sys, time, pathlib\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "left = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'], start_new_session=True)\n"
        "(folder / 'draft').write_text(str(left.pid))\n"
        "(folder / 'draft').rename(folder / 'pid')\n"
        "left.returncode = 0\n"
        "while not (folder / 'end').exists():\n    time.sleep(0.01)\n"
    )
    watching = guarded(work, sys.executable, "-c", escape, str(tmp_path))
    assert eventually((tmp_path / "pid").is_file)
    escaped = int((tmp_path / "pid").read_text())
    assert alive(escaped)
    if how == "ends":
        (tmp_path / "end").touch()
    else:
        watching.terminate()
    assert watching.wait(600) == 0
    assert not alive(escaped)
    assert not work.exists()


def test_a_port_is_given_to_one_listener_only(busy_port: int) -> None:
    """Two that look for the preferred port at once: the second gets another one, before any server runs."""
    with socket.socket() as once:
        once.bind(("127.0.0.1", 0))
        preferred = once.getsockname()[1]
    first = listen(None, preferred)
    second = listen(None, preferred)
    assert first is not None
    assert second is not None
    with first, second:
        assert first.getsockname()[1] == preferred
        assert second.getsockname()[1] != preferred
        assert listen(preferred) is None
    assert listen(busy_port) is None


def test_a_socket_that_is_bound_and_does_not_listen_yet_keeps_its_port() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        assert listen(bound.getsockname()[1]) is None


@pytest.mark.skipif(sys.platform != "linux", reason="the guard's descriptors are read from /proc")
def test_the_guard_keeps_no_copy_of_the_socket(tmp_path: Path) -> None:
    """While files are still being deleted, the port is free."""
    work = tmp_path / "work"
    work.mkdir()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        number = listening.fileno()
        watching = subprocess.Popen(
            [sys.executable, "-I", reaper.__file__, "--listening", str(number), str(work), "sleep", "3600"],
            start_new_session=True,
            pass_fds=(number,),
        )
    assert eventually(lambda: bool(reaper.descendants(watching.pid)))
    (child,) = reaper.descendants(watching.pid)
    assert listen(port) is None, "the command has it"
    assert eventually(lambda: not _holds_a_socket(watching.pid))
    os.kill(watching.pid, signal.SIGSTOP)  # it does not notice, and deletes nothing
    os.kill(child, signal.SIGKILL)
    assert eventually(lambda: _takes(port))
    os.kill(watching.pid, signal.SIGCONT)
    assert watching.wait(600) == 0


def _takes(port: int) -> bool:
    taken = listen(port)
    if taken is None:
        return False
    taken.close()
    return True


def _holds_a_socket(pid: int) -> bool:
    folder = Path(f"/proc/{pid}/fd")
    return any(str(one.readlink()).startswith("socket:") for one in folder.iterdir())
