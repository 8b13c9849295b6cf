"""Load tests in an account with little concurrency left: reduced with a note, in turn, or refused with the reason."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from labgrader.store import Keys
from tests.workflow.conftest import LONG_S
from tests.workflow.small_labs import LOADED

pytestmark = pytest.mark.workflow

RESERVING = "labgrader-plan-run"
"""A function that reserves concurrency, so that others have less. It does not belong to a student."""


@pytest.fixture(scope="module")
def student(stack: Any) -> str:
    stack.build("sharing", lab=LOADED)
    return "sharing"


def leases(stack: Any) -> list[dict[str, Any]]:
    """Return the holders of leases and permits."""
    table = stack.target.session.resource("dynamodb", endpoint_url=stack.target.endpoint).Table(stack.outputs["Table"])
    return [item for item in table.scan()["Items"] if item["pk"] == "LEASES"]


@contextmanager
def left(stack: Any, executions: int) -> Iterator[int]:
    """Reserve all but this many executions of the account. Yield the limit of the account."""
    stack.wait_until_idle()
    client = stack.client("lambda")
    limits = client.get_account_settings()["AccountLimit"]
    reserved = limits["UnreservedConcurrentExecutions"] - executions
    client.put_function_concurrency(FunctionName=RESERVING, ReservedConcurrentExecutions=reserved)
    try:
        assert client.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"] == executions
        yield limits["ConcurrentExecutions"]
    finally:
        client.delete_function_concurrency(FunctionName=RESERVING)


def load_tests(stack: Any, run_id: str, username: str) -> list[dict[str, Any]]:
    """Return the answers to the load tests of a student: values or errors."""
    evidence = stack.store.get_all_json(stack.store.keys(Keys(run_id).evidence(username)))
    return [
        answer
        for record in evidence.values()
        for question, answer in record["answers"].items()
        if question.startswith("labgrader:LoadTest ")
    ]


def test_load_test_without_concurrency_is_refused_and_costs_no_points(stack: Any, student: str) -> None:
    with left(stack, 10) as limit:
        stack.run("sharing-10", [student], lab=LOADED)
    (answer,) = load_tests(stack, "sharing-10", student)
    refused = (
        f"this account allows {limit:,} concurrent executions, of which {limit - 10:,} are reserved, and a load test "
        "may take half of the rest, 5 of 10: it needs at least 10; the instructor can ask AWS for more in Service "
        "Quotas (AWS Lambda, “Concurrent executions”), or free reserved ones"
    )
    assert answer == {"error": {"code": "Refused", "message": refused, "reason": "quota"}}
    report = stack.report("sharing-10", student)
    open_ = [check for check in report["checks"] if check["status"] != "passed"]
    assert [check["message"] for check in open_] == [f"could not be graded, and no points are lost: {refused}"]
    assert report["score"]["points"] + report["score"]["open_points"] == 100


def test_students_are_graded_in_turn_with_reduced_load_if_little_concurrency_is_left(stack: Any, student: str) -> None:
    """Two load tests with at least 10 requests in flight do not fit into the limit of 15."""
    students = [student, "turn"]
    stack.build("turn", lab=LOADED)
    seen: list[list[int]] = []
    with left(stack, 30):
        execution = stack.start("sharing-30", students, lab=LOADED)
        end = time.monotonic() + LONG_S
        states = stack.client("stepfunctions")
        while states.describe_execution(executionArn=execution)["status"] == "RUNNING":
            assert time.monotonic() < end
            seen += [[int(part["taken"]) for part in item.get("parts", {}).values()] for item in leases(stack)]
            time.sleep(0.1)
    stack.succeed(execution)
    for username in students:
        report = stack.report("sharing-30", username)
        assert (report["status"], report["score"]["open_points"]) == ("complete", 0), username
        answers = load_tests(stack, "sharing-30", username)
        assert answers
        for result in (answer["value"] for answer in answers):
            assert result["concurrency"] == 15, username
            assert result["notes"][0] == (
                "20 requests in flight were planned; this account has 30 concurrent executions left, half of them for "
                "load tests, so 15 were kept in flight"
            )
            assert result["requests"] >= 100, "as many requests as planned, but fewer in flight"
    assert max(sum(parts) for parts in seen) == 15


def test_leases_and_permits_are_released(stack: Any, student: str) -> None:
    held = leases(stack)
    assert held, "the load tests of this stack acquired permits"
    assert {(item["sk"].endswith(" executions"), json.dumps(item.get("parts"))) for item in held} == {(True, "{}")}
