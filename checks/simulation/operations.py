"""Builders of rules, alarms and log groups for simulated students.

They work like those in ``builders``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from checks.simulation.student import SimulatedStudent, Step


def put_rule(
    student: SimulatedStudent, suffix: str, schedule: str = "", state: str = "ENABLED", **settings: Any
) -> str | None:
    """Put an EventBridge rule. Step: ``put_rule``.

    Args:
        schedule: ``rate(5 minutes)`` or ``cron(…)``; empty for none.
        state: ``ENABLED`` or ``DISABLED``.
        settings: ``EventPattern``, ``Description``, …

    Returns:
        its ARN.
    """
    given = {"Name": student.named(suffix), "State": state, **settings}
    if schedule:
        given["ScheduleExpression"] = schedule
    step = Step("put_rule", suffix, "", given, service="events")
    if student.perform(step) is None:
        return None
    return f"arn:aws:events:{student.region}:{student.account_id}:rule/{step.parameters['Name']}"


def put_target(
    student: SimulatedStudent, suffix: str, arn: str | None, *, target_id: str = "1", **settings: Any
) -> None:
    """Add a target to a rule. Step: ``put_targets``, with the target's id as its name.

    Args:
        suffix: the rule.
        arn: the function.
        target_id: its id within the rule.
        settings: more of the target (``Input``).
    """
    if arn is not None:
        targets = [{"Id": target_id, "Arn": arn, **settings}]
        student.take("events", "put_targets", suffix, target_id, Rule=student.named(suffix), Targets=targets)


def put_alarm(student: SimulatedStudent, suffix: str, **settings: Any) -> None:
    """Put a CloudWatch alarm. Step: ``put_metric_alarm``.

    Args:
        settings: ``Namespace``, ``MetricName``, ``Threshold``, ``ComparisonOperator``, … By default, the alarm uses the
            sum of one period of five minutes. ``Dimensions`` may be an object (``{"FunctionName": …}``).
    """
    given: dict[str, Any] = {"Statistic": "Sum", "Period": 300, "EvaluationPeriods": 1, **settings}
    if "ExtendedStatistic" in given:
        del given["Statistic"]
    if isinstance(dimensions := given.get("Dimensions"), Mapping):
        given["Dimensions"] = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    student.take("cloudwatch", "put_metric_alarm", suffix, AlarmName=student.named(suffix), **given)


def create_log_group(
    student: SimulatedStudent,
    function_suffix: str,
    retention_days: int | None = None,
    tags: Mapping[str, str] | None = None,
) -> str | None:
    """Create a function's log group. Steps: ``create_log_group`` and ``put_retention_policy``.

    Args:
        function_suffix: the function, which need not exist.
        retention_days: the retention in days. ``None`` keeps the events forever.
        tags: its tags.

    Returns:
        its name.
    """
    given: dict[str, Any] = {"logGroupName": f"/aws/lambda/{student.named(function_suffix)}"}
    step = Step("create_log_group", function_suffix, "", {**given, **({"tags": dict(tags)} if tags else {})})
    step.service = "logs"
    if student.perform(step) is None:
        return None
    name = str(step.parameters["logGroupName"])
    if retention_days is not None:
        wanted = {"logGroupName": name, "retentionInDays": retention_days}
        student.take("logs", "put_retention_policy", function_suffix, **wanted)
    return name
