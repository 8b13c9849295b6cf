"""Events to and from the deployed stack, with its own roles: a request starts a run, and the run publishes events."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from labgrader.labs.lab import Lab, find_lab
from labgrader.runs.self_check import AlreadyRunningError, allowance_of, start_self_check, state_of_self_check
from labgrader.schemas import validate
from labgrader.store import RunRecord
from tests.stored_runs import stored_run
from tests.workflow.conftest import LAB, LONG_S, Stack, until

pytestmark = pytest.mark.workflow


class Bus:
    """The stack's event bus: requests to labgrader, and events from it."""

    def __init__(self, stack: Stack) -> None:
        self.name = stack.outputs["EventBusName"]
        self.events = stack.client("events")
        self.sqs = stack.client("sqs")
        self.queue = self.sqs.create_queue(QueueName="seen")["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        self.events.put_rule(Name="seen", EventBusName=self.name, EventPattern='{"source": ["labgrader"]}')
        self.events.put_targets(Rule="seen", EventBusName=self.name, Targets=[{"Id": "seen", "Arn": arn}])
        self.seen: list[tuple[str, dict[str, Any]]] = []

    def close(self) -> None:
        self.events.remove_targets(Rule="seen", EventBusName=self.name, Ids=["seen"])
        self.events.delete_rule(Name="seen", EventBusName=self.name)
        self.sqs.delete_queue(QueueUrl=self.queue)

    def request(self, detail: dict[str, Any]) -> str:
        """Send `Grade Requested`, as the system of a school does. Return the id of the event."""
        entry = {"EventBusName": self.name, "Source": "school.lms", "DetailType": "Grade Requested"}
        answer = self.events.put_events(Entries=[{**entry, "Detail": json.dumps(detail)}])
        return str(answer["Entries"][0]["EventId"])

    def until(self, detail_type: str, **fields: Any) -> dict[str, Any]:
        """Wait for an event. Return its detail."""

        def found() -> dict[str, Any] | None:
            self.read()
            said = (detail for kind, detail in self.seen if kind == detail_type and fields.items() <= detail.items())
            return next(said, None)

        return dict(until(found, f"{detail_type} with {fields}"))

    def read(self) -> None:
        """Read the events of labgrader from the queue."""
        for message in self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", ()):
            body = json.loads(message["Body"])
            assert body["source"] == "labgrader"
            validate(body["detail"], f"events/{body['detail-type'].lower().replace(' ', '-')}")
            self.seen.append((body["detail-type"], body["detail"]))
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])


@pytest.fixture
def bus(stack: Stack) -> Iterator[Bus]:
    bus = Bus(stack)
    yield bus
    bus.close()


def run_of(stack: Stack, event_id: str) -> RunRecord:
    """Wait for the run that an event requested. Return its record."""
    asked = f"event {event_id}"
    (run,) = until(lambda: [run for run in stack.store.runs() if run.requested_by == asked], f"a run of {asked}")
    assert isinstance(run, RunRecord)
    return run


def test_request_event_starts_a_run_that_is_published(stack: Stack, bus: Bus) -> None:
    course = {"title": "Autumn", "time_zone": "UTC", "audit_time": "", "labs": [], "students": 0}
    stack.store.record_course({"course": "autumn", "pushed_at": "2026-01-01T00:00:00Z", **course})
    event_id = bus.request({"lab": LAB, "roster": "username\nasked1\nasked2\n", "mode": "audit", "course": "autumn"})
    run_id = run_of(stack, event_id).run_id
    completed = bus.until("Run Completed", run_id=run_id)
    assert (completed["course"], completed["mode"], completed["counts"]["students"]) == ("autumn", "audit", 2)
    bus.until("Student Graded", run_id=run_id, username="asked1")
    bus.until("Student Graded", run_id=run_id, username="asked2")
    assert bus.until("Run Started", run_id=run_id)["students"] == 2
    told = Counter(kind for kind, detail in bus.seen if detail["run_id"] == run_id)
    assert told["Run Started"] == told["Run Completed"] == 1
    assert stack.store.get_json(completed["run_key"])["run_id"] == run_id
    stack.store.forget_course("autumn")


def test_invalid_request_fails_with_all_reasons(stack: Stack, bus: Bus) -> None:
    event_id = bus.request({"lab": LAB, "roster": "rosters/none.csv", "mode": "exam"})
    run = run_of(stack, event_id)
    failed = bus.until("Run Failed", run_id=run.run_id)
    assert failed["reason"].splitlines() == [
        "roster: there is no roster at rosters/none.csv",
        "mode: exam is not one of: grade, audit",
    ]
    assert run.status == "failed"


def test_two_hundred_simultaneous_self_checks_are_one_run(stack: Stack) -> None:
    """The state machine only waits. A real self-check could end early, and the last request would start another one."""
    lab, states = find_lab(LAB), stack.client("stepfunctions")
    waits = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": int(LONG_S), "End": True}}}
    role = states.describe_state_machine(stateMachineArn=stack.outputs["GradeStudentArn"])["roleArn"]
    machine = states.create_state_machine(name="waits", definition=json.dumps(waits), roleArn=role)["stateMachineArn"]

    def ask(_: int) -> tuple[str, str]:
        try:
            return "started", check_oneself(stack, "hasty1", lab, machine)
        except AlreadyRunningError as running:
            return "running", running.run_id

    with ThreadPoolExecutor(max_workers=20) as pool:
        answers = list(pool.map(ask, range(200)))
    assert Counter(how for how, _ in answers) == {"started": 1, "running": 199}
    (run_id,) = {run_id for _, run_id in answers}
    (execution,) = states.list_executions(stateMachineArn=machine)["executions"]
    assert execution["name"] == run_id
    states.stop_execution(executionArn=execution["executionArn"])
    states.delete_state_machine(stateMachineArn=machine)


def test_stopped_self_check_does_not_count(stack: Stack, bus: Bus) -> None:
    lab = find_lab(LAB)
    run_id = check_oneself(stack, "stopped1", lab)
    states = stack.client("stepfunctions")
    states.stop_execution(executionArn=stored_run(stack.store, run_id)["execution"])
    failed = bus.until("Run Failed", run_id=run_id)
    assert failed["reason"] == "ABORTED: the workflow ended before it could finish"
    state = state_of_self_check(stack.store, states, run_id)
    assert state is not None
    assert state.status == "failed"
    left = allowance_of(stack.store, "stopped1", lab, datetime.now(UTC))
    assert left.remaining_today == lab.self_checks.per_day


def check_oneself(stack: Stack, username: str, lab: Lab, machine: str = "") -> str:
    """Start a self-check as the API does. Return its run."""
    states = stack.client("stepfunctions")
    machine = machine or stack.outputs["GradeStudentArn"]
    return start_self_check(stack.store, states, machine, username, lab, datetime.now(UTC)).run_id
