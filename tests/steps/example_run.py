"""A small lab and a run of it, for several tests."""

from __future__ import annotations

import json
from typing import Any

from labgrader.evidence.probe import Invocation
from labgrader.evidence.question import Answer, Answers, Question
from labgrader.evidence.snapshot import Snapshot
from labgrader.labs.lab import Item, Lab
from labgrader.rosters import Student
from labgrader.steps.run_live_check import Delivery
from labgrader.store import Keys, Store
from tests.clock import EPOCH
from tests.stored_runs import put_run

RUN = "20260101-000000-example-0000"
KEYS = Keys(RUN)
STARTED = "2026-01-01T00:00:00Z"
FIRST = Delivery("request-1", EPOCH + 3600)
LAB = Lab(
    id="lambda-optimization",
    version="1.0.0",
    title="An example",
    handout="",
    points=100,
    checks=(
        Item(
            id="reserved",
            check="reserved_concurrency_set",
            title="Concurrency is reserved",
            task="Task 1",
            points=40,
            parameters={"function": "{username}-f", "executions": 10},
        ),
        Item(
            id="handled",
            check="answers_only_with",
            title="Failures are handled",
            task="Task 2",
            points=60,
            requires=("reserved",),
            parameters={"function": "{username}-f", "operation": "retry_demo", "statuses": [200], "tries": 1},
        ),
    ),
)


def planned(store: Store, usernames: tuple[str, ...] = ("user1",), mode: str = "grade") -> None:
    store.put_json(KEYS.lab, LAB.to_dict())
    students = [
        Student(username=name, student_id=f"s-{name}", name=name.title(), account_id="111122223333", region="us-east-1")
        for name in usernames
    ]
    store.put_json(KEYS.students, [student.to_dict() for student in students])
    put_run(store, {"run_id": RUN, "lab": LAB.id, "mode": mode, "status": "running", "started_at": STARTED})


def recorded(store: Store, username: str = "user1", *, reserved: int | None = 10, denied: bool = False) -> None:
    answers = Answers()
    answers.record(Question("lambda:ListFunctions"), Answer([f"{username}-f"]))
    question = Question("lambda:GetFunction", {"FunctionName": f"{username}-f"})
    if denied:
        answers.record(question, Answer(error_code="AccessDeniedException", error_message="not authorized"))
    else:
        concurrency = {} if reserved is None else {"ReservedConcurrentExecutions": reserved}
        configuration = {"FunctionName": f"{username}-f", "State": "Active"}
        answers.record(question, Answer({"Configuration": configuration, "Concurrency": concurrency, "Tags": {}}))
    snapshot = Snapshot(username, "111122223333", "us-east-1", STARTED, answers)
    store.put_json(KEYS.snapshot(username), snapshot.to_dict())


class Function:
    """A student's function that returns the same for every question, and counts the questions."""

    def __init__(self, status: int = 200) -> None:
        self.calls = 0
        self.payload = json.dumps({"statusCode": status, "body": "{}"})

    def __call__(self, question: Question) -> Answer:
        self.calls += 1
        name = question.arguments["FunctionName"]
        return Answer(Invocation(target=name, outcome="answered", payload=self.payload).to_dict())


def check_of(report: Any, check: str) -> Any:
    return next(entry for entry in report["checks"] if entry["id"] == check)
