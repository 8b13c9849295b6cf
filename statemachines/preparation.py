"""What comes before any student: the plan, and the snapshot of everybody at one moment."""

from __future__ import annotations

from stepfunctions.steps import Catch, Choice, ChoiceRule
from stepfunctions.steps.states import State

from statemachines.asl import FailWithCause
from statemachines.student import caught, function_task


def plan_and_snapshot(then: State, on_failure: State, *, alone: bool = False) -> State:
    """Plan the run, record the class, go on with `then`; return the first state.

    Taking the snapshot of a large class takes longer than one function may run: it says how far it came, and is called
    again for those who are left.

    Args:
        then: what follows when every student is recorded.
        on_failure: where an error leads that no retry mends; it finds it in `$.error`.
        alone: whether the run is of exactly one student; anything else is refused then.
    """
    plan = function_task(
        "Plan run",
        "PlanRunFunction",
        timeout_seconds=90,
        payload={
            "run_id.$": "$$.Execution.Name",
            "started_at.$": "$$.Execution.StartTime",
            "request.$": "$",
            "alone": alone,
        },
        result_selector={
            "run_id.$": "$.Payload.run_id",
            "mode.$": "$.Payload.mode",
            "students_key.$": "$.Payload.students_key",
            "username.$": "$.Payload.username",
            "checks.$": "$.Payload.checks",
            "in_flight.$": "$.Payload.in_flight",
        },
    )
    snapshot = function_task(
        "Take snapshot",
        "TakeSnapshotFunction",
        timeout_seconds=930,
        repeatable=True,  # it goes on with those who have no snapshot yet
        payload={"run_id.$": "$.run_id"},
        result_selector={"recorded.$": "$.Payload.recorded", "done.$": "$.Payload.done"},
        result_path="$.snapshot",
    )
    everybody = Choice("Is everybody recorded?")
    everybody.add_choice(ChoiceRule.BooleanEquals("$.snapshot.done", True), then)
    everybody.default_choice(snapshot)
    for task in (plan, snapshot):
        task.add_catch(caught(on_failure))
    plan.next(snapshot)
    snapshot.next(everybody)
    return plan


def recording_failure() -> State:
    """What a run that cannot go on ends with: its record says so, and the execution fails with the cause."""
    record = function_task(
        "Record failure",
        "SummariseRunFunction",
        timeout_seconds=930,
        payload={
            "run_id.$": "$$.Execution.Name",
            "started_at.$": "$$.Execution.StartTime",
            "error.$": "$.error",
        },
        result_path=None,
    )
    failed = FailWithCause("Run failed", error_path="$.error.Error", cause_path="$.error.Cause")
    record.add_catch(
        Catch(error_equals=["States.ALL"], result_path="$.record_error", next_step=failed)
    )  # keeps $.error
    record.next(failed)
    return record
