"""The rendered machines: current, valid, every task with a timeout, a retry and a way out."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labgrader.judging.check import find_check
from labgrader.labs.lab import find_lab
from statemachines.__main__ import MACHINES
from tests.checks.test_labs import LABS
from tests.statemachines.filled_in import filled_in

FOLDER = Path(__file__).parents[2] / "statemachines"
NAMES = sorted(MACHINES)
OF_STUDENTS = ["grade_class", "grade_student"]
"""Those that grade; the other starts them."""


def definition(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.asl.json").read_text())
    return found


def states(graph: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, state in graph["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


@pytest.mark.parametrize("name", NAMES)
def test_the_committed_files_are_current(name: str) -> None:
    assert (FOLDER / f"{name}.asl.json").read_text() == MACHINES[name](), "run `make render`"


@pytest.mark.parametrize("name", NAMES)
def test_every_task_has_a_timeout_and_a_jittered_retry(name: str) -> None:
    machine = definition(name)
    assert machine["TimeoutSeconds"] > 0
    tasks = [(name, state) for name, state in states(machine) if state["Type"] == "Task"]
    assert len(tasks) == (8 if name in OF_STUDENTS else 3)
    for task, state in tasks:
        assert state["TimeoutSeconds"] > 0, task
        retry = state["Retry"][0]
        for each in state["Retry"]:
            assert each["JitterStrategy"] == "FULL"
            assert each["MaxDelaySeconds"] == 30
            assert "States.ALL" not in each["ErrorEquals"], "an error that no retry fixes is caught, not retried"
        if state["Resource"].endswith(":lambda:invoke"):
            ours = {"ThrottledError", "ServiceFaultError", "Lambda.TooManyRequestsException"}
            assert ours <= set(retry["ErrorEquals"])


@pytest.mark.parametrize("name", NAMES)
def test_only_repeatable_tasks_are_retried_after_a_timeout(name: str) -> None:
    tasks = {task: state["Retry"][1:] for task, state in states(definition(name)) if state["Type"] == "Task"}
    again = {task: more for task, more in tasks.items() if more}
    assert set(again) == ({"Take snapshot", "Write report"} if name in OF_STUDENTS else {"Plan audit", "Send digest"})
    for (retry,) in again.values():
        assert retry["ErrorEquals"] == ["Sandbox.Timedout", "States.Timeout", "Lambda.Unknown", "Runtime.ExitError"]
        assert retry["MaxAttempts"] == 2


def test_one_task_may_end_a_student_and_the_class_continues() -> None:
    machine = definition("grade_class")
    without = [name for name, state in states(machine) if state["Type"] == "Task" and "Catch" not in state]
    assert without == ["Write report"]
    tolerated = machine["States"]["For each student"]["ToleratedFailurePercentage"]
    assert (tolerated, type(tolerated)) == (100.0, float)


@pytest.mark.parametrize("task", ["Run check", "Run probe", "Run load test"])
def test_an_error_of_one_check_becomes_not_graded(task: str) -> None:
    found = dict(states(definition("grade_class")))
    (catch,) = found[task]["Catch"]
    assert catch == {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": f"{task}: not graded"}
    assert found[catch["Next"]]["Output"]["status"] == "not_graded"


@pytest.mark.parametrize("name", NAMES)
def test_state_names_are_unique_in_the_whole_machine(name: str) -> None:
    names = [state for state, _ in states(definition(name))]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", NAMES)
def test_every_next_names_an_existing_state(name: str) -> None:
    def hold(graph: dict[str, Any]) -> None:
        assert graph["StartAt"] in graph["States"]
        for state in graph["States"].values():
            targets = [state.get("Next"), state.get("Default")]
            targets += [rule["Next"] for rule in [*state.get("Catch", ()), *state.get("Choices", ())]]
            assert {target for target in targets if target} <= set(graph["States"])
            assert any(targets) or state.get("End") or state["Type"] in ("Fail", "Succeed")
            if "ItemProcessor" in state:
                hold(state["ItemProcessor"])

    hold(definition(name))


def test_both_machines_have_the_same_states_of_a_student() -> None:
    of_class = definition("grade_class")["States"]["For each student"]["ItemProcessor"]["States"]
    alone = definition("grade_student")["States"]
    for name, side_by_side in (("Run checks", 5), ("Run probes", 4)):  # more, because a student waits for a self-check
        assert (of_class[name].pop("MaxConcurrency"), alone[name].pop("MaxConcurrency")) == (2, side_by_side)
    for name in ("Run checks", "Is this an audit?", "Run probes", "Run load tests"):
        assert of_class[name] == alone[name]


@pytest.mark.parametrize("name", OF_STUDENTS)
def test_the_plan_passes_the_maximum_in_flight_to_every_load_test(name: str) -> None:
    found = dict(states(definition(name)))
    assert found["Plan run"]["ResultSelector"]["in_flight.$"] == "$.Payload.in_flight"
    student = found["For each student"]["ItemSelector"] if name == "grade_class" else found["Student"]["Parameters"]
    for passed_on in (student, found["Run load tests"]["ItemSelector"]):
        assert passed_on["in_flight.$"] == "$.in_flight"
    for others in ("Run checks", "Run probes"):
        assert "in_flight.$" not in found[others]["ItemSelector"]


def test_four_students_have_one_load_test_each_at_a_time() -> None:
    found = dict(states(definition("grade_class")))
    assert found["For each student"]["MaxConcurrency"] == 4
    assert found["Run load tests"]["MaxConcurrency"] == 1


def test_a_self_check_outlasts_the_slowest_load_tests() -> None:
    """A load test may wait for those of others as often as it is tried; a machine that is cut off writes nothing."""
    machine = definition("grade_student")
    seconds = {name: state["TimeoutSeconds"] for name, state in states(machine) if state["Type"] == "Task"}
    most = max(
        sum(find_check(item.check).kind == "performance" for item in (*lab.checks, *lab.advice))
        for lab in map(find_lab, LABS)
    )
    before_and_after = sum(seconds[name] for name in ("Plan run", "Take snapshot", "Write report", "Summarise run"))
    assert most >= 4
    (retry,) = dict(states(machine))["Run load test"]["Retry"]
    delays = (retry["IntervalSeconds"] * retry["BackoffRate"] ** number for number in range(retry["MaxAttempts"]))
    waits = sum(min(delay, retry["MaxDelaySeconds"]) for delay in delays)
    tried = (1 + retry["MaxAttempts"]) * seconds["Run load test"] + waits
    assert machine["TimeoutSeconds"] > before_and_after + most * tried


@pytest.mark.parametrize("name", NAMES)
def test_the_template_sets_every_substitution(name: str) -> None:
    text = (FOLDER / f"{name}.asl.json").read_text()
    wanted = set(re.findall(r"\$\{(\w+)\}", text))
    assert json.loads(text)
    template = (FOLDER.parent / "infra" / "template.yaml").read_text()
    block = template.split(f"DefinitionUri: ../statemachines/{name}.asl.json")[1].split("Tracing:")[0]
    assert set(re.findall(r"^        (\w+): !", block, re.MULTILINE)) == wanted


@pytest.mark.parametrize("partition", ["aws", "aws-us-gov", "aws-cn"])
@pytest.mark.parametrize("name", NAMES)
def test_every_arn_has_the_partition_of_the_stack(name: str, partition: str) -> None:
    arns = re.findall(r'"arn:([^:"]+):', json.dumps(filled_in(name, partition=partition)))
    assert set(arns) == {partition}
    assert "arn:aws" not in (FOLDER / f"{name}.asl.json").read_text()


def test_cfn_lint_accepts_the_definitions(tmp_path: Path) -> None:
    """All in one template: cfn-lint takes seconds to start."""
    machines = {name: filled_in(name) for name in NAMES}
    template = {
        "Resources": {
            name.replace("_", ""): {
                "Type": "AWS::StepFunctions::StateMachine",
                "Properties": {"RoleArn": "arn:aws:iam::111122223333:role/r", "Definition": machine},
            }
            for name, machine in machines.items()
        }
    }
    file = tmp_path / "machine.json"
    file.write_text(json.dumps(template))
    linter = [str(Path(sys.executable).parent / "cfn-lint"), str(file)]
    outcome = subprocess.run(linter, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout


def test_a_nightly_audit_runs_the_planned_labs_in_turn() -> None:
    machine = definition("audit_course")
    labs = machine["States"]["For each lab"]
    assert labs["MaxConcurrency"] == 1
    audit = labs["ItemProcessor"]["States"]["Audit lab"]
    assert audit["Resource"] == "arn:${Partition}:states:::states:startExecution.sync:2"
    assert audit["Parameters"] == {
        "StateMachineArn": "${GradeClass}",
        "Name.$": "$.run_id",
        "Input.$": "$.request",
    }
    assert audit["ResultSelector"] == {"status.$": "$.Output.status"}, "no state passes on what a run's machine put out"
    assert machine["TimeoutSeconds"] >= 6 * audit["TimeoutSeconds"]


def test_a_run_is_started_again_only_if_the_request_failed() -> None:
    """A failed run is a result: `States.TaskFailed` is caught, not retried."""
    audit = dict(states(definition("audit_course")))["Audit lab"]
    (retry,) = audit["Retry"]
    assert all(error.startswith("StepFunctions.") for error in retry["ErrorEquals"])
    assert audit["Catch"] == [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Audit lab: failed"}]


def test_a_repeated_night_succeeds_and_a_failed_lab_fails_after_the_digest() -> None:
    machine = definition("audit_course")["States"]
    again = machine["Was this night audited before?"]
    assert again["Choices"] == [{"Variable": "$.again", "BooleanEquals": True, "Next": "Audited before"}]
    assert machine["Audited before"]["Type"] == "Succeed"
    assert machine["For each lab"]["Next"] == "Send digest"
    whole = machine["Was every lab audited?"]
    assert whole["Choices"] == [{"Variable": "$.status", "StringEquals": "complete", "Next": "Audited"}]
    assert machine[whole["Default"]] == {
        "Error": "AuditIncomplete",
        "Cause": "The digest of the night says which, and why.",
        "Type": "Fail",
    }
