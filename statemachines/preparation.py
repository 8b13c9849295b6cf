"""The states before any student is graded: the plan, and the snapshot of all students."""

from __future__ import annotations

from stepfunctions.steps import Catch, Choice, ChoiceRule
from stepfunctions.steps.states import State

from statemachines.asl import FailWithCause
from statemachines.student import caught, function_task


def plan_and_snapshot(then: State, on_failure: State, *, alone: bool = False) -> State:
    """Plan the run, record the class, continue with `then`; return the first state.

    The snapshot of a large class takes longer than one function may run. The function returns its progress and is
    invoked again for the remaining students.

    Args:
        then: the state after every student is recorded.
        on_failure: the state for an error that no retry fixes; it gets the error in `$.error`.
        alone: whether the run must be of exactly one student; other runs are then refused.
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
        repeatable=True,  # it continues with the students without a snapshot
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
    """Return the state that records a failed run. Then the execution fails with the cause."""
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
