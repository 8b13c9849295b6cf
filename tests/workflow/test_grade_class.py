"""The deployed workflow, end to end, with its own roles."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from checks.simulation.pack import load_pack
from labgrader.schemas import validate
from labgrader.store import Keys
from tests.measured import losses
from tests.workflow.conftest import MISTAKE

pytestmark = pytest.mark.workflow

LIMIT = 32 * 1024


def by_id(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {check["id"]: check for check in report["checks"]}


def points_of(run: dict[str, Any]) -> dict[str, float]:
    """Return the points of each student of a run."""
    return {student["username"]: student["points"] for student in run["students"]}


def test_only_the_perfect_student_has_full_points(stack: Any, graded: Any) -> None:
    run_id, run, _ = graded
    points = points_of(run)
    assert points["user1"] >= 98
    assert 0 < points["user10"] < 100
    assert points["user2"] == points["beginner"] == 0
    assert run["counts"] == {"students": 4, "complete": 4, "incomplete": 0}
    assert losses(stack.report(run_id, "user1")) == []


def test_mistake_costs_only_its_checks(stack: Any, graded: Any) -> None:
    run_id, _, _ = graded
    wrong = {
        name
        for name, check in by_id(stack.report(run_id, "user10")).items()
        if check["status"] in ("failed", "partial")
    }
    assert wrong == load_pack("lambda-optimization").mistake(MISTAKE).fails


def test_student_without_resources_gets_a_message_for_every_check(stack: Any, graded: Any) -> None:
    run_id, _, _ = graded
    report = stack.report(run_id, "beginner")
    assert report["status"] == "complete"
    assert {check["status"] for check in report["checks"]} == {"failed", "skipped"}
    assert all(check["message"] for check in report["checks"])
    assert by_id(report)["baseline-function"]["message"] == "There is no function beginner-baseline-function."


def test_run_stores_all_documents(stack: Any, graded: Any) -> None:
    run_id, run, _ = graded
    validate(run, "run")
    keys = {key.removeprefix(f"runs/{run_id}/") for key in stack.store.keys(f"runs/{run_id}/")}
    assert {"lab.json", "students.json", "run.json", "gradebook.csv", "class.html"} <= keys
    for username in points_of(run):
        validate(stack.report(run_id, username), "report")
        assert {f"snapshots/{username}.json", f"reports/{username}.json", f"reports/{username}.html"} <= keys
    checks = len(stack.store.lab(run_id).checks)
    assert len([key for key in keys if key.startswith("evidence/user1/")]) == checks
    rows = list(csv.DictReader(io.StringIO(stack.store.get(Keys(run_id).gradebook).decode())))
    points = points_of(run)["user1"]
    assert [float(row["points"]) for row in rows if row["username"] == "user1"] == [points]
    results = {result["username"]: result for result in stack.store.results(run_id)}
    assert results["user1"]["points"] == points
    assert stack.store.best("user1", "lambda-optimization")["run_id"] == run_id
    recorded = stack.store.run(run_id)
    assert (recorded.status, recorded.counts.complete) == ("complete", 4)


def test_states_pass_at_most_32_kib(stack: Any, graded: Any) -> None:
    _, _, execution = graded
    states = stack.client("stepfunctions")
    pages = states.get_paginator("get_execution_history").paginate(executionArn=execution)
    sizes = [
        len(detail.get(side, ""))
        for page in pages
        for event in page["events"]
        for name, detail in event.items()
        if name.endswith("EventDetails") and isinstance(detail, dict)
        for side in ("input", "output")
    ]
    assert 0 < max(sizes) < LIMIT
    (map_run,) = states.list_map_runs(executionArn=execution)["mapRuns"]
    children = states.list_executions(mapRunArn=map_run["mapRunArn"])["executions"]
    assert len(children) == 4
    for child in children:
        described = states.describe_execution(executionArn=child["executionArn"])
        assert len(described["input"]) < LIMIT
        assert described["output"] == "{}"


def test_run_stores_no_secrets_and_no_signed_urls(stack: Any, graded: Any) -> None:
    run_id, _, _ = graded
    for key in stack.store.keys(f"runs/{run_id}/"):
        content = stack.store.get(key)
        for marker in (b"X-Amz-Signature", b"AWSAccessKeyId", b"SecretAccessKey", b'"Location"'):
            assert marker not in content, key


def test_audit_invokes_nothing(stack: Any, graded: Any) -> None:
    stack.build("audited")
    run = stack.run("an-audit", ["audited"], mode="audit")
    assert run["counts"] == {"students": 1, "complete": 0, "incomplete": 1}
    report = stack.report("an-audit", "audited")
    assert {(check["kind"], check["status"]) for check in report["checks"]} == {
        ("configuration", "passed"),
        ("behaviour", "not_graded"),
        ("performance", "not_graded"),
    }
    groups = stack.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/audited-")["logGroups"]
    assert groups == [], "a function that was never invoked has no log"
    assert stack.store.best("audited", "lambda-optimization") is None


def test_self_check_runs_on_its_own_state_machine(stack: Any, graded: Any) -> None:
    execution = stack.start("self-check", ["user1", "user10"], machine="GradeStudentArn", students=["User10"])
    stack.succeed(execution)
    report = stack.report("self-check", "user10")
    before = stack.report(graded[0], "user10")
    assert report["score"] == before["score"]
    assert report["previous"] == {"run_id": graded[0], "points": before["score"]["points"], "changes": []}
    assert stack.store.run("self-check").counts.students == 1


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        ({"lab": "lab-5"}, "there is no lab 'lab-5'"),
        ({"students": ["stranger"]}, "stranger is not on the roster"),
        ({"mode": "exam"}, "mode: exam is not one of: grade, audit"),
    ],
)
def test_run_that_cannot_be_planned_is_recorded_with_the_reason(
    stack: Any, request_: dict[str, Any], problem: str
) -> None:
    run_id = f"unplannable-{next(iter(request_))}"
    ended = stack.finish(stack.start(run_id, ["user1"], **request_))
    assert ended["status"] == "FAILED"
    assert ended["error"] in ("BadInputError", "Runtime.HandlerError"), "the embedded AWS hides the class"
    assert problem in json.loads(ended["cause"])["errorMessage"]
    recorded = stack.store.run(run_id)
    assert recorded.status == "failed"
    assert problem in recorded.error
