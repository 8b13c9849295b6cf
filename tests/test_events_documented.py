"""The examples in `docs/events.md` are valid events, and its rule for an LMS works as described."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore import xform_name
from moto import mock_aws

from labgrader import events
from labgrader.events import Event, Publisher, run_completed, student_graded
from labgrader.rosters import GraderAccount, Student
from labgrader.rosters.reader import read_roster
from labgrader.runs.request_parser import FIELDS, read_request
from labgrader.schemas import InvalidDocumentError, validate
from labgrader.store import Store
from tests.drifted_run import RUN
from tests.test_events import REPORT, SUMMARY, detail

DOCS = (Path(__file__).parents[1] / "docs/events.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", DOCS, re.MULTILINE | re.DOTALL))
TYPES = ("Run Started", "Student Graded", "Run Completed", "Run Failed", "Drift Detected")


def shown(section: str) -> list[Any]:
    """Return the JSON blocks of a section, in order."""
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", SECTIONS[section], re.DOTALL)]


def test_events_page_documents_exactly_the_schemas() -> None:
    files = (Path(events.__file__).parent / "schemas/events").glob("*.schema.json")
    known = {json.loads(file.read_text())["title"] for file in files}
    assert known == {*TYPES, "Grade Requested"} == {title.strip("`") for title in SECTIONS if title.startswith("`")}


@pytest.mark.parametrize("detail_type", TYPES)
def test_every_example_matches_its_schema(detail_type: str) -> None:
    (example,) = shown(f"`{detail_type}`")
    event = Event(detail_type, example)
    assert detail(event)["event_id"].startswith(f"{example['run_id']}:{event.schema.removeprefix('events/')}")


def test_the_documented_request_is_accepted(store: Store) -> None:
    by_key, (with_list,) = shown("`Grade Requested`")
    sent = json.loads(with_list["Detail"])
    assert tuple(by_key) == FIELDS
    store.record_course({"course": "autumn-2026"})
    store.put(by_key["roster"], sent["roster"].encode())
    store.put(by_key["accounts"], b"student_id,region\ns-001,us-west-2\n")
    for detail_sent in (by_key, sent):
        validate(detail_sent, "events/grade-requested")
        asked = read_request(store, detail_sent, "event e-1", GraderAccount("111122223333", "us-east-1"))
        assert asked.request.course == "autumn-2026"
    assert read_roster(sent["roster"].encode(), "") == [Student("user1", "s-001"), Student("user2", "s-002")]
    assert by_key["students"] == ["user1", "user2"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"mode": "self-check"}, "mode: 'self-check' is not one of"),
        ({"requested_by": "the dean"}, "'requested_by' was unexpected"),
        ({"students": []}, "students: "),
        ({"client_token": ""}, "client_token: "),
        ({"course": "Autumn 2026"}, "course: "),
    ],
)
def test_the_schema_refuses_invalid_requests(changed: dict[str, Any], said: str) -> None:
    by_key, _ = shown("`Grade Requested`")
    with pytest.raises(InvalidDocumentError, match=said):
        validate({**by_key, **changed}, "events/grade-requested")


EXAMPLE = "An example: points into an LMS"


def sent(mode: str, status: str = "complete", course: str = "autumn-2026", *, private: bool = False) -> Event:
    report = REPORT | {"mode": mode, "status": status, "run_id": f"{RUN}-{mode}-{status}"}
    return student_graded(report, course, private=private)


def test_the_example_rule_matches_public_graded_runs_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pattern, targets = shown(EXAMPLE)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client: Any = boto3.client("events", "us-east-1")
        sqs: Any = boto3.client("sqs", "us-east-1")
        queue = sqs.create_queue(QueueName="lms")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        client.create_event_bus(Name="labgrader")
        client.put_rule(Name="points-to-lms", EventBusName="labgrader", EventPattern=json.dumps(pattern))
        client.put_targets(Rule="points-to-lms", EventBusName="labgrader", Targets=targets)
        client.put_targets(Rule="points-to-lms", EventBusName="labgrader", Targets=[{"Id": "seen", "Arn": arn}])
        client.remove_targets(Rule="points-to-lms", EventBusName="labgrader", Ids=["lms"])
        wanted = sent("grade")
        Publisher(client, "labgrader").publish(
            sent("audit"),
            sent("self-check"),
            sent("grade", "incomplete"),
            sent("grade", course="spring-2026"),
            sent("grade", course=""),
            sent("grade", private=True),
            run_completed(SUMMARY),
            wanted,
        )
        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert [json.loads(message["Body"])["detail"] for message in messages] == [wanted.detail]


def test_the_example_states_which_runs_match_its_rule() -> None:
    pattern, _ = shown(EXAMPLE)
    (course,) = pattern["detail"]["course"]
    said = " ".join(SECTIONS[EXAMPLE].split())
    assert f"The rule matches runs with the `course` `{course}`" in said
    assert f"a roster below `courses/{course}/rosters/`" in said


def test_the_example_sends_json_from_the_event() -> None:
    _, (target,) = shown(EXAMPLE)
    paths, template = target["InputTransformer"]["InputPathsMap"], target["InputTransformer"]["InputTemplate"]
    told = sent("grade").detail
    for name, path in paths.items():
        template = template.replace(f"<{name}>", json.dumps(told[path.removeprefix("$.detail.")]))
    assert json.loads(template) == {
        "idempotency_key": told["event_id"],
        "student": "s-1",
        "assignment": "lambda-optimization",
        "points": 40.5,
        "max_points": 100,
        "graded_at": "2026-01-01T00:01:00Z",
    }


def test_every_documented_aws_command_exists() -> None:
    service = botocore.session.get_session().get_service_model("events")
    operations = {xform_name(name, "-"): service.operation_model(name) for name in service.operation_names}
    blocks = re.findall(r"```sh\n(.*?)```", DOCS, re.DOTALL)
    commands = [line for block in blocks for line in block.replace("\\\n", " ").splitlines() if line.strip()]
    assert len(commands) == 5
    for command in commands:
        program, group, operation, *rest = shlex.split(command)
        assert (program, group) == ("aws", "events")
        options = {word.removeprefix("--") for word in rest if word.startswith("--")}
        shape = operations[operation].input_shape
        assert options <= {xform_name(member, "-") for member in shape.members}
        assert {xform_name(member, "-") for member in shape.required_members} <= options
