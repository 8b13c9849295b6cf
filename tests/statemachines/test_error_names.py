"""Each error name that a machine retries or catches exists: AWS documents it, or a function of labgrader raises it."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.model import ServiceModel, StructureShape

from labgrader import errors
from statemachines.__main__ import MACHINES
from tests.recorded_aws.reading import all_recorded
from tests.statemachines.filled_in import FOLDER

RECORDED = {name: document for name, document in all_recorded().items() if "error" in document}
RESPONSES = sorted(name for name, document in RECORDED.items() if "response" in document)
OURS = {name for name, value in vars(errors).items() if inspect.isclass(value) and issubclass(value, Exception)}


def error_names(value: Any) -> Iterator[str]:
    """Yield each name of each ``ErrorEquals`` in a definition."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from part if key == "ErrorEquals" else error_names(part)
    elif isinstance(value, list):
        for part in value:
            yield from error_names(part)


@pytest.mark.parametrize("machine", sorted(MACHINES))
def test_aws_or_labgrader_has_an_error_of_each_name(machine: str) -> None:
    names = set(error_names(json.loads((FOLDER / f"{machine}.asl.json").read_text())))
    of_aws = {name for document in RECORDED.values() for name in (document["error"], document.get("also"))}
    assert names - of_aws - OURS == set()
    assert {"Lambda.TooManyRequestsException", "StepFunctions.ExecutionLimitExceeded"} & names


def test_every_recorded_error_has_its_source_and_only_three_names_are_not_documented() -> None:
    for name, document in RECORDED.items():
        assert document["source"], name
        for source in document["source"]:
            assert source["title"], name
            assert source["url"].startswith("https://"), name
        assert ("response" in document) != ("no_response" in document), name
        assert document["documented"] is not bool(document.get("why")), name
    assert {document["error"] for document in RECORDED.values() if not document["documented"]} == {
        "StepFunctions.AWSStepFunctionsException",
        "StepFunctions.SdkClientException",
        "StepFunctions.ThrottlingException",
    }


def test_every_error_that_aws_recommends_to_retry_is_retried() -> None:
    """AWS Step Functions Developer Guide, "Handle transient Lambda service exceptions"."""
    recommended = {
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
    }
    for machine in MACHINES:
        for task in tasks(json.loads((FOLDER / f"{machine}.asl.json").read_text())):
            if task["Resource"].endswith(":lambda:invoke"):
                assert recommended <= set(task["Retry"][0]["ErrorEquals"])


def tasks(graph: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield each Task of a machine, also those in maps."""
    for state in graph["States"].values():
        if state["Type"] == "Task":
            yield state
        if "ItemProcessor" in state:
            yield from tasks(state["ItemProcessor"])


def model(service: str) -> ServiceModel:
    """Return botocore's model of a service."""
    found: ServiceModel = botocore.session.get_session().get_service_model(service)
    return found


@pytest.mark.parametrize("name", [name for name in RESPONSES if RECORDED[name].get("service") == "lambda"])
def test_a_recorded_error_of_lambda_has_the_shape_of_its_service_model(name: str) -> None:
    document = RECORDED[name]
    shape = model("lambda").shape_for(document["code"])
    assert isinstance(shape, StructureShape)
    assert document["code"] in {error.name for error in model("lambda").operation_model("Invoke").error_shapes}
    assert document["response"]["status"] == shape.metadata["error"]["httpStatusCode"]
    assert document["response"]["headers"]["X-Amzn-Errortype"] == document["code"]
    assert set(document["response"]["body"]) <= set(shape.members)
    assert document["error"] == f"Lambda.{document['code']}"


@pytest.mark.parametrize("name", [name for name in RESPONSES if RECORDED[name].get("service") == "stepfunctions"])
def test_a_recorded_error_of_step_functions_has_the_status_and_the_code_of_its_api(name: str) -> None:
    document = RECORDED[name]
    known = {shape.name for shape in model("stepfunctions").operation_model("StartExecution").error_shapes}
    assert document["code"] in known | {"ThrottlingException"}  # a common error, which no model lists
    assert (document["response"]["status"], document["response"]["body"]["__type"]) == (400, document["code"])
    assert document["error"] == f"StepFunctions.{document['code']}"


@pytest.mark.parametrize("name", [name for name in RESPONSES if "service" not in RECORDED[name]])
def test_an_error_of_a_function_is_a_success_of_lambda_with_the_header_of_an_error(name: str) -> None:
    response = RECORDED[name]["response"]
    assert response["status"] == 200
    assert response["headers"]["X-Amz-Function-Error"] == "Unhandled"
    assert {"errorType", "errorMessage"} <= set(response["body"])
    if name != "lambda_function_error":  # that one has the class of the exception
        assert response["body"]["errorType"] == RECORDED[name]["error"]


def test_step_functions_takes_a_float_for_the_tolerated_failure_percentage() -> None:
    """Its API has a float from 0 to 100 (UpdateMapRun), and its Developer Guide a value between zero and 100."""
    percentage = model("stepfunctions").shape_for("ToleratedFailurePercentage")
    assert percentage.type_name == "float"
    assert (percentage.metadata["min"], percentage.metadata["max"]) == (0, 100)
