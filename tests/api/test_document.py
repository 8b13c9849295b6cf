"""The OpenAPI document is current and valid, and schemathesis finds that the API matches it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate as validate_document
from schemathesis.config import (
    ChecksConfig,
    GenerationConfig,
    PhasesConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
    StatefulPhaseConfig,
)
from schemathesis.engine import from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished

from labgrader.api.app import described
from labgrader.api.openapi import document, written_document
from labgrader.labs.lab import Item, Lab
from labgrader.reporting.gradebook import build_gradebook, build_row
from labgrader.reporting.student_copy import student_copy
from labgrader.rosters import Student
from labgrader.store import Keys
from tests.api.conftest import INSTRUCTOR, STUDENT, World
from tests.api.gateway import Gateway, served
from tests.api.reports import report_of

PAGE = Path(__file__).parents[2] / "docs" / "openapi.yaml"

EXAMPLE_RUN = "20260301-101500-lambda-optimization-3f2a"
"""The run in the document's examples."""


def schema_of(name: str) -> Draft202012Validator:
    return Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": document(described())["components"]}
    )


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, verb, operation)
        for path, of_path in document(described())["paths"].items()
        for verb, operation in of_path.items()
    ]


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == written_document(described()), "write it again with `make docs`"


def test_the_document_is_openapi_3_1() -> None:
    validate_document(document(described()))
    assert document(described())["openapi"] == "3.1.0"


def test_the_document_needs_no_token(world: World) -> None:
    answer = world.ask("GET", "/v1/openapi.yaml", None)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/yaml")
    assert yaml.safe_load(answer.body) == document(described())


def test_every_route_is_described_and_only_the_document_needs_no_token(world: World) -> None:
    described_routes = {(path, verb.upper()) for path, verb, _ in operations()}
    assert described_routes == {(route.openapi_path, route.method) for route in world.api.routes()}
    assert document(described())["security"] == [{"token": []}]
    assert document(described())["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert [path for path, _, operation in operations() if "security" in operation] == ["/v1/openapi.yaml"]
    assert all(operation["summary"] and operation["description"] for _, _, operation in operations())


def test_every_error_has_an_example_that_matches_its_schema() -> None:
    problem = schema_of("ProblemDetails")
    for name, response in document(described())["components"]["responses"].items():
        assert list(response["content"]) == ["application/problem+json"], name
        problem.validate(response["content"]["application/problem+json"]["example"])
    for path, verb, operation in operations():
        errors = {status for status in operation["responses"] if int(status) >= 400}
        assert errors >= {"429", "500", "503"} | ({"401", "403"} if path != "/v1/openapi.yaml" else set()), path
        assert ({"409", "413", "415", "422"} <= errors) is (verb == "post"), path
        assert ("404" in errors) is ("{" in path), path
        assert operation["responses"]["405"] == {"$ref": "#/components/responses/NoSuchMethod"}
    assert list(document(described())["components"]["responses"]["NoSuchMethod"]["headers"]) == ["Allow"]
    description = " ".join(document(described())["info"]["description"].split())
    assert "All other paths return 403 for a student, also paths that do not exist." in description


def test_every_json_response_has_an_example_that_matches_its_schema() -> None:
    shown = 0
    for path, _, operation in operations():
        for status, response in operation["responses"].items():
            content = response.get("content", {}).get("application/json", {})
            if int(status) < 400 and "example" in content:
                shown += 1
                schema_of(content["schema"]["$ref"].rsplit("/", 1)[1]).validate(content["example"])
            elif int(status) < 400 and content:
                assert path.endswith(("/me/reports/{run_id}", "/students/{username}")), "reports have their schema"
    assert shown == 8


def test_every_example_request_is_accepted(world: World) -> None:
    world.store.put("courses/serverless-101/rosters/day-2.csv", b"username\nuser1\n")
    examples = document(described())["components"]["schemas"]
    for body in examples["SelfCheckRequest"]["examples"]:
        assert world.ask("POST", "/v1/self-checks", STUDENT, body).status == 202
    assert len(examples["RunRequest"]["examples"]) == 3
    for body in examples["RunRequest"]["examples"]:
        assert world.ask("POST", "/v1/runs", INSTRUCTOR, body).status == 202


def test_the_student_report_schema_refuses_hidden_checks() -> None:
    schema_of("Report").validate(report_of())
    schema_of("StudentReport").validate(student_copy(report_of()))
    said = [error.message for error in schema_of("StudentReport").iter_errors(report_of())]
    assert said == ["'visible' was expected"]


def differences(address: str, token: str) -> tuple[list[str], set[str]]:
    """Send valid and invalid requests to the API. Return the differences from the document, and the operations that
    were tried."""
    project = ProjectConfig(
        base_url=address,
        headers={"Authorization": f"Bearer {token}"},
        generation=GenerationConfig(max_examples=4, deterministic=True, no_shrink=True, database="none"),
        phases=PhasesConfig(stateful=StatefulPhaseConfig(enabled=False)),
        checks=ChecksConfig.from_dict(
            {
                # a valid lab id or roster key may not exist; another test shows that the examples are accepted
                "positive_data_acceptance": {"expected-statuses": ["2xx", 401, 403, 404, 409, 422, 429]},
                "negative_data_rejection": {"expected-statuses": [401, 403, 404, 405, 413, 415, 422]},
                "use_after_free": {"enabled": False},  # nothing is ever deleted
                "ensure_resource_availability": {"enabled": False},
            }
        ),
    )
    config = SchemathesisConfig(seed=5, projects=ProjectsConfig(default=project))
    failures, tested = [], set()
    for event in from_schema(schemathesis.openapi.from_dict(document(described()), config=config)).execute():
        if isinstance(event, NonFatalError | FatalError):
            failures.append(f"schemathesis itself failed: {event}")
        elif isinstance(event, ScenarioFinished):
            tested.add(event.recorder.label)
            for case_id, checks in event.recorder.checks.items():
                case = event.recorder.cases[case_id].value
                failures += [
                    f"{check.name}: {case.method} {case.formatted_path}: {check.failure_info.failure}"
                    for check in checks
                    if check.failure_info is not None
                ]
    return failures, tested


@pytest.mark.parametrize(("token", "caller"), [("student.token.x", STUDENT), ("instructor.token.x", INSTRUCTOR)])
def test_schemathesis_finds_no_difference_from_the_document(
    world: World, token: str, caller: Mapping[str, str]
) -> None:
    world.has_run(EXAMPLE_RUN)
    world.has_report(EXAMPLE_RUN, "user1", report_of(EXAMPLE_RUN))
    lab = Lab("lambda-optimization", "1.0.0", "Lab", "", 10, (Item("shown-check", "a", "A", points=10),))
    rows = [build_row(Student("user1"), report_of(EXAMPLE_RUN))]
    world.store.put_json(Keys(EXAMPLE_RUN).gradebook_json, build_gradebook(EXAMPLE_RUN, lab, rows))
    world.store.put("courses/serverless-101/rosters/day-2.csv", b"username\nuser1\n")
    gateway = Gateway(world.api, {token: caller})
    with served(gateway) as address:
        failures, tested = differences(address, token)
    assert failures == []
    assert len(tested) == len(operations())
    statuses = {status for _, status in gateway.answered}
    assert statuses >= (
        {200, 202, 401, 403, 404, 405, 409, 415, 422} if caller is STUDENT else {200, 202, 404, 405, 422}
    )
    assert not statuses & {500, 502, 503}, json.dumps([list(request) for request in gateway.answered])
    assert sum(gateway.answered.values()) > 200
