"""What a probe makes of hostile answers: a problem in words, never an exception."""

from __future__ import annotations

import json

import pytest

from labgrader.evidence.hostile_json import parse_json
from labgrader.evidence.probe import Invocation, Response


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
        ('{"statusCode": true, "body": "1"}', Response(None, "1", "1", "the answer has no statusCode")),
        ('{"statusCode": "OK"}', Response(None, None, None, "the answer has no statusCode")),
        ('{"statusCode": "2000"}', Response(None, None, None, "the answer has no statusCode")),
        ('{"statusCode": 200.0}', Response(None, None, None, "the answer has no statusCode")),
        ("{}", Response(None, None, None, "the answer has no statusCode")),
        ("[1]", Response(None, [1], [1], "the answer is not a JSON object")),
        ('"<b>"', Response(None, "<b>", "<b>", "the answer is not a JSON object")),
        ("{", Response(problem="the answer is not valid JSON")),
    ],
)
def test_an_answer_is_read_as_api_gateway_would(payload: str, response: Response) -> None:
    assert _read(payload) == response


def test_a_deeply_nested_body_is_a_problem_of_the_body() -> None:
    deep = "[" * 100_000
    assert _read(json.dumps({"statusCode": 200, "body": deep})).problem == "the body is nested too deeply to be read"


def test_a_cut_answer_is_not_guessed_at() -> None:
    invocation = Invocation("user1-f", "answered", payload='{"statusCode"', payload_size=6_000_000, truncated=True)
    assert invocation.response == Response(problem="the answer has 6000000 bytes, too many to read")


def test_a_hostile_error_payload_has_no_fields() -> None:
    for payload in ("[" * 100_000, "NaN", '{"errorType": 5, "errorMessage": ["x"]}', "[]"):
        invocation = Invocation("user1-f", "function_error", payload=payload, error="Unhandled")
        assert invocation.error_type == ""
        assert invocation.error_message == "Unhandled"
