"""What a probe makes of hostile answers: a problem in words, never an exception."""

from __future__ import annotations

import json

import pytest

from labgrader.evidence.probe import MAX_PAYLOAD_CHARACTERS, Invocation, Response
from labgrader.evidence.question import Json, Question
from labgrader.evidence.untrusted_json import parse_json
from labgrader.probing.function_invoker import Invoker
from labgrader.probing.retry_policy import RetryPolicy
from tests.load_testing.stub_lambda import Response as Reply
from tests.load_testing.stub_lambda import StubLambda, error, function_error, throttle


def _read(payload: str) -> Response:
    return Invocation("user1-f", "answered", payload=payload, payload_size=len(payload)).response


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[" * 100_000 + "]" * 100_000, "is nested too deeply to be read"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "is nested too deeply to be read"),
        ("9" * 5000, "is not valid JSON"),
        ("NaN", "is not valid JSON"),
        ("[Infinity]", "is not valid JSON"),
        ('{"a": -Infinity}', "is not valid JSON"),
        ("1e999", "is not valid JSON"),
        ("[-1e999]", "is not valid JSON"),
        ("", "is not valid JSON"),
        ("<script>alert(1)</script>", "is not valid JSON"),
    ],
)
def test_hostile_json_is_a_problem(text: str, problem: str) -> None:
    assert parse_json(text) == (None, problem)


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ("9" * 4000, int("9" * 4000)),
        ("1e308", 1e308),
        ("[" * 500 + "]" * 500, None),
        ('"\\ud800"', "\ud800"),
        ("null", None),
    ],
)
def test_unusual_json_is_still_read(text: str, document: object) -> None:
    read, problem = parse_json(text)
    assert problem == ""
    assert document is None or read == document


@pytest.mark.parametrize(
    ("payload", "response"),
    [
        ('{"statusCode": 200, "body": "{\\"a\\": 1}"}', Response(200, '{"a": 1}', {"a": 1})),
        ('{"statusCode": "200", "body": "[]"}', Response(200, "[]", [])),
        ('{"statusCode": 200, "body": {"a": 1}}', Response(200, {"a": 1}, {"a": 1})),
        ('{"statusCode": 200}', Response(200, None, None)),
        ('{"statusCode": 200, "body": "done"}', Response(200, "done", None, "the body is not valid JSON")),
        ('{"statusCode": 200, "body": "NaN"}', Response(200, "NaN", None, "the body is not valid JSON")),
        ('{"statusCode": true, "body": "1"}', Response(None, "1", "1", "the response has no statusCode")),
        ('{"statusCode": "OK"}', Response(None, None, None, "the response has no statusCode")),
        ('{"statusCode": "2000"}', Response(None, None, None, "the response has no statusCode")),
        ('{"statusCode": 200.0}', Response(None, None, None, "the response has no statusCode")),
        ("{}", Response(None, None, None, "the response has no statusCode")),
        ("[1]", Response(None, [1], [1], "the response is not a JSON object")),
        ('"<b>"', Response(None, "<b>", "<b>", "the response is not a JSON object")),
        ("{", Response(problem="the response is not valid JSON")),
    ],
)
def test_an_answer_is_read_as_api_gateway_would(payload: str, response: Response) -> None:
    assert _read(payload) == response


def test_a_deeply_nested_body_is_a_problem_of_the_body() -> None:
    deep = "[" * 100_000
    assert _read(json.dumps({"statusCode": 200, "body": deep})).problem == "the body is nested too deeply to be read"


def test_a_cut_answer_is_not_guessed_at() -> None:
    invocation = Invocation("user1-f", "answered", payload='{"statusCode"', payload_size=6_000_000, truncated=True)
    assert invocation.response == Response(problem="the response has 6000000 bytes, which is too large")


def test_a_hostile_error_payload_has_no_fields() -> None:
    for payload in ("[" * 100_000, "NaN", '{"errorType": 5, "errorMessage": ["x"]}', "[]"):
        invocation = Invocation("user1-f", "function_error", payload=payload, error="Unhandled")
        assert invocation.error_type == ""
        assert invocation.error_message == "Unhandled"


# --- recorded whole ---------------------------------------------------------------------------------------------------


def _recorded(reply: Reply, event: Json, timeout_s: float = 5) -> Invocation:
    arguments = {"FunctionName": "user1-f", "Qualifier": "", "Payload": event, "TimeoutSeconds": timeout_s}
    with StubLambda(lambda _: reply) as stub:
        invoker = Invoker(
            stub.endpoint,
            username="user1",
            forbidden="labgrader-",
            retry_policy=RetryPolicy(attempts=1, base_delay_s=0.001),
        )
        value = invoker.answer(Question("lambda:InvokeFunction", arguments)).value
    invocation = Invocation.from_dict(json.loads(json.dumps(value)))
    assert invocation.to_dict() == value
    return invocation


def test_the_event_and_the_answer_are_recorded() -> None:
    recorded = _recorded(Reply(), {"body": "é", "n": [1, None]})
    assert recorded.request == '{"body": "\\u00e9", "n": [1, null]}'
    assert (recorded.request_truncated, recorded.status) == (False, 200)
    assert _recorded(Reply(), None).request == "{}"


def test_an_event_is_kept_to_a_limit() -> None:
    fits = "x" * (MAX_PAYLOAD_CHARACTERS - 2)
    recorded = _recorded(Reply(), fits)
    assert (recorded.request, recorded.request_truncated) == (f'"{fits}"', False)
    recorded = _recorded(Reply(), fits + "x")
    assert (recorded.request, recorded.request_truncated) == (f'"{fits}x', True)
    assert len(recorded.request) == MAX_PAYLOAD_CHARACTERS


@pytest.mark.parametrize(
    ("reply", "outcome", "status"),
    [
        (function_error("KeyError", "'a'"), "function_error", 200),
        (throttle(), "throttled", 429),
        (error(502, "EFSIOException"), "function_error", 502),
    ],
)
def test_the_status_is_that_of_lambda(reply: Reply, outcome: str, status: int) -> None:
    recorded = _recorded(reply, {})
    assert (recorded.outcome, recorded.status, recorded.request) == (outcome, status, "{}")


def test_a_function_that_does_not_answer_has_no_status() -> None:
    recorded = _recorded(Reply(hangs=True), {"a": 1}, timeout_s=0.2)
    assert (recorded.outcome, recorded.status, recorded.request) == ("timeout", 0, '{"a": 1}')


def test_a_record_without_the_event_is_read() -> None:
    old = {
        "target": "user1-f",
        "outcome": "answered",
        "payload": "{}",
        "payload_size": 2,
        "truncated": False,
        "duration_ms": 1.5,
        "executed_version": "1",
        "error": "",
        "log_tail": "",
    }
    read = Invocation.from_dict(old)
    assert (read.payload, read.request, read.request_truncated, read.status) == ("{}", "", False, 0)
