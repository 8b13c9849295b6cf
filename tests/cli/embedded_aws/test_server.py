"""The embedded AWS starts next to others, and never sees the credentials of the instructor."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cli.embedded_aws import reaper, server
from cli.embedded_aws.ports import listen
from cli.errors import TargetError, UsageError
from cli.project import ROOT, state_folder
from tests.cli.embedded_aws.waiting import alive, eventually

pytestmark = pytest.mark.usefixtures("own_state")


def test_the_environment_has_nothing_of_the_instructor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_a_given_port_that_is_in_use_is_refused(busy_port: int) -> None:
    with pytest.raises(TargetError) as refused:
        server.start(busy_port)
    assert str(refused.value) == (f"port {busy_port} is already in use; choose another one with --port, or omit --port")


@pytest.mark.parametrize("port", [0, 65536, -1])
def test_an_invalid_port_is_refused(port: int) -> None:
    with pytest.raises(UsageError, match=f"^{port} is not a port; choose one from 1 to 65535$"):
        server.start(port)


def test_the_state_file_of_an_ended_process_is_deleted() -> None:
    state_folder().mkdir()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    server.remember(server.Embedded(gone.pid, "1", 1, False, ""))
    assert server.running() is None
    assert not (state_folder() / "embedded.json").exists()


def test_a_process_with_a_reused_id_is_another_process() -> None:
    state_folder().mkdir()
    server.remember(server.Embedded(os.getpid(), "born long ago", 1, False, ""))
    assert server.stop_running() is None
    assert not (state_folder() / "embedded.json").exists()


def test_an_invalid_state_file_is_ignored() -> None:
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


def test_the_error_of_a_failed_start_has_the_end_of_the_log(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The interpreter does not have MiniStack."""
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho no room >&2\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(TargetError, match=r"^the embedded AWS did not start on port \d+:\nno room$"):
        server.start()


@pytest.mark.workflow
def test_two_run_at_the_same_time() -> None:
    with server.temporary() as first, server.temporary(enforce_iam=True) as second:
        assert first.port != second.port
        assert first.healthy()
        assert second.healthy()
    assert not first.healthy(1.0)


@pytest.mark.workflow
@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_it_ends_with_the_command_that_started_it(signal_number: int, tmp_path: Path) -> None:
    """It ends with all of its processes, also if the command is killed."""
    script = (
        "import signal\nfrom cli.embedded_aws import server\n"
        # in the background of a shell, these signals are ignored by default
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
    assert eventually(lambda: not any(alive(process) for process in family))
    assert eventually(lambda: not Path(work).exists())


def test_a_port_has_only_one_listener(busy_port: int) -> None:
    """If two commands want the preferred port, the second gets another one, before any server runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        preferred = probe.getsockname()[1]
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
