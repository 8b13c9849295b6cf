"""Failures of labgrader cost no student a point, and the run ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.workflow.small_labs import LOADED, SMALL

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def student(stack: Any) -> str:
    stack.build("faultless", lab=SMALL)  # LOADED needs the same resources
    return "faultless"


@contextmanager
def broken(stack: Any, function: str) -> Iterator[None]:
    """Point a function of the stack to a missing bucket."""
    stack.wait_until_idle()
    client = stack.client("lambda")
    name = f"labgrader-{function}"
    sound = client.get_function_configuration(FunctionName=name)["Environment"]
    client.update_function_configuration(
        FunctionName=name, Environment={"Variables": {**sound["Variables"], "BUCKET": "no-such-bucket"}}
    )
    try:
        yield
    finally:
        client.update_function_configuration(FunctionName=name, Environment=sound)


@contextmanager
def denied(stack: Any, function: str, action: str) -> Iterator[None]:
    """Deny one action to the role of a function of the stack."""
    arn = stack.client("lambda").get_function_configuration(FunctionName=f"labgrader-{function}")["Role"]
    stack.wait_until_idle()
    role = arn.rpartition("/")[2]
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": action, "Resource": "*"}]}
    iam = stack.client("iam")
    iam.put_role_policy(RoleName=role, PolicyName="denied", PolicyDocument=json.dumps(policy))
    try:
        yield
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="denied")


def kinds(report: dict[str, Any]) -> dict[str, set[str]]:
    """Return the statuses of a report by the kind of check."""
    found: dict[str, set[str]] = {}
    for check in report["checks"]:
        found.setdefault(check["kind"], set()).add(check["status"])
    return found


@pytest.mark.parametrize(
    ("function", "kind", "lab"),
    [
        ("run-check", "configuration", SMALL),
        ("run-probe", "behaviour", SMALL),
        ("run-load-test", "performance", LOADED),
    ],
)
def test_failed_task_is_not_graded_and_others_go_on(
    stack: Any, student: str, function: str, kind: str, lab: str
) -> None:
    run_id = f"broken-{function}"
    with broken(stack, function):
        run = stack.run(run_id, [student], lab=lab)
    report = stack.report(run_id, student)
    statuses = kinds(report)
    assert statuses.pop(kind) == {"not_graded"}
    assert all(status == {"passed"} for status in statuses.values())
    lost = [check for check in report["checks"] if check["status"] == "not_graded"]
    assert {check["reason"] for check in lost} == {"grader"}
    (message,) = {check["message"] for check in lost}
    assert message in {
        f"labgrader failed on this check ({name}); no points are lost, and the run can be repeated"
        for name in ("RefusedError", "Runtime.HandlerError")  # the embedded AWS hides the class
    }
    assert report["score"]["points"] + report["score"]["open_points"] == 100
    assert run["counts"]["incomplete"] == 1


def test_summary_writes_a_report_that_could_not_be_written(stack: Any, student: str) -> None:
    with broken(stack, "write-report"):
        run = stack.run("broken-write-report", [student], lab=SMALL)
    report = stack.report("broken-write-report", student)
    assert report["score"]["points"] == 100, "every verdict was stored"
    assert run["counts"]["complete"] == 1


def test_run_fails_if_the_snapshot_cannot_be_taken(stack: Any, student: str) -> None:
    with broken(stack, "take-snapshot"):
        ended = stack.finish(stack.start("broken-take-snapshot", [student], lab=SMALL))
    assert ended["status"] == "FAILED"
    assert "no-such-bucket" in ended["cause"] or "NoSuchBucket" in ended["cause"]
    assert stack.store.run("broken-take-snapshot").status == "failed"


def test_denied_api_leaves_only_its_checks_ungraded(stack: Any, student: str) -> None:
    with denied(stack, "take-snapshot", "dynamodb:DescribeTable"):
        stack.run("denied-table", [student], lab=SMALL)
    report = stack.report("denied-table", student)
    wrong = {check["id"]: check for check in report["checks"] if check["status"] != "passed"}
    assert "todo-table" in wrong
    assert {check["status"] for check in wrong.values()} == {"not_graded"}
    assert wrong["todo-table"]["reason"] == "denied"
    assert {check["reason"] for check in wrong.values()} <= {"denied", "prerequisite"}
    assert wrong["todo-table"]["message"].startswith(
        "could not be graded, and no points are lost: dynamodb:DescribeTable: AccessDenied"
    )
    assert report["score"]["points"] + report["score"]["open_points"] == 100


def test_denied_invocation_leaves_only_checks_that_invoke_ungraded(stack: Any, student: str) -> None:
    with denied(stack, "run-probe", "lambda:InvokeFunction"):
        stack.run("denied-invoke", [student], lab=SMALL)
    report = stack.report("denied-invoke", student)
    statuses = kinds(report)
    assert {check["reason"] for check in report["checks"] if check["kind"] == "behaviour"} <= {"denied", "prerequisite"}
    assert statuses["configuration"] == {"passed"}
    assert statuses["behaviour"] == {"not_graded"}
