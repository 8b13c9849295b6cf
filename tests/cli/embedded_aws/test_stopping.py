"""The embedded AWS stops with all of its processes and files, or an error names what is left."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.embedded_aws import reaper, server, work_folder
from cli.embedded_aws.ports import listen
from cli.embedded_aws.process import start_time
from cli.errors import TargetError
from cli.project import state_folder
from tests.cli.embedded_aws.waiting import alive, eventually

pytestmark = pytest.mark.usefixtures("own_state")

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
    """The reaper has no child process and does not end, because it deletes files."""
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
    assert work.exists(), "only the reaper deletes it"


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
            f"the embedded AWS did not stop: process {child} still runs; see `ps -o pid,ppid,stat,args -p {child}`"
        )
        assert (state_folder() / "embedded.json").exists(), "`labgrader down` can be tried again"
    assert capsys.readouterr().err == ""


def test_a_surviving_process_does_not_discard_the_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The interpreter is replaced by a reaper that responds to health checks and does not end."""
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
            f"warning: the embedded AWS did not stop: process {left[0]} still runs; "
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
    """The target of a symbolic link is not deleted."""
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


def test_the_next_start_deletes_the_files_of_a_killed_reaper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
        assert (folders["running"][0] / "file").exists(), "its reaper runs"
        assert foreign.exists(), "not a folder"
    finally:
        folders["running"][1].kill()
        folders["running"][1].wait()


@pytest.mark.workflow
def test_a_killed_reaper_leaves_files_until_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABGRADER_STATE", str(tmp_path))
    with server.temporary() as made:
        os.kill(made.pid, signal.SIGKILL)
        assert eventually(lambda: start_time(made.pid) is None)
        with server.temporary() as second:
            assert list(tmp_path.glob("labgrader-*")) == [Path(second.work)]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process adopt its grandchildren")
@pytest.mark.parametrize("how", ["ends", "is stopped"])
def test_the_reaper_kills_processes_that_try_to_escape(how: str, tmp_path: Path) -> None:
    """A grandchild in another session is found after its parent has ended."""
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


@pytest.mark.skipif(sys.platform != "linux", reason="the descriptors of the reaper are read from /proc")
def test_the_reaper_keeps_no_copy_of_the_socket(tmp_path: Path) -> None:
    """The port is free while the files are being deleted."""
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
    return any(str(descriptor.readlink()).startswith("socket:") for descriptor in folder.iterdir())
