"""Send digest: stored, sent, and built from the results that the runs stored."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from labgrader.courses.course_file import read_course
from labgrader.courses.enrolment import push_course, remove_course
from labgrader.errors import BadInputError, RefusedError
from labgrader.steps.send_digest import Topic, send_digest
from labgrader.store import Keys, Store
from tests.courses.course_folder import make_folder
from tests.courses.findings import audit_of, change, run_of, student
from tests.stored_runs import put_run

COURSE_ID, AUDIT_NAME, STARTED = "serverless-2026", "2026-11-21-2230", "2026-11-21T21:30:04.123Z"
RUNS = [{"run_id": "r1", "lab": "lambda-optimization"}, {"run_id": "r2", "lab": "performance-scaling"}]


class Inbox:
    """A queue with a subscription to the topic."""

    def __init__(self) -> None:
        sns, self._sqs = boto3.client("sns"), boto3.client("sqs")
        self._queue = self._sqs.create_queue(QueueName="inbox")["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])["Attributes"]
        topic = sns.create_topic(Name="digests")["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["QueueArn"])
        self.topic = Topic(sns, topic, " --aws")

    def read(self) -> list[dict[str, Any]]:
        found = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in found]


@pytest.fixture
def inbox(store: Store, tmp_path: Path) -> Inbox:
    push_course(store, read_course(make_folder(tmp_path)), datetime(2026, 11, 20, tzinfo=UTC))
    return Inbox()


def keep(store: Store, run_id: str, lab: str, students: list[dict[str, Any]], incomplete: int = 0) -> None:
    store.put_json(Keys(run_id).run, run_of(run_id, incomplete=incomplete))
    store.put_json(Keys(run_id).audit, audit_of(run_id, lab, students))


def send(store: Store, inbox: Inbox, runs: list[Any] | None = None) -> Any:
    return send_digest(store, inbox.topic, COURSE_ID, AUDIT_NAME, STARTED, RUNS if runs is None else runs)


def test_send_digest_stores_and_sends_the_digest(store: Store, inbox: Inbox) -> None:
    keep(store, "r1", "lambda-optimization", [student("user1", drifted=[change("A", "passed", "failed", 1)])])
    keep(store, "r2", "performance-scaling", [], incomplete=3)
    digest = send(store, inbox)
    assert digest["status"] == "complete"
    assert digest["counts"]["incomplete"] == 3
    assert [(run["lab"], run["due"]) for run in digest["runs"]] == [
        ("lambda-optimization", "2026-12-01 23:59"),
        ("performance-scaling", ""),
    ]
    assert store.get_json(f"courses/{COURSE_ID}/nights/{AUDIT_NAME}.json") == digest
    (message,) = inbox.read()
    assert message["Subject"] == "labgrader: serverless-2026: 1 drifted"
    assert message["Message"].startswith("Serverless 2026 (serverless-2026), audit of 21 November 2026, 22:30")
    assert "labgrader report r1 --student user1 -o user1.html --aws" in message["Message"]


def test_send_digest_sends_no_names_addresses_or_secrets(store: Store, inbox: Inbox) -> None:
    keep(store, "r1", "lambda-optimization", [student("user1", gone=["function user1-f"])])
    keep(store, "r2", "performance-scaling", [])
    text = json.dumps([send(store, inbox), inbox.read()])
    for private in ("Ada", "Bob", "a-secret-of-one", "a-secret-of-two"):
        assert private not in text


def test_send_digest_has_the_reason_in_the_record_of_a_failed_run(store: Store, inbox: Inbox) -> None:
    keep(store, "r1", "lambda-optimization", [])
    put_run(
        store,
        {
            "run_id": "r2",
            "lab": "performance-scaling",
            "mode": "audit",
            "status": "failed",
            "started_at": STARTED,
            "error": "BadInputError: user3 has another account and no role_arn",
        },
    )
    digest = send(store, inbox, [RUNS[0], {**RUNS[1], "error": "States.TaskFailed", "cause": "a long story"}])
    assert digest["status"] == "failed"
    assert [run["status"] for run in digest["runs"]] == ["complete", "failed"]
    assert digest["runs"][1]["error"] == "BadInputError: user3 has another account and no role_arn"
    (message,) = inbox.read()
    assert "This lab was not audited: BadInputError: user3 has another account and no role_arn" in message["Message"]


def test_send_digest_has_the_error_of_the_execution_for_a_run_without_a_record(store: Store, inbox: Inbox) -> None:
    keep(store, "r1", "lambda-optimization", [])
    digest = send(store, inbox, [RUNS[0], {**RUNS[1], "error": "States.Timeout", "cause": "8 hours"}])
    assert digest["runs"][1]["error"] == "States.Timeout: 8 hours"


def test_send_digest_has_the_results_of_a_run_that_finished_before_its_execution_failed(
    store: Store, inbox: Inbox
) -> None:
    keep(store, "r1", "lambda-optimization", [])
    keep(store, "r2", "performance-scaling", [])
    heard = {"error": "StepFunctions.ExecutionAlreadyExistsException", "cause": "asked twice"}
    assert send(store, inbox, [RUNS[0], {**RUNS[1], **heard}])["status"] == "complete"


def test_send_digest_has_a_lab_that_was_removed_during_the_audit(store: Store, inbox: Inbox, tmp_path: Path) -> None:
    keep(store, "r1", "lambda-optimization", [])
    keep(store, "r3", "lambda-fundamentals", [])
    runs = [RUNS[0], {"run_id": "r3", "lab": "lambda-fundamentals"}]
    assert [run["lab"] for run in send(store, inbox, runs)["runs"]] == ["lambda-optimization", "lambda-fundamentals"]


def test_second_digest_replaces_the_first(store: Store, inbox: Inbox) -> None:
    keep(store, "r1", "lambda-optimization", [])
    assert send(store, inbox)["status"] == "failed"
    keep(store, "r2", "performance-scaling", [])
    assert send(store, inbox)["status"] == "complete"
    assert store.get_json(f"courses/{COURSE_ID}/nights/{AUDIT_NAME}.json")["status"] == "complete"
    assert len(inbox.read()) == 2


def test_send_digest_stores_the_digest_if_sns_refuses_it(store: Store, inbox: Inbox) -> None:
    keep(store, "r1", "lambda-optimization", [])
    keep(store, "r2", "performance-scaling", [])
    nowhere = Topic(boto3.client("sns"), "arn:aws:sns:us-east-1:123456789012:nowhere")
    with pytest.raises(RefusedError):
        send_digest(store, nowhere, COURSE_ID, AUDIT_NAME, STARTED, RUNS)
    assert store.get_json(f"courses/{COURSE_ID}/nights/{AUDIT_NAME}.json")["status"] == "complete"


def test_send_digest_reports_a_course_that_was_removed_during_the_audit(store: Store, inbox: Inbox) -> None:
    remove_course(store, COURSE_ID)
    with pytest.raises(BadInputError, match="there is no course serverless-2026"):
        send(store, inbox)
