"""The graph of one student, written once: checks, then probes, then load tests, then the report.

Input: `{"run_id", "mode", "username", "checks": {"configuration": [id…], "behaviour": [id…], "performance": [id…]},
"in_flight"}`. The last is the maximum of requests in flight for all load tests of the class together.
Output: `{}`. Everything else goes through S3, so that no state passes more than a few kilobytes.
"""

from __future__ import annotations

from collections.abc import Sequence

from stepfunctions.steps import Catch, Choice, ChoiceRule, Retry
from stepfunctions.steps.states import State

from statemachines.asl import FunctionTask, ItemsMap, JitteredRetry, JsonataPass

CHECKS_AT_ONCE = 2
PROBES_AT_ONCE = 2
"""In parallel for one student of a class. They fit in a function's reserved concurrency of 5."""

CHECKS_AT_ONCE_ALONE = 5
PROBES_AT_ONCE_ALONE = 4
"""In parallel for a self-check, because its student waits. A hundred self-checks fit in an account's concurrency of
1,000, and the probes of one fit in a function's reserved concurrency of 5."""

STUDENT = {
    "run_id.$": "$.run_id",
    "mode.$": "$.mode",
    "checks.$": "$.checks",
    "in_flight.$": "$.in_flight",
}
"""The part of the plan that every student's input has; the username is added."""

MAX_CAUSE = 600
"""Maximum characters of an error's cause: it begins with the message, the rest is a stack trace."""


def retries(*, repeatable: bool) -> list[Retry]:
    """Return retriers with full jitter for throttles and faults of AWS. A student's mistakes are verdicts, not errors.

    Args:
        repeatable: whether to retry also after the function was cut off. Such a task does not repeat stored work.
    """
    cut_off = JitteredRetry(
        error_equals=["Sandbox.Timedout", "States.Timeout", "Lambda.Unknown", "Runtime.ExitError"],
        interval_seconds=5,
        max_attempts=2,
        backoff_rate=2.0,
        max_delay_seconds=30,
        jitter_strategy="FULL",
    )
    return [
        JitteredRetry(
            error_equals=[
                "Lambda.TooManyRequestsException",
                "Lambda.ClientExecutionTimeoutException",
                "Lambda.ServiceException",
                "Lambda.AWSLambdaException",
                "Lambda.SdkClientException",
                "Lambda.ResourceNotReadyException",
                "ThrottledError",
                "ServiceFaultError",
            ],
            interval_seconds=1,
            max_attempts=6,
            backoff_rate=2.0,
            max_delay_seconds=30,
            jitter_strategy="FULL",
        ),
        *([cut_off] if repeatable else []),
    ]


def function_task(
    name: str, resource: str, *, timeout_seconds: int, repeatable: bool = False, **fields: object
) -> FunctionTask:
    """Return a task that invokes one of labgrader's functions, with the common retries.

    Args:
        name: the state's name; the function's folder is the same in lower case.
        resource: the function's name in the template, for the substitution.
        timeout_seconds: above the function's own timeout, so that the function reports why it stopped.
        repeatable: whether to retry also after the function was cut off.
        fields: `payload` (the function's input; by default the state's input) and fields of a Task.
    """
    payload = fields.pop("payload", None)
    given = {"Payload": payload} if payload else {"Payload.$": "$"}
    return FunctionTask(
        name,
        parameters={"FunctionName": f"${{{resource}}}", **given},
        timeout_seconds=timeout_seconds,
        retry=retries(repeatable=repeatable),
        **fields,
    )


def each_check(
    map_name: str,
    task_name: str,
    resource: str,
    kind: str,
    *,
    at_once: int,
    timeout_seconds: int,
    further: Sequence[str] = (),
) -> ItemsMap:
    """Return a map that runs one task for every check of a kind. After all retries, an error becomes `not_graded`, and
    the other checks continue.

    Args:
        map_name, task_name: the names of the states.
        resource: the function's name in the template.
        kind: the checks' kind.
        at_once: maximum checks of one student in parallel.
        timeout_seconds: above the function's own timeout.
        further: other fields of the student's input that the task gets.
    """
    task = function_task(
        task_name,
        resource,
        timeout_seconds=timeout_seconds,
        result_selector={"check.$": "$.Payload.check", "status.$": "$.Payload.status"},
    )
    not_graded = JsonataPass(
        f"{task_name}: not graded",
        output={
            "check": "{% $states.input.check %}",
            "status": "not_graded",
            "error": "{% $states.input.error.Error %}",
            "cause": "{% $exists($states.input.error.Cause)"
            f" ? $substring($string($states.input.error.Cause), 0, {MAX_CAUSE}) : '' %}}",
        },
    )
    task.add_catch(caught(not_graded))
    return ItemsMap(
        map_name,
        items_path=f"$.checks.{kind}",
        item_selector={
            "run_id.$": "$.run_id",
            "username.$": "$.username",
            "check.$": "$$.Map.Item.Value",
            **{f"{name}.$": f"$.{name}" for name in further},
        },
        max_concurrency=at_once,
        iterator=task,
        result_path=f"$.results.{kind}",
    )


def student_graph(*, checks_at_once: int = CHECKS_AT_ONCE, probes_at_once: int = PROBES_AT_ONCE) -> tuple[State, State]:
    """Return the first and the last state of one student.

    Args:
        checks_at_once, probes_at_once: how many of them run in parallel.
    """
    checks = each_check(
        "Run checks", "Run check", "RunCheckFunction", "configuration", at_once=checks_at_once, timeout_seconds=45
    )
    audit = Choice("Is this an audit?")
    probes = each_check(
        "Run probes", "Run probe", "RunProbeFunction", "behaviour", at_once=probes_at_once, timeout_seconds=330
    )
    load_tests = each_check(
        "Run load tests",
        "Run load test",
        "RunLoadTestFunction",
        "performance",
        at_once=1,
        timeout_seconds=330,
        further=("in_flight",),
    )
    report = function_task("Write report", "WriteReportFunction", timeout_seconds=90, repeatable=True, output_path=None)
    checks.next(audit)
    audit.add_choice(ChoiceRule.StringEquals("$.mode", "audit"), report)
    audit.default_choice(probes)
    probes.next(load_tests)
    load_tests.next(report)
    return checks, report


def summary(on_failure: State) -> FunctionTask:
    """Return the last state of a run, which writes the gradebook, the class report and the run's record."""
    summarise = function_task(
        "Summarise run",
        "SummariseRunFunction",
        timeout_seconds=930,
        payload={"run_id.$": "$$.Execution.Name", "started_at.$": "$$.Execution.StartTime"},
        result_selector={
            "run_id.$": "$.Payload.run_id",
            "status.$": "$.Payload.status",
            "counts.$": "$.Payload.counts",
        },
    )
    summarise.add_catch(caught(on_failure))
    return summarise


def caught(next_step: State) -> Catch:
    """Catch every error that no retry fixes; `next_step` gets it in `$.error`."""
    return Catch(error_equals=["States.ALL"], result_path="$.error", next_step=next_step)
