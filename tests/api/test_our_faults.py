"""Errors of labgrader or AWS get a problem without details, and the log contains no secret."""

from __future__ import annotations

import json
import logging
from typing import Any

import boto3
import pytest

from labgrader.api.app import keys_of, log_fields, resolver
from labgrader.store import Store
from tests.api.conftest import INSTRUCTOR, STUDENT, World, event_of
from tests.api.reports import RUN_ID, report_of


def test_an_internal_error_reveals_no_details(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.store.put_json(f"runs/{RUN_ID}/reports/user1.json", {"not": "a report", "secret": "value"})
    with caplog.at_level(logging.DEBUG):
        answer = world.ask("GET", f"/v1/me/reports/{RUN_ID}", STUDENT)
    problem = answer.problem(500, "our-fault")
    assert problem["detail"] == (
        "labgrader failed on this request. This is not your fault. The error is in labgrader's log. Try again later."
    )
    assert set(problem) == {"type", "title", "status", "detail", "instance"}
    assert "KeyError" in caplog.text
    assert "secret.token.value" not in caplog.text


def test_a_response_that_breaks_its_schema_is_an_internal_error(world: World) -> None:
    world.has_run(mode="no such mode")
    world.ask("GET", f"/v1/runs/{RUN_ID}", INSTRUCTOR).problem(500, "our-fault")


def test_an_invalid_event_is_an_internal_error(world: World) -> None:
    answer = world.api.resolve({}, None)  # type: ignore[arg-type]
    assert (answer["statusCode"], json.loads(answer["body"])["type"]) == (500, "urn:labgrader:problem:our-fault")


def test_a_missing_table_is_500_and_a_throttled_one_503(world: World) -> None:
    gone = Store(world.store._s3, world.store.bucket, boto3.resource("dynamodb").Table("no-such-table"))
    services = world.services()
    api = resolver(type(services)(gone, *[getattr(services, name) for name in list(services.__dict__)[1:]]))
    world.ask("GET", "/v1/labs", STUDENT, api=api).problem(500, "our-fault")

    def refuse(**_: Any) -> None:
        response: Any = {"Error": {"Code": "ThrottlingException"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
        raise boto3.client("s3").exceptions.ClientError(response, "GetItem")

    table: Any = world.store._table
    table.get_item = refuse
    answer = world.ask("GET", "/v1/labs", STUDENT)
    problem = answer.problem(503, "busy")
    assert answer.headers["Retry-After"] == "5"
    assert problem["detail"] == "AWS did not respond to labgrader in time. Nothing is lost. Try again in a few seconds."


def test_a_response_larger_than_lambda_allows_is_an_internal_error(world: World) -> None:
    world.has_run()
    words: dict[str, Any] = {"advice": [{"id": f"advice-{n}", "message": "x" * 4000, "hint": ""} for n in range(1600)]}
    world.has_report(RUN_ID, "user1", report_of(**words))
    problem = world.ask("GET", f"/v1/runs/{RUN_ID}/students/user1", INSTRUCTOR).problem(500, "our-fault")
    assert problem["detail"] == (
        "the response is larger than 6 MB, the most that Lambda can return; get the report with `labgrader report`"
    )


def test_a_log_line_has_no_token_query_or_body() -> None:
    event = event_of("POST", "/v1/runs", INSTRUCTOR, '{"secret": 1}', {"secret": "query"})
    line = log_fields(event, {"statusCode": 202, "body": '{"run_id": "r1", "secret": 1}'})
    assert line == {"method": "POST", "path": "/v1/runs", "status": 202, "run_id": "r1"}
    assert keys_of(event) == {"instructor": "ada"}
    assert keys_of(event_of("GET", "/v1/runs/r1/students/user2", STUDENT)) == {"student": "user1", "run_id": "r1"}
    assert keys_of(event_of("GET", "/v1/runs/r1;x", None)) == {}
    assert (keys_of({}), log_fields({}, {"statusCode": 500})) == ({}, {"method": "", "path": "", "status": 500})


def test_a_problem_has_no_instance_for_an_invalid_request_id(world: World) -> None:
    event = event_of("GET", "/v1/labs", None)
    event["requestContext"]["requestId"] = "<script>"
    assert "instance" not in world.send(event).json
