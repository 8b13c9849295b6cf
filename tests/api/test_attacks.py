"""Malicious requests: each one gets a problem and starts nothing."""

from __future__ import annotations

from typing import Any

import pytest

from labgrader.api.request_validation import MAX_BODY
from tests.api.conftest import OTHER_STUDENT, STUDENT, World, event_of
from tests.api.nothing_started import GOOD, nothing_started
from tests.api.reports import LAB, RUN_ID, report_of

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
    ("GET", "/v1/courses/serverless-2026/gradebook"),
    ("GET", "/v1/nothing"),
    ("DELETE", "/v1/labs"),
]


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


@pytest.mark.parametrize(
    ("method", "path"), [route for route in ROUTES if route[1].startswith(("/v1/runs", "/v1/courses"))]
)
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
