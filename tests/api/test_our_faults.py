"""What goes wrong on our side is said as such, without a word of how, and what is logged holds no secret."""

from __future__ import annotations

import json
import logging
from typing import Any

import boto3
import pytest

from labgrader.api.app import keys_of, resolver, told
from labgrader.store import Store
from tests.api.conftest import INSTRUCTOR, STUDENT, World, event_of
from tests.api.reports import RUN_ID, report_of


def test_an_error_of_ours_tells_nothing_of_itself(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.store.put_json(f"runs/{RUN_ID}/reports/user1.json", {"not": "a report", "secret": "value"})
    with caplog.at_level(logging.DEBUG):
        answer = world.ask("GET", f"/v1/me/reports/{RUN_ID}", STUDENT)
    problem = answer.problem(500, "our-fault")
    assert problem["detail"] == (
        "labgrader could not answer this; it is not your fault, and it is in labgrader's log. Try again later."
    )
    assert set(problem) == {"type", "title", "status", "detail", "instance"}
    assert "KeyError" in caplog.text
    assert "secret.token.value" not in caplog.text


def test_an_answer_that_breaks_its_own_schema_is_our_fault_and_not_the_callers(world: World) -> None:
    world.has_run(mode="no such mode")
    world.ask("GET", f"/v1/runs/{RUN_ID}", INSTRUCTOR).problem(500, "our-fault")


def test_an_event_that_is_none_is_our_fault(world: World) -> None:
    answer = world.api.resolve({}, None)  # type: ignore[arg-type]
    assert (answer["statusCode"], json.loads(answer["body"])["type"]) == (500, "urn:labgrader:problem:our-fault")


def test_a_table_that_is_gone_is_our_fault_and_one_that_is_busy_is_worth_another_try(world: World) -> None:
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
    assert problem["detail"] == "AWS did not answer labgrader in time. Nothing is lost: try again in a few seconds."


def test_an_answer_larger_than_lambda_can_send_is_a_problem(world: World) -> None:
    world.has_run()
    words: dict[str, Any] = {"advice": [{"id": f"advice-{n}", "message": "x" * 4000, "hint": ""} for n in range(1600)]}
    world.has_report(RUN_ID, "user1", report_of(**words))
    problem = world.ask("GET", f"/v1/runs/{RUN_ID}/students/user1", INSTRUCTOR).problem(500, "our-fault")
    assert problem["detail"] == "the answer is larger than the 6 MB that can be sent; fetch it with `labgrader report`"


def test_what_is_logged_of_a_request_holds_no_token_no_query_and_no_body() -> None:
    event = event_of("POST", "/v1/runs", INSTRUCTOR, '{"secret": 1}', {"secret": "query"})
    line = told(event, {"statusCode": 202, "body": '{"run_id": "r1", "secret": 1}'})
    assert line == {"method": "POST", "path": "/v1/runs", "status": 202, "run_id": "r1"}
    assert keys_of(event) == {"instructor": "ada"}
    assert keys_of(event_of("GET", "/v1/runs/r1/students/user2", STUDENT)) == {"student": "user1", "run_id": "r1"}
    assert keys_of(event_of("GET", "/v1/runs/r1;x", None)) == {}
    assert (keys_of({}), told({}, {"statusCode": 500})) == ({}, {"method": "", "path": "", "status": 500})


def test_a_problem_names_no_request_whose_id_is_none(world: World) -> None:
    event = event_of("GET", "/v1/labs", None)
    event["requestContext"]["requestId"] = "<script>"
    assert "instance" not in world.send(event).json
