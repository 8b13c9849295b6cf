"""How a check reads the results of calls, objects and messages, and which resources it may use."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.errors import NotGradedError
from labgrader.evidence.probe import Invocation, Probe
from labgrader.evidence.question import LIVE_ACTIONS, Answer, Answers, MissingEvidenceError, Question
from labgrader.evidence.snapshot import Queue, RestApi, Snapshot
from labgrader.judging import HttpReply, SentMessages, UploadResult

KEY, RESULT = "in/labgrader-a.txt", "out/labgrader-a.txt.json"


def _probe(answers: Answers | None = None) -> Probe:
    return Probe(Snapshot("user1", "123456789012", "us-east-1"), answers or Answers())


def _asked(ask: Any) -> Question:
    with pytest.raises(MissingEvidenceError) as unasked:
        ask()
    assert unasked.value.question.action in LIVE_ACTIONS
    return unasked.value.question


def test_a_call_names_the_key_but_not_its_value() -> None:
    api = RestApi("api1", "user1-api")
    probe = _probe()
    question = _asked(lambda: probe.call_api(api, "prod", "POST", "/x", query={"a": "b"}, body="{}", api_key_id="k1"))
    assert question.action == "labgrader:CallApi"
    assert question.arguments == {
        "ApiId": "api1",
        "ApiName": "user1-api",
        "Stage": "prod",
        "Method": "POST",
        "Path": "/x",
        "Query": {"a": "b"},
        "Body": "{}",
        "ApiKeyId": "k1",
        "TimeoutSeconds": 35,
    }
    probe.answers.record(question, Answer(HttpReply("answered", 200, {"a": "b"}, "[1]").to_dict()))
    reply = probe.call_api(api, "prod", "POST", "/x", query={"a": "b"}, body="{}", api_key_id="k1")
    assert (reply.status, reply.content, reply.headers) == (200, [1], {"a": "b"})


def test_objects_and_messages_are_questions_too() -> None:
    probe = _probe()
    question = _asked(lambda: probe.drop_object("user1-b", KEY, "text", "text/plain", await_key=RESULT))
    assert (question.action, question.arguments) == (
        "labgrader:DropObject",
        {
            "Bucket": "user1-b",
            "Key": KEY,
            "Body": "text",
            "ContentType": "text/plain",
            "AwaitKey": RESULT,
            "TimeoutSeconds": 45,
        },
    )
    probe.answers.record(question, Answer(UploadResult("answered", '{"a": 1}', 10.0, [KEY]).to_dict()))
    dropped = probe.drop_object("user1-b", KEY, "text", "text/plain", await_key=RESULT)
    assert (dropped.content, dropped.left_behind) == ({"a": 1}, [KEY])
    queue = Queue("user1-q", "https://sqs/1/user1-q")
    question = _asked(lambda: probe.send_messages(queue, ["a", "b"]))
    assert (question.action, question.arguments) == (
        "labgrader:SendMessages",
        {"QueueName": "user1-q", "QueueUrl": "https://sqs/1/user1-q", "Bodies": ["a", "b"], "TimeoutSeconds": 45},
    )
    probe.answers.record(question, Answer(SentMessages("left", 2, 1, 45_000.0).to_dict()))
    assert probe.send_messages(queue, ["a", "b"]) == SentMessages("left", 2, 1, 45_000.0)


@pytest.mark.parametrize("name", ["user10-x", "User1-x", "user1", "x"])
def test_another_students_resources_are_not_requested(name: str) -> None:
    probe = _probe()
    for kind, action, ask in (
        ("API", "execute-api:Invoke", lambda: probe.call_api(RestApi("a", name), "prod", "GET", "/")),
        ("bucket", "s3:PutObject", lambda: probe.drop_object(name, KEY, "", "text/plain", await_key=RESULT)),
        ("queue", "sqs:SendMessage", lambda: probe.send_messages(Queue(name, f"https://sqs/1/{name}"), ["a"])),
    ):
        with pytest.raises(NotGradedError) as refused:
            ask()
        reason = f"the {kind} {name} does not begin with user1- and may be another student's: not touched"
        assert (refused.value.action, refused.value.reason) == (action, reason)


@pytest.mark.parametrize(
    ("key", "awaited"),
    [("in/a.txt", "out/a.txt"), (KEY, "out/a.json"), (KEY, KEY), ("labgrader-x/a.txt", "labgrader-x/a.txt.json")],
)
def test_the_students_own_objects_are_not_requested(key: str, awaited: str) -> None:
    with pytest.raises(NotGradedError) as refused:
        _probe().drop_object("user1-b", key, "", "text/plain", await_key=awaited)
    assert refused.value.reason == f"{key} and {awaited} may be the student's own: not touched"


@pytest.mark.parametrize("count", [0, 11])
def test_too_many_messages_are_not_requested(count: int) -> None:
    with pytest.raises(NotGradedError) as refused:
        _probe().send_messages(Queue("user1-q", "https://sqs/1/user1-q"), ["x"] * count)
    assert refused.value.reason == f"one to 10 messages can be sent, not {count}"


def test_a_refusal_is_no_verdict() -> None:
    probe = _probe()
    question = _asked(lambda: probe.drop_object("user1-b", KEY, "", "text/plain", await_key=RESULT))
    probe.answers.record(question, Answer(error_code="AccessDenied", error_message="s3:PutObject: Access Denied"))
    with pytest.raises(NotGradedError) as refused:
        probe.drop_object("user1-b", KEY, "", "text/plain", await_key=RESULT)
    assert str(refused.value) == (
        "could not be graded, and no points are lost: labgrader:DropObject: AccessDenied: s3:PutObject: Access Denied"
    )


@pytest.mark.parametrize(
    ("reply", "content", "problem"),
    [
        (HttpReply("answered", 200, body='{"a": 1}'), {"a": 1}, ""),
        (HttpReply("answered", 204), None, "the body is not valid JSON"),
        (HttpReply("answered", 200, body="[" * 100_000), None, "the body is nested too deeply to be read"),
        (HttpReply("answered", 200, body="NaN"), None, "the body is not valid JSON"),
        (
            HttpReply("answered", 200, body="[1]", truncated=True),
            None,
            "the body has more than 32768 characters, which is too large",
        ),
        (HttpReply("timeout", error="no answer within 35 s"), None, "there was no response"),
    ],
)
def test_an_unreadable_body_has_a_problem(reply: HttpReply, content: Any, problem: str) -> None:
    assert (reply.content, reply.problem) == (content, problem)


def test_advice_can_read_every_recorded_invocation() -> None:
    answers = Answers()
    for name in ("user1-f", "user1-g"):
        invocation = Invocation(name, "answered", log_tail="REPORT RequestId: 1").to_dict()
        answers.record(Question("lambda:InvokeFunction", {"FunctionName": name}), Answer(invocation))
    answers.record(Question("lambda:InvokeFunction", {"FunctionName": "user1-gone"}), Answer())
    answers.record(Question("lambda:InvokeFunction", {"FunctionName": "user1-no"}), Answer(error_code="AccessDenied"))
    answers.record(Question("labgrader:CallApi", {"ApiId": "a"}), Answer(HttpReply("answered", 200).to_dict()))
    assert [invocation.target for invocation in _probe(answers).invocations()] == ["user1-f", "user1-g"]
    assert _probe().invocations() == []
