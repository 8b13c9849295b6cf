"""A course on the embedded AWS, with the roles of the template: push, requested audit and scheduled audit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.audit_run import follow_audit, start_audit
from labgrader.courses.digest_text import digest_text
from labgrader.schemas import validate
from labgrader.store import CourseKeys, Keys
from tests.workflow.conftest import LAB

pytestmark = pytest.mark.workflow


def audit(stack: Any, course_id: str) -> Any:
    started = start_audit(stack.target, stack.outputs, course_id)
    digest = follow_audit(stack.target, stack.outputs, started, lambda _: None, pause=0.25)
    validate(digest, "digest")
    return digest


@pytest.fixture
def inbox(stack: Any) -> Iterator[Any]:
    """Reads the messages of a course from the digest topic."""
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
        sent = [json.loads(message["Body"]) for message in found]
        return [message for message in sent if message["Subject"].startswith(f"labgrader: {course_id}: ")]

    yield read
    sns.unsubscribe(SubscriptionArn=subscription)
    sqs.delete_queue(QueueUrl=queue)


def test_digest_has_lost_and_restored_resources_since_the_graded_run(
    stack: Any, graded: Any, inbox: Any, tmp_path: Path
) -> None:
    stack.push_course(tmp_path, "by-command")
    functions = stack.client("lambda")
    function, alias = "user1-optimized-function", "user1-prod"
    functions.delete_alias(FunctionName=function, Name=alias)

    lost = audit(stack, "by-command")
    assert (lost["status"], lost["counts"]["drifted"], lost["counts"]["incomplete"]) == ("complete", 1, 0)
    (run,) = lost["runs"]
    (student,) = [student for student in run["found"] if student["drifted"]]
    assert student["username"] == "user1"
    assert f"alias {function}:{alias}" in student["gone"]
    assert "There is no alias user1-prod." in digest_text(lost)
    recorded = stack.store.run(run["run_id"])
    assert (recorded.mode, recorded.course) == ("audit", "by-command")
    (message,) = inbox("by-command")
    assert message["Subject"] == "labgrader: by-command: 1 drifted, 1 with missing resources"
    assert "There is no alias user1-prod." in message["Message"]

    functions.create_alias(FunctionName=function, Name=alias, FunctionVersion="1")
    mended = audit(stack, "by-command")
    assert (mended["counts"]["drifted"], mended["counts"]["mended"]) == (0, 1)


def test_audit_after_a_graded_run_reports_changes_without_invocations(stack: Any, graded: Any) -> None:
    before = {check["id"]: check["status"] for check in stack.report(graded[0], "user1")["checks"]}
    functions = stack.client("lambda")
    functions.put_function_concurrency(FunctionName="user1-optimized-function", ReservedConcurrentExecutions=3)
    functions.delete_function(FunctionName="user1-error-handling-function")
    stack.run("audit-after", ["user1"], mode="audit")
    report = stack.report("audit-after", "user1")
    validate(report, "report")
    audit = report["audit"]
    assert audit["carried_over_from"]["run_id"] == graded[0]
    assert audit["gone"] == ["function user1-error-handling-function"]
    assert audit["mended"] == []
    assert audit["drifted"]
    for change in audit["drifted"]:
        assert (change["from"], before[change["check"]]) == ("passed", "passed")
    (running,) = audit["running"]
    assert running["resource"] == "user1-optimized-function:user1-prod"
    carried = [check for check in report["checks"] if "carried_over" in check]
    assert {check["kind"] for check in carried} == {"behaviour", "performance"}
    assert all(check["status"] == before[check["id"]] for check in carried)
    summary = stack.store.get_json(Keys("audit-after").audit)
    validate(summary, "audit")
    assert [student["username"] for student in summary["students"]] == ["user1"]
    assert stack.store.latest("user1", LAB)["run_id"] == graded[0]


def test_lab_that_cannot_be_audited_fails_the_audit_after_its_digest(
    stack: Any, graded: Any, inbox: Any, tmp_path: Path
) -> None:
    stack.push_course(tmp_path, "without-a-list")
    keys = CourseKeys("without-a-list")
    roster = keys.roster("class.csv")
    stack.store.delete([keys.roster_rows("class.csv")])
    started = start_audit(stack.target, stack.outputs, "without-a-list")
    digest = follow_audit(stack.target, stack.outputs, started, lambda _: None, pause=0.25)
    assert digest["status"] == "failed"
    assert digest["runs"][0]["error"] == f"there is no roster at {roster}"
    ended = stack.finish(started.arn)
    assert (ended["status"], ended["error"]) == ("FAILED", "AuditIncomplete")
    (message,) = inbox("without-a-list")
    assert message["Subject"] == "labgrader: without-a-list: 1 not audited"
