"""`audit_course` in the second interpreter: a night, with the executions of `grade_class` that it starts."""

from __future__ import annotations

import json
from typing import Any

from tests.statemachines.second_interpreter.answers import Answer, as_recorded, raised, result
from tests.statemachines.second_interpreter.conftest import Stack
from tests.statemachines.second_interpreter.interpreter import Machines

COURSE = {"course": "cloud-2026", "scheduled": True}

RUNS = [
    {"run_id": f"night-1-{lab}", "lab": lab, "request": {"lab": lab, "mode": "audit"}} for lab in ("lab-1", "lab-2")
]

A_LAB = ["Audit lab"]


def night(again: bool = False) -> Answer:
    return result({"course": "cloud-2026", "night": "2026-11-30", "again": again, "runs": RUNS})


def with_classes(made: Machines) -> Machines:
    for run in RUNS:
        made.put(f"runs/{run['run_id']}/students.json", [{"username": "ann"}, {"username": "bob"}])
    return made


def test_a_night_audits_every_lab_and_sends_the_digest(stack: Stack) -> None:
    functions = {"plan-audit": lambda _: night()}
    with stack("grade_class", "audit_course", mode="audit", functions=functions) as made:
        ended = with_classes(made).run("audit_course", "night-1", COURSE)
        runs = [made.states("grade_class", str(run["run_id"])) for run in RUNS]
    assert (ended.status, ended.output) == ("SUCCEEDED", {"night": "2026-11-30", "status": "complete"})
    assert ended.states == [
        "Plan audit",
        "Was this night audited before?",
        "For each lab",
        *A_LAB,
        *A_LAB,
        "Send digest",
        "Was every lab audited?",
        "Audited",
    ]
    of_a_run = ["Plan run", "Take snapshot", "Is everybody recorded?", "For each student", "Summarise run"]
    assert runs == [of_a_run, of_a_run]
    assert [plan["request"] for plan in made.invocations["plan-run"]] == [run["request"] for run in RUNS]
    assert "run-probe" not in made.invocations
    (digest,) = made.invocations["send-digest"]
    assert digest["runs"] == [{**run, "ended": {"status": "complete"}} for run in RUNS]
    assert (digest["course"], digest["night"]) == ("cloud-2026", "2026-11-30")


def test_a_night_that_was_audited_before_ends_at_once(stack: Stack) -> None:
    functions = {"plan-audit": lambda _: night(again=True)}
    with stack("grade_class", "audit_course", mode="audit", functions=functions) as made:
        ended = made.run("audit_course", "night-1", COURSE)
    assert ended.status == "SUCCEEDED"
    assert ended.states == ["Plan audit", "Was this night audited before?", "Audited before"]
    assert set(made.invocations) == {"plan-audit"}


def test_a_lab_that_fails_is_in_the_digest_and_the_night_fails_after_it(stack: Stack) -> None:
    def snapshot(payload: Any) -> Answer:
        if payload["run_id"] == "night-1-lab-1":
            return raised("NoProgressError", "nobody was recorded")
        return result({"recorded": 2, "done": True})

    functions = {"plan-audit": lambda _: night(), "take-snapshot": snapshot}
    with stack("grade_class", "audit_course", mode="audit", functions=functions) as made:
        ended = with_classes(made).run("audit_course", "night-1", COURSE)
    assert (ended.status, ended.error) == ("FAILED", "AuditIncomplete")
    assert ended.cause == "The digest of the night says which, and why."
    assert ended.states == [
        "Plan audit",
        "Was this night audited before?",
        "For each lab",
        "Audit lab",
        "Audit lab: failed",
        "Audit lab",
        "Send digest",
        "Was every lab audited?",
        "Not every lab was audited",
    ]
    failed, audited = made.invocations["send-digest"][0]["runs"]
    assert (failed["run_id"], failed["lab"], failed["error"]) == ("night-1-lab-1", "lab-1", "States.TaskFailed")
    assert 0 < len(failed["cause"]) <= 600
    assert audited == {**RUNS[1], "ended": {"status": "complete"}}
    assert made.waits == [], "a run that failed is not started again"


def test_a_run_that_could_not_be_started_is_started_again(stack: Stack) -> None:
    functions = {"plan-audit": lambda _: night()}
    refused = [as_recorded("stepfunctions_execution_limit")] * 2
    with stack("grade_class", "audit_course", mode="audit", functions=functions, start_errors=refused) as made:
        ended = with_classes(made).run("audit_course", "night-1", COURSE)
    assert ended.status == "SUCCEEDED"
    assert made.waits == [1, 2]
    assert len(made.invocations["plan-run"]) == len(RUNS)


def test_a_digest_that_was_throttled_is_sent_again(stack: Stack) -> None:
    left = iter([as_recorded("lambda_throttled")])
    functions = {
        "plan-audit": lambda _: night(),
        "send-digest": lambda _: next(left, result({"night": "2026-11-30", "status": "complete"})),
    }
    with stack("grade_class", "audit_course", mode="audit", functions=functions) as made:
        ended = with_classes(made).run("audit_course", "night-1", COURSE)
    assert (ended.status, len(made.invocations["send-digest"])) == ("SUCCEEDED", 2)
    assert json.dumps(made.invocations["send-digest"][0]) == json.dumps(made.invocations["send-digest"][1])
