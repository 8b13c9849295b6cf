"""A recorded student, and a lab with one load test."""

from __future__ import annotations

from labgrader.evidence.question import Answer, Question
from labgrader.evidence.snapshot import Snapshot
from labgrader.labs.lab import Item, Lab
from labgrader.rosters import Student
from labgrader.store import Keys, Store

RUN = "20260101-000000-sharing-0000"
KEYS = Keys(RUN)
STARTED = "2026-01-01T00:00:00Z"

LOAD = {"function": "{username}-f", "operation": "x", "concurrency": 2, "requests": 20}

LAB = Lab(
    id="lambda-optimization",
    version="1.0.0",
    title="An example",
    handout="",
    points=10,
    checks=(Item("loads", "succeeds_under_load", "It holds", "Task 1", 10, parameters=LOAD),),
    advice=(Item("measures", "succeeds_under_load", "It holds", parameters=LOAD),),
)


def recorded(store: Store, lab: Lab = LAB) -> None:
    store.put_json(KEYS.lab, lab.to_dict())
    store.put_json(KEYS.students, [Student("user1", account_id="111122223333", region="us-east-1").to_dict()])
    snapshot = Snapshot("user1", "111122223333", "us-east-1", STARTED)
    snapshot.answers.record(Question("lambda:ListFunctions"), Answer(["user1-f"]))
    function = {"Configuration": {"FunctionName": "user1-f", "State": "Active", "MemorySize": 128}, "Tags": {}}
    snapshot.answers.record(Question("lambda:GetFunction", {"FunctionName": "user1-f"}), Answer(function))
    store.put_json(KEYS.snapshot("user1"), snapshot.to_dict())
