"""A run that is about to end, and an event bus that stores its events."""

from __future__ import annotations

from typing import Any

from labgrader.events import Event
from labgrader.evidence.question import Answer, Answers, Question
from labgrader.evidence.snapshot import Snapshot
from labgrader.labs.lab import Item, Lab, SelfChecks
from labgrader.rosters import Student
from labgrader.schemas import validate
from labgrader.steps.run_check import run_check
from labgrader.steps.run_documents import CheckRecord
from labgrader.store import Keys, Store
from tests.stored_runs import put_run

RUN = "20260101-000000-example-0000"
KEYS = Keys(RUN)
STARTED = "2026-01-01T00:00:00Z"
FAULT = {"Error": "BadInputError", "Cause": "there is no lab 'x'"}
LAB = Lab(
    id="lambda-optimization",
    version="1.0.0",
    title="An example",
    handout="",
    points=100,
    self_checks=SelfChecks(per_hour=2, per_day=3),
    checks=(
        Item(
            "reserved",
            "reserved_concurrency_set",
            "Concurrency is reserved",
            "Task 1",
            40,
            parameters={"function": "{username}-f", "executions": 10},
        ),
        Item("handled", "answers_only_with", "Failures are handled", "Task 2", 48),
        Item("secret", "answers_only_with", "Nobody sees it", "Task 2", 12, visibility="hidden"),
    ),
)


class Bus:
    """An event bus that stores its events, or fails."""

    def __init__(self, error: Exception | None = None) -> None:
        self.events: list[Event] = []
        self._error = error

    def publish(self, *events: Event) -> None:
        if self._error:
            raise self._error
        for event in events:
            validate(event.detail, event.schema)
        self.events += events

    @property
    def types(self) -> list[str]:
        return [event.detail_type for event in self.events]


def planned(store: Store, mode: str = "grade", **more: Any) -> None:
    store.put_json(KEYS.lab, (LAB.for_self_check() if mode == "self-check" else LAB).to_dict())
    store.put_json(KEYS.students, [Student("user1", "s-1", account_id="111122223333", region="us-east-1").to_dict()])
    record = {
        "run_id": RUN,
        "lab": LAB.id,
        "mode": mode,
        "status": "running",
        "started_at": STARTED,
        "finished_at": "",
        "counts": {"students": 1, "complete": 0, "incomplete": 0},
        "requested_by": "student user1",
        "course": "cloud-2026",
    }
    put_run(store, {**record, **more})


def judged(store: Store, *, denied: bool = False, handled: Any = None) -> None:
    answers = Answers()
    answers.record(Question("lambda:ListFunctions"), Answer(["user1-f"]))
    value = {"Configuration": {"State": "Active"}, "Concurrency": {"ReservedConcurrentExecutions": 10}, "Tags": {}}
    refused = Answer(error_code="AccessDeniedException", error_message="no")
    answers.record(Question("lambda:GetFunction", {"FunctionName": "user1-f"}), refused if denied else Answer(value))
    snapshot = Snapshot("user1", "111122223333", "us-east-1", STARTED, answers)
    store.put_json(KEYS.snapshot("user1"), snapshot.to_dict())
    if not denied:
        run_check(store, RUN, "user1", "reserved")
    if handled:
        store.put_json(KEYS.evidence("user1", "handled"), CheckRecord("handled", Answers(), handled).to_dict())
