"""The deployed stack on an embedded AWS that enforces IAM: what these tests run is what an instructor runs."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli import embedded
from cli.deploy import deploy
from cli.nights import keep_nights
from cli.project import DEFAULT_STACK
from cli.simulation.pack import build_student, load_pack
from cli.simulation.student import connect
from cli.target import Target, embedded_target
from labgrader.courses.course_file import read_course
from labgrader.courses.enrolling import push_course
from labgrader.store import Keys, Store, roster_key

LAB = "lambda-optimization"

AUDITED = ("drifter", "steady")
"""The students of the courses that tests push and audit by command."""


@dataclass
class Stack:
    """A deployed labgrader."""

    target: Target
    outputs: dict[str, str]
    store: Store

    def client(self, service: str) -> Any:
        return self.target.client(service)

    def build(self, username: str, mistake: str = "", lab: str = LAB) -> None:
        """Build a simulated student, perfect or with one mistake."""
        pack = load_pack(lab)
        connections = connect(self.target.session, self.target.endpoint)
        build_student(pack, username, connections, pack.mistake(mistake) if mistake else None)

    def start(
        self, run_id: str, usernames: list[str], machine: str = "GradeClassArn", roster: str = "", **request: Any
    ) -> str:
        """Start a run; return its execution. The roster is CSV where usernames are not all there is to say."""
        content = roster or "\n".join(["username", *usernames, ""])
        self.store.put(roster_key(run_id, ".csv"), content.encode())
        given = {"lab": LAB, "roster": roster_key(run_id, ".csv"), "mode": "grade", **request}
        started = self.client("stepfunctions").start_execution(
            stateMachineArn=self.outputs[machine], name=run_id, input=json.dumps(given)
        )
        return str(started["executionArn"])

    def push_course(
        self, folder: Path, course_id: str, audit_time: str = "", students: Sequence[str] = AUDITED
    ) -> None:
        """Push a course; with an hour, it is audited at it."""
        (folder / "class.csv").write_text("\n".join(["username", *students, ""]), encoding="utf-8")
        file = folder / "course.yaml"
        file.write_text(
            f"id: {course_id}\ntitle: A course\ntime_zone: UTC\naudit_time: {audit_time}\n"
            f"labs:\n  - lab: {LAB}\n    roster: class.csv\n",
            encoding="utf-8",
        )
        files = read_course(file)
        push_course(self.store, files, datetime.now(UTC))
        keep_nights(self.target, self.outputs, DEFAULT_STACK, files.course)

    def finish(self, execution: str, seconds: float = 240) -> dict[str, Any]:
        """Wait for an execution to end; return its description."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            described = self.client("stepfunctions").describe_execution(executionArn=execution)
            if described["status"] != "RUNNING":
                return dict(described)
            time.sleep(0.25)
        raise AssertionError(f"{execution} did not end in {seconds:.0f} s")

    def run(self, run_id: str, usernames: list[str], **request: Any) -> dict[str, Any]:
        """Grade; return run.json."""
        ended = self.finish(self.start(run_id, usernames, **request))
        assert ended["status"] == "SUCCEEDED", (ended.get("error"), ended.get("cause"))
        return dict(self.store.get_json(Keys(run_id).run))

    def report(self, run_id: str, username: str) -> dict[str, Any]:
        """One student's report."""
        return dict(self.store.get_json(Keys(run_id).report(username)))


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    running = embedded.start(enforce_iam=True)
    try:
        target = embedded_target(running)
        outputs = deploy(target)
        yield Stack(target, outputs, target.store(outputs))
    finally:
        embedded.stop(running)


@pytest.fixture(scope="session", autouse=True)
def night_to_come(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> datetime:
    """When a course is audited by its schedule: pushed before all tests, so that none has to wait long for it."""
    at = datetime.now(UTC) + timedelta(seconds=90 if datetime.now(UTC).second > 40 else 60)
    stack.push_course(tmp_path_factory.mktemp("by-schedule"), "by-schedule", f'"{at:%H:%M}"', ["sleeper"])
    return at
