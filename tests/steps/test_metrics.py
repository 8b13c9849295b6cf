"""The metrics of the last two functions of a run, as CloudWatch reads them from the logs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from functions.summarise_run import app as summarise_run
from functions.write_report import app as write_report
from labgrader.events import default_publisher
from labgrader.labs.lab import Item, Lab
from labgrader.rosters import Student
from labgrader.steps import run_documents
from labgrader.store import Keys, Store, default_store
from tests.stored_runs import put_run

RUN = "20260101-000000-example-0000"
KEYS = Keys(RUN)
STARTED = "2026-01-01T00:00:00Z"
LAB = Lab(
    "lambda-optimization",
    "1.0.0",
    "An example",
    "",
    100,
    (
        Item("one", "answers_only_with", "One", "Task 1", 50),
        Item("two", "answers_only_with", "Two", "Task 1", 50),
    ),
)


@dataclass
class Context:
    """The context that Lambda passes to a function."""

    function_name: str = "labgrader-write-report"
    memory_limit_in_mb: int = 1769
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:111122223333:function:labgrader-write-report"
    aws_request_id: str = "request-1"


@pytest.fixture(autouse=True)
def environment(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("BUCKET", "bucket")
    monkeypatch.setenv("TABLE", "table")
    monkeypatch.setenv("BUS", "labgrader")
    boto3.client("events").create_event_bus(Name="labgrader")
    cached: list[Any] = [default_store, default_publisher]
    cached += [run_documents.lab_of, run_documents.snapshot_of, run_documents.students_of]
    for function in cached:
        function.cache_clear()
    store.put_json(KEYS.lab, LAB.to_dict())
    store.put_json(KEYS.students, [Student("user1", account_id="111122223333", region="us-east-1").to_dict()])
    record = {"run_id": RUN, "lab": LAB.id, "mode": "audit", "status": "running", "started_at": STARTED}
    put_run(store, record)
    yield
    for function in cached:
        function.cache_clear()


def counted(capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the metrics of one invocation, and their whole log line."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    (line,) = lines
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "labgrader"
    assert directive["Dimensions"] == [["service"]], "each value of a further dimension would be a further metric"
    return {metric["Name"]: line[metric["Name"]][0] for metric in directive["Metrics"]}, line


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("grade", {"StudentsNotGraded": 1, "ChecksNotGraded": 2}),
        ("self-check", {"StudentsNotGraded": 1, "ChecksNotGraded": 2}),
        ("audit", {"StudentsGraded": 1, "ChecksNotGraded": 0}),  # an audit invokes nothing: these checks do not count
    ],
)
def test_write_report_counts_the_student_and_ungraded_checks(
    mode: str, expected: dict[str, int], capsys: pytest.CaptureFixture[str]
) -> None:
    state = {"run_id": RUN, "mode": mode, "username": "user1", "results": {"configuration": []}}
    assert write_report.handler(state, Context()) == {"status": "incomplete"}
    metrics, line = counted(capsys)
    assert metrics == expected
    assert (line["service"], line["mode"]) == ("write_report", mode)


def test_failure_that_is_reported_twice_is_counted_once(capsys: pytest.CaptureFixture[str]) -> None:
    asked = {"run_id": RUN, "started_at": STARTED, "error": {"Error": "KeyError", "Cause": "x"}}
    summarise_run.handler(asked, Context())
    capsys.readouterr()
    assert summarise_run.handler(asked, Context())["status"] == "failed"
    assert counted(capsys)[0] == {"RunsFailed": 0}


def test_summarise_run_counts_the_run_and_its_duration(capsys: pytest.CaptureFixture[str]) -> None:
    asked = {"run_id": RUN, "started_at": STARTED}
    answer = summarise_run.handler(asked, Context())
    assert answer == {"run_id": RUN, "status": "incomplete", "counts": {"students": 1, "complete": 0, "incomplete": 1}}
    metrics, line = counted(capsys)
    assert (metrics["RunsCompleted"], set(metrics)) == (1, {"RunsCompleted", "RunDuration"})
    assert metrics["RunDuration"] > 0
    assert (line["service"], line["mode"]) == ("summarise_run", "audit")


def test_record_failure_counts_a_failed_run(capsys: pytest.CaptureFixture[str]) -> None:
    asked = {"run_id": RUN, "started_at": STARTED, "error": {"Error": "KeyError", "Cause": "x"}}
    assert summarise_run.handler(asked, Context())["status"] == "failed"
    assert set(counted(capsys)[0]) == {"RunsFailed", "RunDuration"}
