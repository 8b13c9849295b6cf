"""`up` to `down`: one embedded AWS that several commands use, for a student who has built nothing."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.embedded_aws import reaper, server
from cli.main import main
from cli.project import ROOT

LONG_S = 1800
"""Seconds that no command needs. They only prevent an endless test."""


def start(*arguments: str) -> subprocess.Popen[str]:
    """Start the command in a new process."""
    return subprocess.Popen(
        [sys.executable, "-m", "cli.main", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


class Command:
    """The `labgrader` command, run in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        status = main(list(arguments))
        said = self.capsys.readouterr()
        return status, said.out, said.err


@pytest.fixture
def labgrader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Command]:
    monkeypatch.setenv("LABGRADER_STATE", str(tmp_path / "state"))
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    command = Command(capsys)
    yield command
    command("down")
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.workflow
def test_from_up_to_down(labgrader: Command, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    with start("up", "--port", port, "--export") as up:  # what it starts outlives its process
        out, err = up.communicate(timeout=LONG_S)
    assert up.returncode == 0, err
    *lines, address = out.splitlines()
    assert address.startswith(f"export LABGRADER_API_URL=http://127.0.0.1:{port}/")
    assert lines == [
        f"export AWS_ENDPOINT_URL=http://127.0.0.1:{port}",
        "export AWS_ACCESS_KEY_ID=test",
        "export AWS_SECRET_ACCESS_KEY=test",
        "export AWS_DEFAULT_REGION=us-east-1",
    ]
    which = f"embedded AWS at http://127.0.0.1:{port} (account 000000000000, us-east-1)"
    assert err.splitlines()[0] == which
    found = server.running()
    assert found is not None
    assert set(found.outputs) >= {"Bucket", "Table", "GradeClassArn"}

    assert labgrader("up")[0] == 0  # again is harmless
    assert server.running() == found
    status, _, err = labgrader("up", "--enforce-iam")
    assert status == 2
    assert err == (
        f"error: an embedded AWS already runs at http://127.0.0.1:{port}, without --enforce-iam; "
        "stop it first with `labgrader down`\n"
    )

    status, out, _ = labgrader("status", "--json")
    assert status == 0
    assert json.loads(out)["runs"] == {}

    roster = tmp_path / "class.csv"
    roster.write_text("username,name\nnobody1,=cmd\nnobody2,Two\n", encoding="utf-8-sig")
    status, out, err = labgrader(
        "grade", "--lab", "lambda-optimization", "--roster", str(roster), "--student", "NoBody1", "--out",
        str(tmp_path / "out"), "--json", "--private",
    )  # fmt: skip
    assert status == 0, err
    assert err.splitlines()[0] == which
    assert "[1/1] nobody1  0/100" in err.splitlines()
    run = json.loads(out)
    assert [student["username"] for student in run["students"]] == ["nobody1"]
    assert sorted(str(file.relative_to(tmp_path / "out")) for file in (tmp_path / "out").rglob("*.*")) == [
        "class.html",
        "gradebook.csv",
        "reports/nobody1.html",
        "reports/nobody1.json",
        "run.json",
    ]
    run_id = run["run_id"]
    assert run_id in labgrader("runs")[1]
    assert run_id in labgrader("runs", "--lab", "lambda-optimization", "--json")[1]
    assert labgrader("runs", "--lab", "other", "--json")[0] == 2
    assert labgrader("report", run_id, "--format", "csv")[1].encode() == (tmp_path / "out/gradebook.csv").read_bytes()
    saved = tmp_path / "one.json"
    assert labgrader("report", run_id, "--student", "nobody1", "--format", "json", "-o", str(saved))[0] == 0
    assert saved.read_bytes() == (tmp_path / "out/reports/nobody1.json").read_bytes()
    assert labgrader("report", "no-run") == (
        2,
        "",
        f"{which}\nerror: there is no run no-run; list them with `labgrader runs`\n",
    )
    assert labgrader("report", run_id, "--student", "nobody2")[2].splitlines()[-1] == (
        f"error: run {run_id} has no student nobody2"
    )

    listed = json.loads(labgrader("runs", "--json")[1])
    assert [(run["run_id"], run["private"]) for run in listed] == [(run_id, True)]
    assert labgrader("runs", "publish", "latest")[1] == f"{run_id} is published: its students see their results now\n"
    assert json.loads(labgrader("runs", "show", run_id, "--json")[1])["private"] is False
    assert labgrader("runs", "delete", run_id, "--yes")[1] == f"{run_id} is deleted, with the results of 1 student\n"
    assert labgrader("runs", "--json")[1] == "[]\n"

    with start("grade", "--lab", "lambda-optimization", "--roster", str(roster)) as following:
        assert following.stderr is not None
        lines = []
        for line in following.stderr:
            lines.append(line)
            if len(lines) == 2:  # after "run …: 2 students"
                following.send_signal(signal.SIGINT)
        assert following.wait(LONG_S) == 130
    goes_on = lines[1].split()[1].rstrip(":")
    fetch_later = f"labgrader report {goes_on} --out out/{goes_on}"
    assert lines[-1] == f"run {goes_on} continues; fetch its results with `{fetch_later}`\n"
    assert goes_on in labgrader("runs")[1]

    family = [found.pid, *reaper.descendants(found.pid)]
    assert labgrader("down") == (0, "", f"stopped the embedded AWS at http://127.0.0.1:{port}\n")
    assert not set(family) & {pid for pid, _ in reaper.processes()}
    assert labgrader("runs")[0] == 3
