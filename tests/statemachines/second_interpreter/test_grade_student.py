"""`grade_student` in the second interpreter: the self-check of one student."""

from __future__ import annotations

import json

from tests.statemachines.second_interpreter.answers import Function, as_recorded, raised
from tests.statemachines.second_interpreter.conftest import CHECKS, Stack

REQUEST = {"lab": "first-lab", "roster": "rosters/run-1.csv", "mode": "grade", "students": ["ann"]}

IN_ORDER = ["Plan run", "Take snapshot", "Is everybody recorded?", "Student"]


def test_a_self_check_runs_every_check_and_writes_one_report(stack: Stack) -> None:
    with stack("grade_student") as made:
        ended = made.run("grade_student", "run-1", REQUEST)
    assert ended.status == "SUCCEEDED"
    assert ended.output == {"run_id": "run-1", "status": "complete", "counts": {"students": 3}}
    assert ended.states == [
        *IN_ORDER,
        "Run checks",
        *["Run check"] * len(CHECKS["configuration"]),
        "Is this an audit?",
        "Run probes",
        "Run probe",
        "Run load tests",
        "Run load test",
        "Write report",
        "Summarise run",
    ]
    (plan,) = made.invocations["plan-run"]
    assert plan["alone"] is True
    (report,) = made.invocations["write-report"]
    assert report["username"] == "ann"
    assert report["results"] == {
        kind: [{"check": check, "status": "passed"} for check in checks] for kind, checks in CHECKS.items()
    }


def test_an_error_of_a_check_passes_through_its_state_of_not_graded(stack: Stack) -> None:
    functions: dict[str, Function] = {"run-probe": lambda _: raised("NotGradedError", "[denied] lambda:InvokeFunction")}
    with stack("grade_student", functions=functions) as made:
        ended = made.run("grade_student", "run-1", REQUEST)
    assert ended.status == "SUCCEEDED"
    assert ended.states[-6:] == [
        "Run probe",
        "Run probe: not graded",
        "Run load tests",
        "Run load test",
        "Write report",
        "Summarise run",
    ]
    (outcome,) = made.invocations["write-report"][0]["results"]["behaviour"]
    assert (outcome["check"], outcome["status"], outcome["error"]) == ("adds", "not_graded", "NotGradedError")
    assert json.loads(outcome["cause"])["errorMessage"] == "[denied] lambda:InvokeFunction"


def test_a_report_that_cannot_be_written_is_the_failure_of_the_self_check(stack: Stack) -> None:
    with stack("grade_student", functions={"write-report": lambda _: raised("KeyError", "x")}) as made:
        ended = made.run("grade_student", "run-1", REQUEST)
    assert (ended.status, ended.error) == ("FAILED", "KeyError")
    assert ended.states[-3:] == ["Write report", "Record failure", "Run failed"]
    (recorded_failure,) = made.invocations["summarise-run"]
    assert recorded_failure["error"]["Error"] == "KeyError"


def test_a_throttle_of_a_load_test_that_does_not_end_is_not_graded(stack: Stack) -> None:
    with stack("grade_student", functions={"run-load-test": lambda _: as_recorded("lambda_throttled")}) as made:
        ended = made.run("grade_student", "run-1", REQUEST)
    assert ended.status == "SUCCEEDED"
    assert len(made.invocations["run-load-test"]) == 7
    (outcome,) = made.invocations["write-report"][0]["results"]["performance"]
    assert (outcome["status"], outcome["error"]) == ("not_graded", "Lambda.TooManyRequestsException")
    assert made.waits == [1, 2, 4, 8, 16, 30]
