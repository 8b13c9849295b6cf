"""Requests from attackers and broken clients: each gets a problem and starts nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labgrader.api.openapi_text import ERRORS
from labgrader.api.request_validation import MAX_BODY
from tests.api.conftest import OTHER_STUDENT, STUDENT, World, event_of
from tests.api.reports import LAB, RUN_ID, report_of

GOOD = {"lab": LAB}

ROUTES = [
    ("GET", "/v1/labs"),
    ("POST", "/v1/self-checks"),
    ("GET", f"/v1/self-checks/{RUN_ID}"),
    ("GET", "/v1/me/reports"),
    ("GET", f"/v1/me/reports/{RUN_ID}"),
    ("POST", "/v1/runs"),
    ("GET", f"/v1/runs/{RUN_ID}"),
    ("GET", f"/v1/runs/{RUN_ID}/gradebook"),
    ("GET", f"/v1/runs/{RUN_ID}/students/user1"),
    ("GET", "/v1/nothing"),
    ("DELETE", "/v1/labs"),
]


def nothing_started(world: World) -> bool:
    return world.executions("grade_student") == world.executions("grade_class") == []


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_needs_the_authorizers_context(world: World, method: str, path: str) -> None:
    world.has_run()
    world.has_report(RUN_ID, "user1", report_of())
    answer = world.ask(method, path, None, GOOD if method == "POST" else None)
    answer.problem(401, "no-token")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert nothing_started(world)


@pytest.mark.parametrize(
    "authorizer",
    [
        None,
        {},
        {"subject": "user1"},
        {"role": "instructor"},
        {"subject": "", "role": "student"},
        {"subject": "user1", "role": "admin"},
        {"subject": "user1", "role": "Instructor"},
        {"subject": "user1", "role": None},
        {"subject": None, "role": "student"},
        {"subject": ["user1"], "role": "student"},
        {"subject": {"S": "user1"}, "role": "student"},
        {"claims": {"subject": "user1", "role": "student"}},
        "user1",
    ],
)
def test_an_invalid_authorizer_context_is_refused(world: World, authorizer: Any) -> None:
    event = event_of("GET", "/v1/labs", None)
    event["requestContext"]["authorizer"] = authorizer
    world.send(event).problem(401, "no-token")


def test_headers_and_parameters_do_not_identify_the_caller(world: World) -> None:
    claims = {"X-Subject": "ada", "X-Role": "instructor", "subject": "ada", "role": "instructor"}
    world.ask("GET", "/v1/labs", None, headers=claims).problem(401, "no-token")
    world.ask("GET", f"/v1/runs/{RUN_ID}", STUDENT, headers=claims).problem(403, "not-yours")


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if route[1].startswith("/v1/runs")])
@pytest.mark.parametrize("body", [{"lab": LAB, "roster": "username\nuser1\n"}, "not even JSON", "x" * (MAX_BODY + 1)])
def test_a_student_gets_403_on_instructors_routes_for_any_body(world: World, method: str, path: str, body: Any) -> None:
    world.has_run()
    world.has_report(RUN_ID, "user1", report_of())
    problem = world.ask(method, path, STUDENT, body if method == "POST" else None).problem(403, "not-yours")
    assert problem["detail"] == "only instructors can do this; your token is for a student"
    assert nothing_started(world)


@pytest.mark.parametrize(
    "field", ["username", "subject", "student", "student_id", "role", "roster", "mode", "students"]
)
def test_another_students_name_in_the_body_is_refused(world: World, field: str) -> None:
    problem = world.ask("POST", "/v1/self-checks", STUDENT, {**GOOD, field: "user2"}).problem(422, "bad-input")
    assert problem["errors"] == [{"field": field, "message": "is an unknown field"}]
    assert nothing_started(world)


@pytest.mark.parametrize("name", ["username", "subject", "student", "role", "LAB", "lab[]", ""])
def test_another_students_name_in_the_query_is_refused(world: World, name: str) -> None:
    world.has_report("r2", "user2", report_of("r2", "user2"))
    problem = world.ask("GET", "/v1/me/reports", STUDENT, query={name: "user2"}).problem(422, "bad-input")
    assert problem["errors"] == [{"field": name, "message": "is an unknown parameter; the parameters are: lab"}]
    problem = world.ask("GET", "/v1/labs", STUDENT, query={name: "user2"}).problem(422, "bad-input")
    assert problem["errors"] == [{"field": name, "message": "is an unknown parameter; there are none here"}]


def test_a_parameter_that_is_given_twice_is_refused(world: World) -> None:
    event = event_of("GET", "/v1/me/reports", STUDENT, query={"lab": "b-lab"})
    event["multiValueQueryStringParameters"] = {"lab": ["a-lab", "b-lab"]}
    problem = world.send(event).problem(422, "bad-input")
    assert problem["errors"] == [{"field": "lab", "message": "is not text"}]


def test_another_students_name_in_the_path_is_refused(world: World) -> None:
    world.has_report(RUN_ID, "user2", report_of(RUN_ID, "user2"))
    run_id = world.ask("POST", "/v1/self-checks", OTHER_STUDENT, GOOD).json["run_id"]
    world.ask("GET", f"/v1/self-checks/{run_id}", STUDENT).problem(403, "not-yours")
    world.ask("GET", f"/v1/me/reports/{RUN_ID}", STUDENT).problem(404, "not-found")
    world.ask("GET", f"/v1/me/reports/{RUN_ID}/user2", STUDENT).problem(404, "not-found")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/runs/../runs",
        "/v1/me/../runs/r1",
        "/v1/me/reports/../../runs/r1",
        "/v1/me/reports/..%2F..%2Fruns%2Fr1",
        "/v1/me/reports/r1%00",
        "/v1/me/reports/r1/../r2",
        "/v1/me/reports/%2e%2e",
        "/v1/me/reports/..",
        "/v1/self-checks/..;/runs/r1",
        "/v1/self-checks/ r1",
        "/v1/self-checks/r1 OR 1=1",
        "/v1/self-checks/{run_id}",
        "/v1/self-checks/" + "r" * 81,
        "/v1/self-checks/r\N{FULLWIDTH DIGIT ONE}",
        "/v1/self-checks/<script>",
        "//v1/runs/r1",
        "/V1/runs/r1",
        "/v1//runs/r1",
        "/v1/Runs/r1",
        "/v1/runs;x=y",
        "/v1/openapi.yaml/../runs",
        "/v2/labs",
        "/",
        "",
    ],
)
def test_no_path_variant_gives_a_student_access_to_other_paths(world: World, path: str) -> None:
    world.has_run("r1")
    world.has_report("r1", "user2", report_of("r1", "user2"))
    for caller in (STUDENT, None):
        answer = world.ask("GET", path, caller)
        assert answer.status in ((401,) if caller is None else (403, 404, 422)), answer.body
        assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/v1/self-checks/r\n", "/v1/labs/", "/v1/labs//"])
def test_a_trailing_slash_or_line_break_is_harmless(world: World, path: str) -> None:
    assert world.ask("GET", path, STUDENT).status in (200, 404, 422)


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


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("/v1/labs", "GET"),
        ("/v1/self-checks", "POST"),
        (f"/v1/self-checks/{RUN_ID}", "GET"),
        ("/v1/me/reports", "GET"),
        ("/v1/openapi.yaml", "GET"),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "get", "BREW"])
def test_an_unsupported_method_gets_405_with_the_supported_ones(
    world: World, path: str, allow: str, method: str
) -> None:
    answer = world.ask(method, path, STUDENT)
    if method == "get" and allow == "GET":
        assert answer.status in (200, 404)
        return
    problem = answer.problem(405, "no-such-method")
    assert answer.headers["Allow"] == allow
    assert problem["detail"] == f"this path does not support {method}; it supports: {allow}"
