"""The load tests of a report: all load tests of checks and advice, in order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labgrader.evidence.load.load_test import COMPARE, Comparison, LoadResult
from labgrader.evidence.probe import Invocation
from labgrader.evidence.question import Answer, Answers, Question
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging.judge import judge, next_question
from labgrader.judging.verdict import Verdict
from labgrader.labs.lab import Item, Lab
from labgrader.labs.search_path import searching
from labgrader.reporting.html import render_student
from labgrader.rosters import Student
from labgrader.steps.run_documents import CheckRecord
from labgrader.steps.write_report import write_report
from labgrader.store import Keys, Store
from tests.stored_runs import put_run

RUN = "20260101-000000-example-0000"
KEYS = Keys(RUN)
STARTED = "2026-01-01T00:00:00Z"

_CHECK = '''
from labgrader.judging import FunctionTarget, LoadTest, Verdict, check, failed, passed


@check(title="A check of the report's tests", hint="aws lambda list-functions")
def report_asks_often(load: LoadTest, *, often: list[int], passes: bool = True) -> Verdict:
    """Loads a function several times, and compares it as often."""
    for requests in often:
        load.closed(FunctionTarget("user1-f"), concurrency=2, requests=requests)
        load.compare(FunctionTarget("user1-f"), FunctionTarget("user1-f", "prod"), rounds=requests)
    return passed() if passes else failed("slower than it might be")
'''

RESULT: dict[str, Any] = LoadResult(
    target="user1-f",
    model="closed",
    concurrency=2,
    requests=0,
    planned_requests=0,
    duration_s=1.0,
    offered_rps=1.0,
    achieved_rps=1.0,
    succeeded=1,
    throttled=0,
    function_errors=0,
    application_errors=0,
    timeouts=0,
    other_errors=0,
    cold_starts=0,
    latency_ms={"min": 1.0, "mean": 1.0, "p50": 1.0, "p90": 1.0, "p95": 1.0, "p99": 1.0, "max": 1.0},
    warm_latency_ms={"p50": 1.0, "p95": 1.0},
    p95_interval_ms=(1.0, 1.0),
).to_dict()


def often(item: str, *requests: int, passes: bool = True) -> Item:
    return Item(item, "report_asks_often", item.title(), parameters={"often": list(requests), "passes": passes})


LAB = Lab(
    id="lambda-optimization",
    version="1.0.0",
    title="An example",
    handout="",
    points=40,
    checks=(
        replace(often("zebra", 200, 1000, 300), points=20, task="Task 1"),
        replace(often("ant", 7), points=20, task="Task 2"),
    ),
    advice=(often("pike", 12, passes=False), often("eel", 13)),
)


@pytest.fixture(scope="module", autouse=True)
def registered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder: Path = tmp_path_factory.mktemp("labs") / "checks"
    folder.mkdir()
    (folder / "report_asks_often.py").write_text(_CHECK)
    with searching(folder.parent):
        yield


def snapshot() -> Snapshot:
    answers = Answers()
    answers.record(Question("lambda:ListFunctions"), Answer(["user1-f"]))
    configuration = {"FunctionName": "user1-f", "State": "Active", "MemorySize": 128}
    value = {"Configuration": configuration, "Concurrency": {}, "Tags": {}}
    answers.record(Question("lambda:GetFunction", {"FunctionName": "user1-f"}), Answer(value))
    return Snapshot("user1", "111122223333", "us-east-1", STARTED, answers)


def planned(store: Store, lab: Lab = LAB) -> None:
    store.put_json(KEYS.lab, lab.to_dict())
    student = Student(username="user1", student_id="s-user1", account_id="111122223333", region="us-east-1")
    store.put_json(KEYS.students, [student.to_dict()])
    put_run(store, {"run_id": RUN, "lab": lab.id, "mode": "grade", "status": "running", "started_at": STARTED})
    store.put_json(KEYS.snapshot("user1"), snapshot().to_dict())


def measured(question: Question) -> Answer:
    """Return the result of a load test or a comparison, with the planned number of requests."""
    if question.action == COMPARE:
        rounds = question.arguments["Rounds"]
        return Answer(Comparison("user1-f", "user1-f:prod", (2.0,) * rounds, (1.0,) * rounds, ratio=2.0).to_dict())
    return Answer({**RESULT, "requests": question.arguments["Requests"]})


def recorded(store: Store, item: Item, verdict: Verdict | None = None) -> Answers:
    """Store the record of an item, as a run does."""
    answers, taken = Answers(), snapshot()
    while (question := next_question(item, taken, answers)) is not None:
        answers.record(question, measured(question))
    record = CheckRecord(item.id, answers, verdict or judge(item, taken, answers))
    store.put_json(KEYS.evidence("user1", item.id), json.loads(json.dumps(record.to_dict())))
    return answers


def load_tests(report: Any) -> list[tuple[str, int]]:
    return [(test["id"], test["requests"]) for test in report["load_tests"]]


def comparisons(report: Any) -> list[tuple[str, int]]:
    return [(entry["id"], len(entry["baseline_ms"])) for entry in report.get("comparisons", ())]


def test_report_has_load_tests_and_comparisons_in_order(store: Store) -> None:
    planned(store)
    for item in (*LAB.checks, *LAB.advice):
        recorded(store, item)
    report = write_report(store, RUN, "grade", "user1")
    order = [("zebra", 200), ("zebra", 1000), ("zebra", 300), ("ant", 7), ("pike", 12), ("eel", 13)]
    assert load_tests(report) == comparisons(report) == order


def test_report_has_the_load_test_of_advice(store: Store) -> None:
    planned(store)
    for item in (*LAB.checks, *LAB.advice):
        recorded(store, item)
    report = write_report(store, RUN, "grade", "user1")
    assert [(advice["id"], advice["message"]) for advice in report["advice"]] == [("pike", "slower than it might be")]
    assert report["score"]["points"] == 40
    page = render_student(report)
    assert page.count('Pike <span class="tag">no points depend on it</span>') == 2
    assert 'Zebra <span class="tag">' not in page


def test_measurement_that_the_check_no_longer_asks_for_comes_last(store: Store) -> None:
    planned(store)
    recorded(store, LAB.checks[0])
    fewer = replace(LAB, checks=(replace(LAB.checks[0], parameters={"often": [1000]}), LAB.checks[1]))
    store.put_json(KEYS.lab, fewer.to_dict())
    report = write_report(store, RUN, "grade", "user1")
    assert load_tests(report) == [("zebra", 1000), ("zebra", 200), ("zebra", 300)]


def test_measurement_of_a_removed_check_keeps_its_id(store: Store) -> None:
    planned(store)
    recorded(store, often("cat", 3))
    report = write_report(store, RUN, "grade", "user1")
    assert load_tests(report) == [("cat", 3)]
    assert report["load_tests"][0]["title"] == "cat"


def test_report_has_no_refused_load_test(store: Store) -> None:
    planned(store)
    answers = recorded(store, LAB.checks[1])
    (question,) = [key for key in answers.to_dict() if key.startswith("labgrader:LoadTest ")]
    record = store.get_json(KEYS.evidence("user1", "ant"))
    record["answers"][question] = {"error": {"code": "AccessDeniedException", "message": "no"}}
    store.put_json(KEYS.evidence("user1", "ant"), record)
    report = write_report(store, RUN, "grade", "user1")
    assert (load_tests(report), comparisons(report)) == ([], [("ant", 7)])


def test_probe_without_internet_costs_no_points_and_is_advice(store: Store) -> None:
    calls = {"function": "user1-f", "operation": "default", "statuses": [200], "tries": 1}
    item = Item("calls", "answers_only_with", "Calls", "Task 1", 40, parameters=calls, needs_internet=True)
    planned(store, replace(LAB, checks=(item,), advice=()))
    answers, taken = Answers(), snapshot()
    body = json.dumps({"error": "HTTPSConnectionPool: Max retries exceeded"})
    payload = json.dumps({"statusCode": 500, "body": body})
    question = next_question(item, taken, answers)
    assert question is not None
    answers.record(question, Answer(Invocation("user1-f", "answered", payload).to_dict()))
    record = CheckRecord("calls", answers, judge(item, taken, answers))
    store.put_json(KEYS.evidence("user1", "calls"), record.to_dict())
    report = write_report(store, RUN, "grade", "user1")
    (check,) = report["checks"]
    assert (check["status"], report["score"]["open_points"]) == ("not_graded", 40)
    (advice,) = report["advice"]
    assert (advice["id"], advice["title"]) == ("calls", "Calls")
    assert advice["message"].startswith("This costs no points, because the function had no internet access.")
