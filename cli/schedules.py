"""The schedule that audits a course every night, and the alarm that reports a missed audit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from cli.errors import TargetError, UsageError
from cli.project import DEFAULT_STACK
from cli.target import Target, reached
from labgrader.aws import error_code
from labgrader.courses.course import Course

MAX_NAME = 64
"""Characters of a schedule's name (EventBridge Scheduler API, CreateSchedule)."""

HOURS = 26
"""An audit is missed if this many hours pass without one: a day can have 25 hours, and runs take time."""

RETRY_SECONDS, RETRIES = 2 * 60 * 60, 20
"""How long, and how often, EventBridge Scheduler tries to start an audit. A second delivery makes no second audit."""

NEEDED = ("AuditCourseArn", "ScheduleGroup", "ScheduleRoleArn", "DeadLettersArn", "AlarmTopicArn")
"""The stack's outputs that it takes."""


def check_outputs(outputs: Mapping[str, str], stack: str) -> None:
    """Refuse a stack that was deployed before there were courses.

    Raises:
        TargetError: an output is missing.
    """
    missing = sorted(set(NEEDED) - set(outputs))
    if missing:
        raise TargetError(f"the stack {stack} has no output {', '.join(missing)}; deploy it again")


def check_name(stack: str, course_id: str) -> None:
    """Refuse a course whose schedule would have too long a name.

    Raises:
        UsageError: it would.
    """
    name = schedule_name(stack, course_id)
    if len(name) > MAX_NAME:
        raise UsageError(f"the schedule {name} has {len(name)} characters, of {MAX_NAME}: give the course a shorter id")


def keep_schedule(target: Target, outputs: Mapping[str, str], stack: str, course: Course) -> None:
    """Create, change or delete the schedule and the alarm of a course, as its file says. No audit time: no schedule.

    Args:
        target: the account.
        outputs: the stack's.
        stack: its name.
        course: the course.

    Raises:
        TargetError: AWS refused.
    """
    if not course.audit_time:
        remove_schedule(target, outputs, stack, course.id)
        return
    with reached():
        changed = _put_schedule(target.client("scheduler"), outputs, stack, course)
        _put_alarm(target.client("cloudwatch"), outputs, stack, course, begin=changed)


def remove_schedule(target: Target, outputs: Mapping[str, str], stack: str, course_id: str) -> None:
    """Delete the schedule and the alarm of a course. Missing ones are ignored.

    Raises:
        TargetError: AWS refused.
    """
    with reached():
        try:
            target.client("scheduler").delete_schedule(
                Name=schedule_name(stack, course_id), GroupName=outputs["ScheduleGroup"]
            )
        except ClientError as error:
            if error_code(error) != "ResourceNotFoundException":
                raise
        target.client("cloudwatch").delete_alarms(AlarmNames=[alarm_name(stack, course_id)])


def scheduled(target: Target, outputs: Mapping[str, str], stack: str, course_id: str) -> dict[str, Any] | None:
    """Return a course's schedule from AWS: ``expression``, ``time_zone`` and ``state``; ``None`` without one."""
    with reached():
        found = _schedule(target.client("scheduler"), outputs, schedule_name(stack, course_id))
    if found is None:
        return None
    return {
        "expression": found["ScheduleExpression"],
        "time_zone": found.get("ScheduleExpressionTimezone", "UTC"),
        "state": found.get("State", "ENABLED"),
    }


def schedule_name(stack: str, course_id: str) -> str:
    """Return the name of a course's schedule."""
    return f"{stack}-{course_id}"


def alarm_name(stack: str, course_id: str) -> str:
    """Return the name of the alarm for a missed or failed audit of a course."""
    return f"{stack}-night-missed-{course_id}"


def cron(course: Course) -> str:
    """Return the audit time as EventBridge Scheduler takes it, in the course's time zone: ``cron(30 2 * * ? *)``."""
    hour, minute = (int(part) for part in course.audit_time.split(":"))
    return f"cron({minute} {hour} * * ? *)"


def _put_schedule(scheduler: Any, outputs: Mapping[str, str], stack: str, course: Course) -> bool:
    """Create or update the schedule. Return whether it is new or has another hour."""
    name = schedule_name(stack, course.id)
    wanted = {
        "Name": name,
        "GroupName": outputs["ScheduleGroup"],
        "Description": f"The nightly audit of {course.id}; made by labgrader course push",
        "ScheduleExpression": cron(course),
        "ScheduleExpressionTimezone": course.time_zone,
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "State": "ENABLED",
        "Target": {
            "Arn": outputs["AuditCourseArn"],
            "RoleArn": outputs["ScheduleRoleArn"],
            "Input": json.dumps({"course": course.id, "scheduled": True}),
            "DeadLetterConfig": {"Arn": outputs["DeadLettersArn"]},
            "RetryPolicy": {"MaximumEventAgeInSeconds": RETRY_SECONDS, "MaximumRetryAttempts": RETRIES},
        },
    }
    before = _schedule(scheduler, outputs, name)
    if before is None:
        scheduler.create_schedule(**wanted)
        return True
    scheduler.update_schedule(**wanted)
    same = ("ScheduleExpression", "ScheduleExpressionTimezone", "State")
    return any(before.get(name) != wanted[name] for name in same)


def _schedule(scheduler: Any, outputs: Mapping[str, str], name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = scheduler.get_schedule(Name=name, GroupName=outputs["ScheduleGroup"])
    except ClientError as error:
        if error_code(error) != "ResourceNotFoundException":
            raise
        return None
    return found


def _put_alarm(cloudwatch: Any, outputs: Mapping[str, str], stack: str, course: Course, *, begin: bool) -> None:
    """Create or update the alarm. For a schedule that is new or has another hour, its hours are counted from now."""
    dimensions = [{"Name": "Course", "Value": course.id}, {"Name": "service", "Value": "send_digest"}]
    metric = {"MetricName": "NightsAudited", "Dimensions": dimensions}
    if begin:
        cloudwatch.put_metric_data(Namespace="labgrader", MetricData=[{**metric, "Value": 1, "Unit": "Count"}])
    elsewhere = "" if stack == DEFAULT_STACK else f" --stack {stack}"
    cloudwatch.put_metric_alarm(
        AlarmName=alarm_name(stack, course.id),
        AlarmDescription=(
            f"No audit of the course {course.id} ended well for {HOURS} hours. See what became of its last nights with "
            f"`labgrader course show {course.id} --aws{elsewhere}`, and audit it now with "
            f"`labgrader audit --course {course.id} --aws{elsewhere}`. docs/operate.md says more."
        ),
        Namespace="labgrader",
        **metric,
        Statistic="Maximum",
        Period=60 * 60,
        EvaluationPeriods=HOURS,
        Threshold=1,
        ComparisonOperator="LessThanThreshold",
        TreatMissingData="breaching",
        AlarmActions=[outputs["AlarmTopicArn"]],
    )
