"""The nightly audit of a course: plan → the class run of each lab in audit mode, one after the other → digest.

Input: `{"course": id, "scheduled": true | false}`. A scheduled night is audited once, even if its event is delivered
several times. A command always starts an audit.
"""

from __future__ import annotations

from stepfunctions.steps import Choice, ChoiceRule, Fail, Succeed
from stepfunctions.steps.states import State

from statemachines.asl import ExecutionTask, ItemsMap, JitteredRetry, JsonataPass, render
from statemachines.student import MAX_CAUSE, caught, function_task

EIGHT_HOURS = 8 * 60 * 60
"""An audit invokes nothing: 10,000 students, four at once, take six hours with 8 s of states each."""

TWO_DAYS = 48 * 60 * 60
"""Longer than a course of six labs takes. An audit that is not done by the next night raises an alarm earlier."""


def audit_course() -> str:
    """Return the machine's ASL."""
    plan = function_task(
        "Plan audit",
        "PlanAuditFunction",
        timeout_seconds=90,
        repeatable=True,  # a repeated plan belongs to the same execution and has the same run ids
        payload={
            "course.$": "$.course",
            "scheduled.$": "$.scheduled",
            "execution.$": "$$.Execution.Name",
            "started_at.$": "$$.Execution.StartTime",
        },
        result_selector={
            "course.$": "$.Payload.course",
            "night.$": "$.Payload.night",
            "again.$": "$.Payload.again",
            "runs.$": "$.Payload.runs",
        },
    )
    labs = ItemsMap("For each lab", items_path="$.runs", max_concurrency=1, iterator=_lab(), result_path="$.runs")
    digest = function_task(
        "Send digest",
        "SendDigestFunction",
        timeout_seconds=150,
        repeatable=True,  # two copies of a digest are better than none
        payload={
            "course.$": "$.course",
            "night.$": "$.night",
            "started_at.$": "$$.Execution.StartTime",
            "runs.$": "$.runs",
        },
        result_selector={"night.$": "$.Payload.night", "status.$": "$.Payload.status"},
    )
    again = Choice("Was this night audited before?")
    again.add_choice(ChoiceRule.BooleanEquals("$.again", True), Succeed("Audited before"))
    again.default_choice(labs)
    whole = Choice("Was every lab audited?")
    whole.add_choice(ChoiceRule.StringEquals("$.status", "complete"), Succeed("Audited"))
    whole.default_choice(
        Fail("Not every lab was audited", error="AuditIncomplete", cause="The digest of the night says which, and why.")
    )
    plan.next(again)
    labs.next(digest)
    digest.next(whole)
    return render(
        plan, comment="Audit a course: every lab's class run in audit mode, then the digest", timeout_seconds=TWO_DAYS
    )


def _lab() -> State:
    """Return the state that audits one lab. A failure is recorded, and the other labs continue."""
    run = ExecutionTask(
        "Audit lab",
        parameters={"StateMachineArn": "${GradeClass}", "Name.$": "$.run_id", "Input.$": "$.request"},
        timeout_seconds=EIGHT_HOURS,
        # a retry is safe: the same name with the same input is the same execution
        retry=[
            JitteredRetry(
                error_equals=[
                    "StepFunctions.ThrottlingException",
                    "StepFunctions.SdkClientException",
                    "StepFunctions.AWSStepFunctionsException",
                    "StepFunctions.ExecutionLimitExceeded",
                    "StepFunctions.ExecutionLimitExceededException",
                ],
                interval_seconds=1,
                max_attempts=6,
                backoff_rate=2.0,
                max_delay_seconds=30,
                jitter_strategy="FULL",
            )
        ],
        result_selector={"status.$": "$.Output.status"},
        result_path="$.ended",
    )
    failed = JsonataPass(
        "Audit lab: failed",
        output={
            "run_id": "{% $states.input.run_id %}",
            "lab": "{% $states.input.lab %}",
            "error": "{% $states.input.error.Error %}",
            "cause": "{% $exists($states.input.error.Cause)"
            f" ? $substring($string($states.input.error.Cause), 0, {MAX_CAUSE}) : '' %}}",
        },
    )
    run.add_catch(caught(failed))
    return run
