"""A course on the embedded AWS, under the template's own roles: pushed, audited by command, and by its schedule."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from cli.audits import follow_audit, start_audit
from cli.nights import remove_nights
from cli.project import DEFAULT_STACK
from labgrader.courses.digest_text import digest_text
from labgrader.schemas import validate
from labgrader.store import CourseKeys, Keys
from tests.workflow.conftest import AUDITED, LAB

pytestmark = pytest.mark.workflow

GRADED = "graded-before-audits"


def audit(stack: Any, course_id: str) -> dict[str, Any]:
    started = start_audit(stack.target, stack.outputs, course_id)
    digest = follow_audit(stack.target, stack.outputs, started, lambda _: None, pause=0.25)
    validate(digest, "digest")
    return digest


@pytest.fixture(scope="module")
def graded(stack: Any) -> None:
    for username in AUDITED:
        stack.build(username)
    run = stack.run(GRADED, list(AUDITED))
    assert run["counts"]["complete"] == 2


@pytest.fixture
def inbox(stack: Any) -> Iterator[Any]:
    """Reads what was sent of a course to the topic of digests."""
    sqs, sns = stack.client("sqs"), stack.client("sns")
    queue = sqs.create_queue(QueueName="inbox-of-digests")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = stack.outputs["DigestTopicArn"]
    allowed = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [{**allowed, "Resource": arn}]}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"]

    def read(course_id: str) -> list[dict[str, Any]]:
        found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", [])
        sent = [json.loads(one["Body"]) for one in found]
        return [one for one in sent if one["Subject"].startswith(f"labgrader: {course_id}: ")]

    yield read
    sns.unsubscribe(SubscriptionArn=subscription)
    sqs.delete_queue(QueueUrl=queue)


def test_what_a_student_lost_since_the_graded_run_is_in_the_digest_and_what_came_back(
    stack: Any, graded: None, inbox: Any, tmp_path: Path
) -> None:
    stack.push_course(tmp_path, "by-command")
    functions = stack.client("lambda")
    function, alias = "drifter-optimized-function", "drifter-prod"
    functions.delete_alias(FunctionName=function, Name=alias)

    lost = audit(stack, "by-command")
    assert (lost["status"], lost["counts"]["drifted"], lost["counts"]["incomplete"]) == ("complete", 1, 0)
    (run,) = lost["runs"]
    (student,) = [one for one in run["found"] if one["drifted"]]
    assert student["username"] == "drifter"
    assert f"alias {function}:{alias}" in student["gone"]
    assert "There is no alias drifter-prod." in digest_text(lost)
    recorded = stack.store.run(run["run_id"])
    assert (recorded["mode"], recorded["course"]) == ("audit", "by-command")
    (message,) = inbox("by-command")
    assert message["Subject"] == "labgrader: by-command: 1 drifted, 1 with something gone"
    assert "There is no alias drifter-prod." in message["Message"]

    functions.create_alias(FunctionName=function, Name=alias, FunctionVersion="1")
    mended = audit(stack, "by-command")
    assert (mended["counts"]["drifted"], mended["counts"]["mended"]) == (0, 1)


def test_the_night_after_a_graded_run_tells_what_changed_without_a_call(stack: Any, graded: None) -> None:
    before = {check["id"]: check["status"] for check in stack.report(GRADED, "steady")["checks"]}
    functions = stack.client("lambda")
    functions.put_function_concurrency(FunctionName="steady-optimized-function", ReservedConcurrentExecutions=3)
    functions.delete_function(FunctionName="steady-error-handling-function")
    stack.run("night-after", ["steady"], mode="audit")
    report = stack.report("night-after", "steady")
    validate(report, "report")
    audit = report["audit"]
    assert audit["carried_over_from"]["run_id"] == GRADED
    assert audit["gone"] == ["function steady-error-handling-function"]
    assert audit["mended"] == []
    assert audit["drifted"]
    for one in audit["drifted"]:
        assert (one["from"], before[one["check"]]) == ("passed", "passed")
    (running,) = audit["running"]
    assert running["resource"] == "steady-optimized-function:steady-prod"
    carried = [check for check in report["checks"] if "carried_over" in check]
    assert {check["kind"] for check in carried} == {"behaviour", "performance"}
    assert all(check["status"] == before[check["id"]] for check in carried)
    summary = stack.store.get_json(Keys("night-after").audit)
    validate(summary, "audit")
    assert [student["username"] for student in summary["students"]] == ["steady"]
    assert stack.store.latest("steady", LAB)["run_id"] == GRADED


def test_a_lab_that_cannot_be_audited_fails_the_night_after_its_digest(
    stack: Any, graded: None, inbox: Any, tmp_path: Path
) -> None:
    stack.push_course(tmp_path, "without-a-list")
    roster = CourseKeys("without-a-list").roster("class.csv")
    stack.store.delete([roster])
    started = start_audit(stack.target, stack.outputs, "without-a-list")
    digest = follow_audit(stack.target, stack.outputs, started, lambda _: None, pause=0.25)
    assert digest["status"] == "failed"
    assert digest["runs"][0]["error"] == f"there is no roster at {roster}"
    ended = stack.finish(started.arn)
    assert (ended["status"], ended["error"]) == ("FAILED", "AuditIncomplete")
    (message,) = inbox("without-a-list")
    assert message["Subject"] == "labgrader: without-a-list: 1 not audited"


def test_a_schedule_starts_a_night_by_itself_and_a_second_delivery_audits_nothing(
    stack: Any, night_to_come: datetime
) -> None:
    night: dict[str, Any] = {}
    end = time.monotonic() + 150
    while not night and time.monotonic() < end:
        time.sleep(1)
        night = next(iter(stack.store.nights("by-schedule")), {})
    remove_nights(stack.target, stack.outputs, DEFAULT_STACK, "by-schedule")
    assert night, "the schedule started nothing"
    assert night["night"] == f"{night_to_come:%Y-%m-%d-%H%M}"
    assert night["scheduled"] is True
    machine = stack.outputs["AuditCourseArn"]
    first = machine.replace(":stateMachine:", ":execution:") + f":{night['execution']}"
    assert stack.finish(first)["status"] == "SUCCEEDED"
    assert stack.store.get_json(CourseKeys("by-schedule").night(night["night"]))["status"] == "complete"

    runs = len(stack.store.runs())
    asked = json.dumps({"course": "by-schedule", "scheduled": True})
    again = stack.client("stepfunctions").start_execution(stateMachineArn=machine, input=asked)
    ended = stack.finish(again["executionArn"])
    assert ended["status"] == "SUCCEEDED"
    assert json.loads(ended["output"])["again"] is True
    assert len(stack.store.runs()) == runs
    assert len(stack.store.nights("by-schedule")) == 1
