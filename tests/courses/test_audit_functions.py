"""The two functions of an audit: what they return, and the metric of the alarm."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

import functions.plan_audit.app as planning
import functions.send_digest.app as sending
from labgrader.courses.course_file import read_course
from labgrader.courses.enrolment import push_course
from labgrader.steps.send_digest import default_topic
from labgrader.store import Keys, Store, default_store
from tests.courses.course_folder import COURSE, make_folder
from tests.courses.findings import audit_of, run_of

CONTEXT: Any = SimpleNamespace(
    function_name="f", memory_limit_in_mb=512, invoked_function_arn="arn", aws_request_id="r", tenant_id=None
)
ONE_LAB = COURSE[: COURSE.index("  - lab: performance-scaling")]
STARTED = "2026-11-21T21:30:04.123Z"


@pytest.fixture(autouse=True)
def _environment(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    topic = boto3.client("sns").create_topic(Name="digests")["TopicArn"]
    for name, value in {"BUCKET": "bucket", "TABLE": "table", "STACK": "grading", "DIGEST_TOPIC_ARN": topic}.items():
        monkeypatch.setenv(name, value)
    push_course(store, read_course(make_folder(tmp_path, ONE_LAB)), datetime(2026, 11, 20, tzinfo=UTC))
    for made_once in (default_store, default_topic):
        made_once.cache_clear()
    yield
    for made_once in (default_store, default_topic):
        made_once.cache_clear()


def plan() -> dict[str, Any]:
    event = {"course": "serverless-2026", "scheduled": True, "execution": "e1", "started_at": STARTED}
    return planning.handler(event, CONTEXT)


def send(run_id: str, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Send the digest. Return the output of the function and its metrics."""
    event = {
        "course": "serverless-2026",
        "night": "2026-11-21-2230",
        "started_at": STARTED,
        "runs": [{"run_id": run_id, "lab": "lambda-optimization"}],
    }
    capsys.readouterr()
    answer = sending.handler(event, CONTEXT)
    written = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (metric,) = [line for line in written if "_aws" in line]
    return answer, metric


def test_plan_audit_output_fits_into_a_state() -> None:
    planned = plan()
    assert (planned["night"], planned["again"], len(planned["runs"])) == ("2026-11-21-2230", False, 1)
    assert len(json.dumps(planned)) < 1024


def test_send_digest_counts_a_successful_audit_for_the_alarm(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    (run,) = plan()["runs"]
    store.put_json(Keys(run["run_id"]).run, run_of(run["run_id"]))
    store.put_json(Keys(run["run_id"]).audit, audit_of(run["run_id"], "lambda-optimization", []))
    answer, metric = send(run["run_id"], capsys)
    assert answer == {"night": "2026-11-21-2230", "status": "complete"}
    (directive,) = metric["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "labgrader"
    assert [set(dimensions) for dimensions in directive["Dimensions"]] == [{"Course", "service"}]
    assert (metric["Course"], metric["service"]) == ("serverless-2026", "send_digest")
    assert metric["NightsAudited"] == [1]


def test_send_digest_does_not_count_an_audit_with_a_failed_lab(capsys: pytest.CaptureFixture[str]) -> None:
    answer, metric = send("no-such-run", capsys)
    assert answer["status"] == "failed"
    assert metric["NightsAudited"] == [0]


def test_digest_commands_name_a_stack_with_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert default_topic().options == " --aws --stack grading"
    default_topic.cache_clear()
    monkeypatch.setenv("STACK", "labgrader")
    assert default_topic().options == " --aws"
