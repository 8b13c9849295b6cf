"""An interrupted command leaves no process and no file behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.embedded_aws import reaper, work_folder
from cli.project import ROOT

LONG_S = 1800
"""Seconds that no command needs. They only prevent an endless test."""


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a demo that leads its process group, as a terminal starts it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "demo", "--students", "2", "--out", str(tmp_path / "out")],
        cwd=ROOT,
        env={**os.environ, "LABGRADER_STATE": str(tmp_path / "state")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    yield process
    process.kill()
    process.wait()
    if process.stderr is not None:
        process.stderr.close()


def wait_for_line(process: subprocess.Popen[str], beginning: str) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(beginning):
            return
    raise AssertionError(f"the command ended before it printed {beginning!r}")


@pytest.mark.workflow
@pytest.mark.parametrize(
    ("number", "moment", "processes"),
    [
        (signal.SIGINT, "run ", 3),  # the reaper, the embedded AWS and a worker
        (signal.SIGTERM, "deploying", 2),
        (signal.SIGHUP, "building 2", 2),
    ],
)
def test_an_interrupted_demo_leaves_nothing(
    demo: subprocess.Popen[str], tmp_path: Path, number: int, moment: str, processes: int
) -> None:
    wait_for_line(demo, moment)
    deadline = time.monotonic() + LONG_S
    while len(family := reaper.descendants(demo.pid)) < processes:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.killpg(demo.pid, number)
    assert demo.wait(LONG_S) == 128 + number
    running = {pid for pid, _ in reaper.processes()}
    assert not running & set(family)
    assert not list((tmp_path / "state").glob(f"{work_folder.PREFIX}*"))
    assert not list((tmp_path / "state").glob("embedded*.log"))
