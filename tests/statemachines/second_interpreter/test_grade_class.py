"""`grade_class` in the second interpreter: a class run, with throttles, errors and an audit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.statemachines.second_interpreter.answers import Answer, Function, as_recorded, raised, result
from tests.statemachines.second_interpreter.conftest import CHECKS, CLASS, Stack
from tests.statemachines.second_interpreter.interpreter import Machines

REQUEST = {"lab": "first-lab", "roster": "rosters/run-1.csv", "mode": "grade", "students": []}

LONGEST_WAITS = [1, 2, 4, 8, 16, 30]
"""Seconds: the bounds of the six waits with full jitter. The last would be 32 without `MaxDelaySeconds`."""

STATES = ["Plan run", "Take snapshot", "Is everybody recorded?", "For each student", "Summarise run"]

RESULTS = {kind: [{"check": check, "status": "passed"} for check in checks] for kind, checks in CHECKS.items()}


def with_class(made: Machines) -> Machines:
    made.put("runs/run-1/students.json", [{"username": username, "email": "a@example.edu"} for username in CLASS])
    return made


def first_then(first: list[Answer], then: Answer) -> Function:
    """Return a function that gives some answers, one an invocation, and then always the same one."""
    left: Iterator[Answer] = iter(first)
    return lambda _: next(left, then)


def for_student(username: str, answer: Answer) -> Function:
    """Return a function that answers differently for one student."""

    def answered(payload: Any) -> Answer:
        if payload["username"] == username:
            return answer
        return result({"check": payload.get("check"), "status": "passed"})

    return answered


def by_student(payloads: list[Any]) -> dict[str, Any]:
    return {payload["username"]: payload for payload in payloads}


def test_a_class_of_three_is_graded(stack: Stack) -> None:
    with stack("grade_class") as made:
        ended = with_class(made).run("grade_class", "run-1", REQUEST)
    assert ended.status == "SUCCEEDED"
    assert ended.output == {"run_id": "run-1", "status": "complete", "counts": {"students": 3}}
    assert ended.states == STATES
    (plan,) = made.invocations["plan-run"]
    assert (plan["run_id"], plan["request"], plan["alone"]) == ("run-1", REQUEST, False)
    assert made.invocations["take-snapshot"] == [{"run_id": "run-1"}]
    checked = {(payload["username"], payload["check"]) for payload in made.invocations["run-check"]}
    assert checked == {(username, check) for username in CLASS for check in CHECKS["configuration"]}
    assert len(made.invocations["run-check"]) == len(checked)
    assert by_student(made.invocations["run-load-test"]) == {
        username: {"run_id": "run-1", "username": username, "check": "fast", "in_flight": 20} for username in CLASS
    }
    reports = by_student(made.invocations["write-report"])
    assert set(reports) == set(CLASS)
    for username, report in reports.items():
        assert (report["username"], report["mode"], report["results"]) == (username, "grade", RESULTS)
    (summary,) = made.invocations["summarise-run"]
    assert summary == {"run_id": "run-1", "started_at": plan["started_at"]}
    assert made.waits == []


def test_a_snapshot_of_a_large_class_is_continued_until_everybody_is_recorded(stack: Stack) -> None:
    snapshot = first_then([result({"recorded": 1, "done": False})] * 2, result({"recorded": 3, "done": True}))
    with stack("grade_class", functions={"take-snapshot": snapshot}) as made:
        ended = with_class(made).run("grade_class", "run-1", REQUEST)
    assert ended.status == "SUCCEEDED"
    again = ["Take snapshot", "Is everybody recorded?"]
    assert ended.states == ["Plan run", *again, *again, *again, "For each student", "Summarise run"]


@pytest.mark.parametrize("error", ["lambda_throttled", "lambda_service_exception", "lambda_resource_not_ready"])
def test_an_error_of_lambda_is_retried_until_it_ends(stack: Stack, error: str) -> None:
    plan = first_then([as_recorded(error)] * 6, plan_result())
    with stack("grade_class", functions={"plan-run": plan}) as made:
        ended = with_class(made).run("grade_class", "run-1", REQUEST)
    assert (ended.status, ended.states) == ("SUCCEEDED", STATES)
    assert len(made.invocations["plan-run"]) == 7
    assert made.waits == LONGEST_WAITS


def plan_result() -> Answer:
    return result(
        {
            "run_id": "run-1",
            "mode": "grade",
            "students_key": "runs/run-1/students.json",
            "username": "ann",
            "checks": CHECKS,
            "in_flight": None,
        }
    )


@pytest.mark.parametrize("error", ["ThrottledError", "ServiceFaultError"])
def test_a_throttle_that_a_function_met_itself_is_retried(stack: Stack, error: str) -> None:
    summary = first_then(
        [raised(error, "DynamoDB: Rate exceeded")], result({"run_id": "run-1", "status": "complete", "counts": {}})
    )
    with stack("grade_class", functions={"summarise-run": summary}) as made:
        ended = with_class(made).run("grade_class", "run-1", REQUEST)
    assert ended.status == "SUCCEEDED"
    assert made.waits == [1]


@pytest.mark.parametrize("error", ["lambda_function_timeout", "lambda_runtime_exit"])
def test_a_snapshot_that_was_cut_off_is_taken_again_twice_and_then_the_run_fails(stack: Stack, error: str) -> None:
    with stack("grade_class", functions={"take-snapshot": lambda _: as_recorded(error)}) as made:
        ended = with_class(made).run("grade_class", "run-1", REQUEST)
    body = as_recorded(error).body
    assert (ended.status, ended.error, json.loads(ended.cause)) == ("FAILED", body["errorType"], body)
    assert ended.states == ["Plan run", "Take snapshot", "Record failure", "Run failed"]
    assert len(made.invocations["take-snapshot"]) == 3
    assert made.waits == [5, 10]


def test_a_throttle_that_does_not_end_is_recorded_as_the_failure_of_the_run(stack: Stack) -> None:
    with stack("grade_class", functions={"plan-run": lambda _: as_recorded("lambda_throttled")}) as made:
        ended = with_class(made).run("grade_class", "run-1", REQUEST)
    assert ended.status == "FAILED"
    assert ended.error == "Lambda.TooManyRequestsException"
    assert ended.cause.startswith("Rate Exceeded. (Service: AWSLambda; Status Code: 429; ")
    assert ended.states == ["Plan run", "Record failure", "Run failed"]
    (recorded_failure,) = made.invocations["summarise-run"]
    assert recorded_failure["error"] == {"Error": ended.error, "Cause": ended.cause}
    assert made.waits == LONGEST_WAITS


def test_a_request_that_cannot_be_used_fails_at_once_with_its_own_text(stack: Stack) -> None:
    refused = raised("BadInputError", "there is no lab first-lab")
    with stack("grade_class", functions={"plan-run": lambda _: refused}) as made:
        ended = with_class(made).run("grade_class", "run-1", REQUEST)
    assert (ended.status, ended.error) == ("FAILED", "BadInputError")
    assert json.loads(ended.cause)["errorMessage"] == "there is no lab first-lab"
    assert (ended.states, made.waits) == (["Plan run", "Record failure", "Run failed"], [])


def test_a_failure_that_cannot_be_recorded_still_ends_the_run_with_the_first_error(stack: Stack) -> None:
    functions: dict[str, Function] = {
        "plan-run": lambda _: raised("BadInputError", "there is no lab first-lab"),
        "summarise-run": lambda _: raised("KeyError", "TABLE"),
    }
    with stack("grade_class", functions=functions) as made:
        ended = with_class(made).run("grade_class", "run-1", REQUEST)
    assert (ended.status, ended.error) == ("FAILED", "BadInputError")
    assert ended.states == ["Plan run", "Record failure", "Run failed"]


@pytest.mark.parametrize(
    ("function", "kind"),
    [("run-check", "configuration"), ("run-probe", "behaviour"), ("run-load-test", "performance")],
)
def test_an_error_of_a_check_is_not_graded_and_the_other_checks_and_students_go_on(
    stack: Stack, function: str, kind: str
) -> None:
    failing = for_student("bob", raised("KeyError", 'a "quote" and \\ a backslash'))
    with stack("grade_class", functions={function: failing}) as made:
        ended = with_class(made).run("grade_class", "run-1", REQUEST)
    assert (ended.status, ended.states, made.waits) == ("SUCCEEDED", STATES, [])
    reports = by_student(made.invocations["write-report"])
    for username in ("ann", "cid"):
        assert reports[username]["results"] == RESULTS
    found = reports["bob"]["results"]
    assert {other: found[other] for other in RESULTS if other != kind} == {
        other: RESULTS[other] for other in RESULTS if other != kind
    }
    for check, outcome in zip(CHECKS[kind], found[kind], strict=True):
        assert (outcome["check"], outcome["status"], outcome["error"]) == (check, "not_graded", "KeyError")
        assert json.loads(outcome["cause"])["errorMessage"] == 'a "quote" and \\ a backslash'


def test_of_a_long_cause_600_characters_are_passed_on(stack: Stack) -> None:
    failing = for_student("bob", raised("KeyError", "x" * 5000))
    with stack("grade_class", functions={"run-probe": failing}) as made:
        with_class(made).run("grade_class", "run-1", REQUEST)
    (outcome,) = by_student(made.invocations["write-report"])["bob"]["results"]["behaviour"]
    assert len(outcome["cause"]) == 600
    assert outcome["cause"].startswith('{"errorMessage":"xxx')


def test_a_student_without_a_report_does_not_end_the_run_of_the_others(stack: Stack) -> None:
    with stack("grade_class", functions={"write-report": for_student("bob", raised("KeyError", "x"))}) as made:
        ended = with_class(made).run("grade_class", "run-1", REQUEST)
        counts = made.children("grade_class", "run-1")
    assert (ended.status, ended.states) == ("SUCCEEDED", STATES)
    assert counts == {"total": 3, "succeeded": 2, "failed": 1}
    assert set(by_student(made.invocations["write-report"])) == set(CLASS)
    assert len(made.invocations["summarise-run"]) == 1


def test_a_report_that_was_cut_off_is_written_again(stack: Stack) -> None:
    """For one student; the others' reports are written at the first attempt."""
    left = iter([as_recorded("lambda_function_timeout")])

    def report(payload: Any) -> Answer:
        written = result({"status": "graded"})
        return next(left, written) if payload["username"] == "bob" else written

    with stack("grade_class", functions={"write-report": report}) as made:
        ended = with_class(made).run("grade_class", "run-1", REQUEST)
        counts = made.children("grade_class", "run-1")
    assert (ended.status, counts) == ("SUCCEEDED", {"total": 3, "succeeded": 3, "failed": 0})
    written = [payload["username"] for payload in made.invocations["write-report"]]
    assert sorted(written) == ["ann", "bob", "bob", "cid"]


def test_an_audit_invokes_nothing_of_the_students(stack: Stack) -> None:
    with stack("grade_class", mode="audit") as made:
        ended = with_class(made).run("grade_class", "run-1", {**REQUEST, "mode": "audit"})
    assert (ended.status, ended.states) == ("SUCCEEDED", STATES)
    assert set(made.invocations) == {"plan-run", "take-snapshot", "run-check", "write-report", "summarise-run"}
    for report in made.invocations["write-report"]:
        assert report["mode"] == "audit"
        assert report["results"] == {"configuration": RESULTS["configuration"]}


def test_a_class_list_that_is_missing_fails_the_run(stack: Stack) -> None:
    with stack("grade_class") as made:
        made.put("rosters/other.json", [])
        ended = made.run("grade_class", "run-1", REQUEST)
    assert ended.status == "FAILED"
    assert ended.states == [*STATES[:4], "Record failure", "Run failed"]
    (recorded_failure,) = made.invocations["summarise-run"]
    assert recorded_failure["error"]["Error"] == ended.error
