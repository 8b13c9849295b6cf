"""A run of one student in an account that returns errors, from the plan to the report."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.stub_aws import Clock, StubAws
from functions.run_check.app import handler as run_check_handler
from labgrader.errors import LabgraderError
from labgrader.evidence.question import Answers
from labgrader.judging.judge import next_question
from labgrader.labs.lab import Item, Lab
from labgrader.reasons import Reason
from labgrader.recording.rate_limiter import RateLimiter
from labgrader.recording.recorder import Recorder
from labgrader.recording.sessions import Accounts
from labgrader.rosters import Student
from labgrader.schemas import validate
from labgrader.steps.run_documents import CheckRecord
from labgrader.steps.write_report import write_report
from labgrader.store import Keys, RunRecord, Store

RUN = "20260101-000000-reasons-0000"
KEYS = Keys(RUN)
STARTED = "2026-01-01T00:00:00Z"
CALLS: Any = {"function": "{username}-f", "operation": "x", "statuses": [200], "tries": 1}
TEN: Any = {"function": "{username}-f", "executions": 10}
RESERVED = Item("reserved", "reserved_concurrency_set", "It is reserved", "Task 1", 40, parameters=TEN)
LIVE = Item("live", "answers_only_with", "It answers", "Task 2", 60, parameters=CALLS)


@dataclass
class Context:
    """The context that Lambda passes to a function."""

    function_name: str = "labgrader-run-check"
    memory_limit_in_mb: int = 1769
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:111122223333:function:labgrader-run-check"
    aws_request_id: str = "request-1"


def aws(fault: Exception | None = None, reserved: int | None = 10) -> StubAws:
    """An AWS account with one student, in which every request about a function fails."""
    stub = StubAws()
    stub.add_function("user1-f", reserved=reserved)
    if fault:
        stub.fail("GetFunction", fault)
    return stub


def planned(store: Store, *checks: Item, stub: StubAws | None = None, mode: str = "grade") -> Lab:
    """Record a run of one student with labgrader's recorder and botocore."""
    lab = Lab("reasons", "1.0.0", "An example", "", 100, checks)
    student = Student("user1", account_id="111122223333", region="us-east-1")
    store.put_json(KEYS.lab, lab.to_dict())
    store.put_json(KEYS.students, [student.to_dict()])
    store.record_run(RunRecord(run_id=RUN, lab=lab.id, mode=mode, status="running", started_at=STARTED))
    store.put_json(KEYS.snapshot("user1"), snapshot_of(lab, student, stub or aws()))
    return lab


def snapshot_of(lab: Lab, student: Student, stub: StubAws) -> Any:
    clock = Clock()
    accounts = Accounts(RUN, new_session=stub.session)
    recorder = Recorder(accounts, rate_limiter=RateLimiter(clock=clock, sleep=clock.sleep), workers=1)
    (snapshot,) = recorder.record_class(lab, [student], next_question=next_question)
    return snapshot.to_dict()


def outcome_of(check_id: str, run: Callable[[], object], shown_as: str = "") -> dict[str, str]:
    """Return the input of Write report for an error: its class and its text, as Lambda passes them on, cut."""
    try:
        run()
    except LabgraderError as error:
        kind = shown_as or type(error).__name__
        cause = json.dumps({"errorMessage": str(error), "errorType": kind, "stackTrace": ["a line"] * 50})
        return {"check": check_id, "status": "not_graded", "error": kind, "cause": cause[:600]}
    return {"check": check_id, "status": "passed"}


def check(check_id: str, shown_as: str = "") -> dict[str, str]:
    """Run the handler of Run check, as Lambda does."""
    event = {"run_id": RUN, "username": "user1", "check": check_id}
    return outcome_of(check_id, lambda: run_check_handler(event, Context()), shown_as)  # type: ignore[arg-type]


def reported(store: Store, *outcomes: dict[str, str], mode: str = "grade", **more: Any) -> Any:
    """Return the checks of the report by id. The report and its events match their schemas."""
    told: list[Any] = []
    report = write_report(store, RUN, mode, "user1", outcomes, publish=lambda *events: told.extend(events), **more)
    validate(report, "report")
    (event,) = told
    validate(event.detail, event.schema)
    open_ = {check["reason"] for check in report["checks"] if check["status"] == "not_graded"}
    assert event.detail["not_graded_reasons"] == sorted(open_)
    (result,) = store.results(RUN)
    assert result["our_fault"] is any(Reason(reason).ours for reason in open_)
    return {check["id"]: check for check in report["checks"]}


def kept_record(check_id: str, verdict: Any) -> Any:
    document: dict[str, Any] = CheckRecord(check_id, Answers(), verdict).to_dict()
    return document
