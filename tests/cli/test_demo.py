"""The demo as a new user runs it: a class with different scores, and a last line that says how accurate they are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from checks.simulation.classes import Kind, enroll, simulate_class
from cli.commands.simulate import composition, roster
from cli.embedded_aws import reaper
from cli.main import main
from cli.project import ROOT
from labgrader.rosters.reader import read_roster
from tests.measured import losses

LAB = "lambda-optimization"


def test_a_class_is_described_by_its_kinds() -> None:
    assert composition(simulate_class(LAB, 8, ungraded=True)) == (
        "2 perfect, 3 with one mistake, 1 half done (4 mistakes), 1 nothing built, 1 with an account that denies access"
    )
    assert composition(simulate_class(LAB, 1)) == "1 perfect"


def test_only_a_roster_with_a_denied_account_has_a_role() -> None:
    plain = [enroll("user1", Kind.PERFECT)]
    assert roster(plain) == "student_id,username,name\ns-001,user1,Student 1\n"
    content = roster([*plain, enroll("user2", Kind.ACCESS_DENIED)])
    assert content.splitlines()[:2] == ["student_id,username,name,role_arn,external_id", "s-001,user1,Student 1,,"]
    first, second = read_roster(content.encode(), "class.csv")
    assert first.role_arn == ""
    assert second.role_arn == "arn:aws:iam::111122223333:role/labgrader-reader"


@pytest.mark.parametrize("command", ["demo", "simulate"])
def test_a_class_without_students_is_refused(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--lab", LAB, "--students", "0"]) == 2
    assert capsys.readouterr().err == "error: a simulated class has 1 to 500 students, not 0\n"


@pytest.mark.workflow
def test_a_demonstration_finds_every_planted_mistake_and_prints_that_before_it_stops(tmp_path: Path) -> None:
    """Standard output and standard error share a pipe, which keeps the order of their lines."""
    command = [
        sys.executable,
        "-m",
        "cli.main",
        "demo",
        "--lab",
        LAB,
        "--students",
        "5",
        "--out",
        str(tmp_path / "out"),
    ]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "LABGRADER_STATE": str(tmp_path / "state"), "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    truth = json.loads((tmp_path / "out" / "truth.json").read_text())
    kinds = {student["kind"]: student["username"] for student in truth["students"]}
    assert set(kinds) == {kind.value for kind in Kind}
    end = next(n for n, line in enumerate(lines) if line.startswith("6 of 6 planted mistakes found, no false alarms"))
    assert (
        f"{kinds['access denied']} is not graded on purpose: their account denies access. They lose no points." in lines
    )
    assert lines[end + 1] == "stopping the embedded AWS"
    assert lines[-1].endswith("; nothing is left running")
    folder = tmp_path / "out" / "reports"
    reports = {kind: json.loads((folder / f"{name}.json").read_text()) for kind, name in kinds.items()}
    scores = {kind: report["score"] for kind, report in reports.items()}
    assert losses(reports["perfect"]) == []
    assert 0 < scores["one mistake"]["points"] < 100
    assert 40 <= scores["half done"]["points"] <= 65
    assert scores["nothing built"] == {"points": 0, "max_points": 100, "percent": 0, "open_points": 0}
    assert scores["access denied"] == {"points": 0, "max_points": 100, "percent": 0, "open_points": 100}
    assert not [pid for pid, _ in reaper.processes() if str(tmp_path).encode() in _command(pid)]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
