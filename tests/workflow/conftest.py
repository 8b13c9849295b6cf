"""The deployed stack on an embedded AWS that enforces IAM, as an instructor runs it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from checks.simulation.connections import Connections
from checks.simulation.pack import build_student, load_pack
from cli.deployment.deploy import deploy
from cli.embedded_aws import server
from cli.project import DEFAULT_STACK
from cli.schedules import keep_schedule
from cli.target import Target, embedded_target
from labgrader.courses.course_file import read_course
from labgrader.courses.enrolment import push_course
from labgrader.labs.search_path import searching
from labgrader.store import Keys, Store, roster_key
from tests.workflow import small_labs
from tests.workflow.small_labs import PACKS

LAB = "lambda-optimization"

AUDITED = ("user1", "user10")
"""The students of the courses that tests push and audit by command. Only user1 loses anything."""

MISTAKE = "no-dashboard"

LONG_S = 1800.0
"""Longer than anything takes, on a slow and busy machine too: it only keeps a test from hanging."""


def until(condition: Callable[[], Any], what: str) -> Any:
    """Wait until a condition returns a true value. Return the value.

    Args:
        condition: called until it returns a true value.
        what: the name of the condition, for the error.
    """
    end = time.monotonic() + LONG_S
    while not (found := condition()):
        assert time.monotonic() < end, f"waited {LONG_S:.0f} s for {what}"
        time.sleep(0.2)
    return found


@dataclass
class Stack:
    """A deployed labgrader."""

    target: Target
    outputs: dict[str, str]
    store: Store
    connections: Connections
    scheduled_course: str = ""
    """The course that the schedule audits during the tests, once it is pushed."""

    def client(self, service: str) -> Any:
        return self.connections.client(service)

    def build(self, username: str, mistake: str = "", lab: str = LAB) -> None:
        """Build a simulated student, perfect or with one mistake."""
        pack = PACKS.get(lab) or load_pack(lab)
        build_student(pack, username, self.connections, pack.mistake(mistake) if mistake else None)

    def start(
        self, run_id: str, usernames: list[str], machine: str = "GradeClassArn", roster: str = "", **request: Any
    ) -> str:
        """Start a run. Return its execution. A roster with more than usernames is CSV."""
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
        """Push a course. With an audit time, it is audited at that time."""
        (folder / "class.csv").write_text("\n".join(["username", *students, ""]), encoding="utf-8")
        file = folder / "course.yaml"
        file.write_text(
            f"id: {course_id}\ntitle: A course\ntime_zone: UTC\naudit_time: {audit_time}\n"
            f"labs:\n  - lab: {LAB}\n    roster: class.csv\n",
            encoding="utf-8",
        )
        files = read_course(file)
        push_course(self.store, files, datetime.now(UTC))
        keep_schedule(self.target, self.outputs, DEFAULT_STACK, files.course)

    def wait_until_idle(self) -> None:
        """Wait for the audit that the schedule starts, and for every other execution.

        A test that breaks a function, denies an action or reserves concurrency affects the whole stack. It calls this
        first.
        """
        if self.scheduled_course:
            until(lambda: self.store.audits(self.scheduled_course), "the schedule to start an audit")
        states = self.client("stepfunctions")
        machines = [self.outputs[name] for name in ("AuditCourseArn", "GradeClassArn", "GradeStudentArn")]

        def running() -> list[str]:
            pages = states.get_paginator("list_executions")
            return [
                execution["executionArn"]
                for machine in machines
                for page in pages.paginate(stateMachineArn=machine, statusFilter="RUNNING")
                for execution in page["executions"]
            ]

        until(lambda: not running(), "every execution to end")

    def finish(self, execution: str) -> dict[str, Any]:
        """Wait for an execution to end. Return its description."""
        states = self.client("stepfunctions")

        def ended() -> dict[str, Any] | None:
            described = states.describe_execution(executionArn=execution)
            return None if described["status"] == "RUNNING" else dict(described)

        return dict(until(ended, f"the end of {execution}"))

    def succeed(self, execution: str) -> dict[str, Any]:
        """Wait for an execution to succeed. Return its description. If it does not succeed, fail with the reasons."""
        ended = self.finish(execution)
        assert ended["status"] == "SUCCEEDED", "\n".join(self.reasons(ended))
        return ended

    def reasons(self, ended: Mapping[str, Any]) -> Iterator[str]:
        """Return why an execution failed, one line each: its status, and each failure in its history."""
        yield f"{ended['executionArn']}: {ended['status']}: {ended.get('error')}: {ended.get('cause')}"
        pages = self.client("stepfunctions").get_paginator("get_execution_history")
        for page in pages.paginate(executionArn=ended["executionArn"]):
            for event in page["events"]:
                for name, details in event.items():
                    if isinstance(details, dict) and ("error" in details or "cause" in details):
                        yield f"{event['timestamp']} {name}: {details.get('error')}: {details.get('cause')}"
                    elif event["type"].endswith("StateEntered") and name == "stateEnteredEventDetails":
                        yield f"{event['timestamp']} entered {details['name']}: {details.get('input', '')[:1500]}"

    def run(self, run_id: str, usernames: list[str], **request: Any) -> dict[str, Any]:
        """Grade students. Return ``run.json``."""
        self.succeed(self.start(run_id, usernames, **request))
        return dict(self.store.get_json(Keys(run_id).run))

    def report(self, run_id: str, username: str) -> dict[str, Any]:
        """Return the report of one student."""
        return dict(self.store.get_json(Keys(run_id).report(username)))


SLOWER = 10
"""How many times slower than AWS a busy machine may be."""


def give_time(target: Target) -> None:
    """Multiply the timeouts of the deployed functions and of the workflows' states. No test is about timeouts."""
    functions, states = target.client("lambda"), target.client("stepfunctions")
    for function in functions.list_functions()["Functions"]:
        timeout_s = min(900, SLOWER * function["Timeout"])  # the limit of Lambda
        functions.update_function_configuration(FunctionName=function["FunctionName"], Timeout=timeout_s)
    for machine in states.list_state_machines()["stateMachines"]:
        arn = machine["stateMachineArn"]
        definition = states.describe_state_machine(stateMachineArn=arn)["definition"]
        longer = re.sub(r'(?<="TimeoutSeconds": )\d+', lambda found: str(SLOWER * int(found[0])), definition)
        assert longer != definition
        states.update_state_machine(stateMachineArn=arn, definition=longer)


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    running = server.start(enforce_iam=True)
    try:
        target = embedded_target(running)
        with searching(small_labs.FOLDER):
            outputs = deploy(target)
        give_time(target)
        connections = Connections(target.client, target.account_id, target.region)
        yield Stack(target, outputs, target.store(outputs), connections)
    finally:
        server.stop(running)


@pytest.fixture(scope="session", autouse=True)
def next_audit(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> datetime:
    """The time of the scheduled audit of a course. The course is pushed before all tests, to shorten the wait."""
    folder = tmp_path_factory.mktemp("by-schedule")
    while True:
        at = (datetime.now(UTC) + timedelta(seconds=90)).replace(second=0, microsecond=0)
        stack.push_course(folder, "by-schedule", f'"{at:%H:%M}"', ["sleeper"])
        if datetime.now(UTC) < at:  # otherwise the next audit is tomorrow
            stack.scheduled_course = "by-schedule"
            return at


@pytest.fixture(scope="session")
def graded(stack: Stack) -> tuple[str, dict[str, Any], str]:
    """One class for several tests: a perfect student, a student with a mistake, a student without resources, and a
    student with a name that begins like another name.

    Returns:
        The run's id, `run.json`, and its execution.
    """
    run_id = "class-of-four"
    stack.build("user1")
    stack.build("user10", MISTAKE)
    execution = stack.start(run_id, ["user1", "user10", "user2", "beginner"])
    stack.succeed(execution)
    return run_id, stack.store.get_json(Keys(run_id).run), execution
