"""A check that needs the internet in an environment without it, from the probe to the report."""

from __future__ import annotations

import json
import time
from typing import Any

from labgrader.evidence.probe import Invocation
from labgrader.evidence.question import Answer, Answers, Question
from labgrader.evidence.snapshot import Snapshot
from labgrader.labs.lab import Item, Lab
from labgrader.rosters import Student
from labgrader.steps.run_live_check import Delivery, run_live_check
from labgrader.steps.write_report import write_report
from labgrader.store import Keys, Store
from tests.stored_runs import put_run

RUN = "20260101-000000-internet-0000"
KEYS = Keys(RUN)
STARTED = "2026-01-01T00:00:00Z"
REFUSED = "Max retries exceeded with url: /uuid (Caused by NewConnectionError)"


def _graded(store: Store, payload: Any, *, needs_internet: bool) -> Any:
    """Return the report of a student. The function gave this response to one event."""
    event = {"operation": "default"}
    item = Item(
        id="default-answers",
        check="event_answered",
        title="Default operation answers",
        task="Task 1",
        points=2,
        parameters={"function": "{username}-f", "event": event},
        needs_internet=needs_internet,
    )
    lab = Lab(id="internet", version="1.0.0", title="An example", handout="", points=2, checks=(item,))
    store.put_json(KEYS.lab, lab.to_dict())
    student = Student(username="user1", account_id="111122223333", region="us-east-1")
    store.put_json(KEYS.students, [student.to_dict()])
    put_run(store, {"run_id": RUN, "lab": lab.id, "mode": "grade", "status": "running", "started_at": STARTED})
    answers = Answers()
    answers.record(Question("lambda:ListFunctions"), Answer(["user1-f"]))
    configuration = {"FunctionName": "user1-f", "State": "Active"}
    answers.record(
        Question("lambda:GetFunction", {"FunctionName": "user1-f"}),
        Answer({"Configuration": configuration, "Concurrency": {}, "Tags": {}}),
    )
    store.put_json(KEYS.snapshot("user1"), Snapshot("user1", "111122223333", "us-east-1", STARTED, answers).to_dict())

    def answer(question: Question) -> Answer:
        return Answer(Invocation(question.arguments["FunctionName"], "answered", json.dumps(payload)).to_dict())

    run_live_check(store, RUN, "user1", item.id, answer, Delivery("request-1", time.time() + 3600))
    return write_report(store, RUN, "grade", "user1")


def _shown(report: Any) -> tuple[str, float, float, list[str]]:
    score = report["score"]
    return (
        report["checks"][0]["status"],
        score["points"],
        score["open_points"],
        [advice["id"] for advice in report["advice"]],
    )


def test_check_without_internet_is_not_graded_and_becomes_advice(store: Store) -> None:
    offline = {"statusCode": 500, "body": json.dumps({"error": REFUSED})}
    report = _graded(store, offline, needs_internet=True)
    assert _shown(report) == ("not_graded", 0, 2, ["default-answers"])
    assert report["checks"][0]["message"] == (
        f'user1-f could not reach the internet ({{"error": "{REFUSED}"}}), so this costs no points.'
    )
    assert report["advice"][0]["title"] == "Default operation answers"
    assert report["advice"][0]["message"] == (
        "This costs no points, because the function had no internet access. Check that the function works with "
        'internet access, or handles the missing connection: user1-f, invoked with {"operation": "default"}, '
        f'returned 500 instead of 200 ({{"error": "{REFUSED}"}}).'
    )
    assert report["advice"][0]["hint"].startswith("aws lambda invoke --function-name user1-f ")


def test_another_failure_costs_points(store: Store) -> None:
    failing = {"statusCode": 500, "body": "division by zero"}
    assert _shown(_graded(store, failing, needs_internet=True)) == ("failed", 0, 0, [])


def test_check_that_is_not_marked_costs_points(store: Store) -> None:
    offline = {"statusCode": 500, "body": REFUSED}
    assert _shown(_graded(store, offline, needs_internet=False)) == ("failed", 0, 0, [])


def test_function_that_works_without_internet_gets_its_points(store: Store) -> None:
    fine = {"statusCode": 200, "body": json.dumps({"uuid": "fallback", "note": REFUSED})}
    assert _shown(_graded(store, fine, needs_internet=True)) == ("passed", 2, 0, [])
