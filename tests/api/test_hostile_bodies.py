"""Malicious bodies, and bodies of a broken client: each one gets a problem and starts nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labgrader.api.openapi_text import ERRORS
from labgrader.api.request_validation import MAX_BODY
from tests.api.conftest import STUDENT, World, event_of
from tests.api.nothing_started import GOOD, nothing_started


@pytest.mark.parametrize(("size", "status"), [(MAX_BODY, 422), (MAX_BODY + 1, 413)])
@pytest.mark.parametrize("binary", [False, True])
def test_a_body_has_a_maximum_size(world: World, size: int, status: int, binary: bool) -> None:
    text = '{"lab": "' + "x" * (size - 11) + '"}'
    body = text.encode() if binary else text
    assert len(body) == size
    answer = world.ask("POST", "/v1/self-checks", STUDENT, body)
    problem = answer.problem(status, "too-large" if status == 413 else "bad-input")
    if status == 413:
        assert problem["detail"] == (
            "the body has 262,145 bytes; the maximum is 262,144. For a long roster, upload it to the stack's bucket "
            "and send its key."
        )


def test_a_body_is_measured_in_bytes_not_in_characters(world: World) -> None:
    answer = world.ask("POST", "/v1/self-checks", STUDENT, '{"lab": "' + "é" * (MAX_BODY // 2) + '"}')
    answer.problem(413, "too-large")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", "is empty; send a JSON object"),
        ("  \n", "is empty; send a JSON object"),
        ("{", "is not JSON: Expecting property name enclosed in double quotes (line 1, column 2)"),
        ("lab=lambda-optimization", "is not JSON: Expecting value (line 1, column 1)"),
        ('{"lab": NaN}', "is JSON that labgrader does not accept: NaN is not a JSON number"),
        ('{"lab": -Infinity}', "is JSON that labgrader does not accept: -Infinity is not a JSON number"),
        ('{"lab": "a", "lab": "b"}', "is JSON that labgrader does not accept: lab is given twice"),
        ('{"lab": ' + "1" * 5000 + "}", "is JSON that labgrader does not accept: a number is too long"),
        ("[" * 100_000, "is JSON that labgrader does not accept: it is nested too deeply"),
        ('{"lab":' * 30_000, "is JSON that labgrader does not accept: it is nested too deeply"),
        ("[]", "is not an object"),
        ('"lambda-optimization"', "is not an object"),
        ("null", "is missing"),
        ("1", "is not an object"),
        ("true", "is not an object"),
        (b"\xff\xfe", "is not UTF-8 text"),
        ("\ufeff{}", "is not JSON: Unexpected UTF-8 BOM (decode using utf-8-sig) (line 1, column 1)"),
    ],
)
def test_a_body_that_is_not_a_json_object_is_refused(world: World, body: str | bytes, said: str) -> None:
    problem = world.ask("POST", "/v1/self-checks", STUDENT, body).problem(422, "bad-input")
    assert problem["errors"] == [{"field": "body", "message": said}]
    assert nothing_started(world)


def test_invalid_base64_is_refused(world: World) -> None:
    event = event_of("POST", "/v1/self-checks", STUDENT, "not base64!")
    event["isBase64Encoded"] = True
    problem = world.send(event).problem(422, "bad-input")
    assert problem["errors"] == [{"field": "body", "message": "is not UTF-8 text"}]


def test_a_valid_body_in_base64_is_accepted(world: World) -> None:
    assert world.ask("POST", "/v1/self-checks", STUDENT, json.dumps(GOOD).encode()).status == 202


@pytest.mark.parametrize(
    ("lab", "said"),
    [
        (None, "is not text"),
        (5, "is not text"),
        (["lambda-optimization"], "is not text"),
        ({"$ne": ""}, "is not text"),
        ("", "does not match"),
        ("../lambda-optimization", "../lambda-optimization does not match"),
        ("\ud800", None),
        ("<script>alert(1)</script>", "<script>alert(1)</script> does not match"),
        ("lambda-optimization\n", None),
        ("x" * 10_000, "… (9910 more characters) does not match"),
    ],
)
def test_an_invalid_lab_id_is_refused(world: World, lab: Any, said: str | None) -> None:
    problem = world.ask("POST", "/v1/self-checks", STUDENT, {"lab": lab}).problem(422, "bad-input")
    (error,) = problem["errors"]
    assert error["field"] == "lab"
    assert said is None or said in error["message"]
    assert len(error["message"]) < 300
    assert nothing_started(world)


def test_many_errors_are_counted_and_not_all_listed(world: World) -> None:
    body = {**GOOD, **{f"field-{number}": 1 for number in range(60)}}
    problem = world.ask("POST", "/v1/self-checks", STUDENT, body).problem(422, "bad-input")
    assert (len(problem["errors"]), problem["errors_left_out"]) == (50, 10)
    assert problem["detail"].endswith("; and 57 more")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/jsonp",
        "application/problem+json",
        "x" * 10_000,
        "\ud800",
    ],
)
def test_a_body_of_another_content_type_is_refused(world: World, content_type: str) -> None:
    answer = world.ask("POST", "/v1/self-checks", STUDENT, GOOD, headers={"Content-Type": content_type})
    problem = answer.problem(415, "not-json")
    assert problem["detail"].startswith("send Content-Type: application/json, not ")
    assert nothing_started(world)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON",
        "APPLICATION/JSON; charset=utf-8",
        "application/json; charset=UTF-8",
        'application/json;Charset="utf-8"',
        "application/json ;x",
        "application/json; charset=",
        "",
    ],
)
@pytest.mark.parametrize("name", ["content-type", "Content-Type", "CONTENT-TYPE"])
def test_the_json_content_type_is_accepted_in_any_case(world: World, name: str, content_type: str) -> None:
    event = event_of("POST", "/v1/self-checks", STUDENT, json.dumps(GOOD))
    for part in ("headers", "multiValueHeaders"):
        event[part].pop("Content-Type")
    event["headers"][name], event["multiValueHeaders"][name] = content_type, [content_type]
    answer = world.send(event)
    assert answer.status == 202, answer.body


def test_a_body_without_a_content_type_is_read_as_json(world: World) -> None:
    event = event_of("POST", "/v1/self-checks", STUDENT, json.dumps(GOOD))
    for part in ("headers", "multiValueHeaders"):
        event[part].pop("Content-Type")
    assert world.send(event).status == 202
    assert ERRORS["NotJson"]["description"] == (
        "the body has a Content-Type other than application/json in UTF-8, which is the default"
    )


@pytest.mark.parametrize("charset", ["iso-8859-1", "UTF-16", "utf8mb4", '"latin1"'])
def test_json_in_another_charset_is_refused(world: World, charset: str) -> None:
    sent = {"Content-Type": f"application/json; charset={charset}"}
    problem = world.ask("POST", "/v1/self-checks", STUDENT, GOOD, headers=sent).problem(415, "not-json")
    assert problem["detail"] == f"send the body in UTF-8, not in {charset.strip(chr(34))}"
    assert nothing_started(world)
