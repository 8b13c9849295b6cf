"""`labgrader audit` prints the digest. Its exit status says whether all students were audited in full."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from labgrader.courses.course import Course, CourseLab
from labgrader.courses.course_file import read_course
from labgrader.courses.digest import audited, build_digest, not_audited
from labgrader.courses.digest_text import digest_text
from labgrader.courses.enrolment import push_course
from labgrader.store import CourseKeys, Store
from tests.clock import Clock
from tests.courses.conftest import OUTPUTS, Output
from tests.courses.course_folder import make_folder
from tests.courses.findings import audit_of, change, run_of, student

Run = Callable[..., Output]

LAB = CourseLab("lambda-optimization", "first.csv")
STARTED = "2026-11-21T18:30:00Z"


def digest(*, incomplete: int = 0, failed: bool = False) -> Any:
    """Return the digest of an audit of one lab."""
    drifted = [change("A check \x1b[2J", "passed", "failed", 1)]
    good = audited(LAB, run_of("r1", incomplete=incomplete), audit_of("r1", LAB.lab, [student("u", drifted=drifted)]))
    course = Course("serverless-2026", "Serverless 2026", "UTC", "", (LAB,))
    runs = [not_audited(LAB, "r1", "no roster") if failed else good]
    return build_digest(course, "2026-11-21-183000", STARTED, "2026-11-21T18:31:00Z", runs)


@pytest.fixture
def course(stack: Store, tmp_path: Path) -> Store:
    """A pushed course, and a state machine that does nothing by itself."""
    push_course(stack, read_course(make_folder(tmp_path)), datetime(2026, 11, 20, tzinfo=UTC))
    boto3.client("stepfunctions").create_state_machine(
        name="labgrader-audit-course", definition="{}", roleArn=OUTPUTS["ScheduleRoleArn"]
    )
    return stack


def works(clock: Clock, store: Store, found: Any) -> None:
    """Act as the state machine while the command waits: claim the audit, store its digest, end the execution."""
    machine = boto3.client("stepfunctions")

    def work() -> None:
        clock.while_sleeping = lambda: None
        (execution,) = machine.list_executions(stateMachineArn=OUTPUTS["AuditCourseArn"])["executions"]
        begun = {"scheduled": False, "started_at": STARTED, "runs": ["r1"]}
        store.claim_audit("serverless-2026", found["night"], execution["name"], begun)
        store.put_json(CourseKeys("serverless-2026").digest(found["night"]), found)
        machine.stop_execution(executionArn=execution["executionArn"])

    clock.while_sleeping = work


@pytest.mark.parametrize(
    ("found", "status", "last"),
    [
        (digest(), 0, "audit 2"),
        (digest(incomplete=2), 1, "audit 2"),
        (digest(failed=True), 3, "error: lambda-optimization could not be audited; the digest says why"),
    ],
    ids=["everybody", "not in full", "not at all"],
)
def test_audit_prints_the_digest_and_exits_with_the_status_of_the_audit(
    course: Store, clock: Clock, run: Run, found: Any, status: int, last: str
) -> None:
    works(clock, course, found)
    said = run("audit", "--course", "serverless-2026", "--aws")
    assert said.status == status
    assert said.out == digest_text(found, " --aws").replace("\x1b", "\N{REPLACEMENT CHARACTER}")
    assert "\x1b" not in said.out
    assert said.errors[0].endswith(": lambda-optimization, performance-scaling")
    assert said.errors[-1].startswith(last)
    (execution,) = boto3.client("stepfunctions").list_executions(stateMachineArn=OUTPUTS["AuditCourseArn"])[
        "executions"
    ]
    asked = boto3.client("stepfunctions").describe_execution(executionArn=execution["executionArn"])["input"]
    assert json.loads(asked) == {"course": "serverless-2026", "scheduled": False}


def test_audit_json_prints_the_digest_document(course: Store, clock: Clock, run: Run) -> None:
    works(clock, course, digest())
    said = run("audit", "--course", "serverless-2026", "--aws", "--json")
    assert (said.status, json.loads(said.out)) == (0, digest())


def test_audit_of_an_unknown_course_starts_nothing(course: Store, run: Run) -> None:
    said = run("audit", "--course", "../serverless\x1b[2J", "--aws")
    assert (said.status, said.out) == (2, "")
    assert said.errors == [
        "error: there is no course ../serverless\N{REPLACEMENT CHARACTER}[2J; list them with `labgrader course list`"
    ]
    found = boto3.client("stepfunctions").list_executions(stateMachineArn=OUTPUTS["AuditCourseArn"])
    assert found["executions"] == []
