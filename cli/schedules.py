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
"""Maximum characters of a schedule's name (EventBridge Scheduler API Reference, CreateSchedule)."""

HOURS = 26
"""Hours without an audit after which the alarm reports a missed audit: a day can have 25 hours, and runs take time."""

RETRY_SECONDS, RETRIES = 2 * 60 * 60, 20
"""How many seconds and how often EventBridge Scheduler tries to start an audit. A second delivery starts no second
audit."""

NEEDED = ("AuditCourseArn", "ScheduleGroup", "ScheduleRoleArn", "DeadLettersArn", "AlarmTopicArn")
"""The outputs of the stack that a schedule needs."""


def check_outputs(outputs: Mapping[str, str], stack: str, options: str) -> None:
    """Check that a stack has the outputs for courses. Older versions of labgrader deployed it without them.

    Args:
        outputs: the outputs of the stack.
        stack: the name of the stack.
        options: the options of the command that deploys, as ``options.chosen`` writes them.

    Raises:
        TargetError: an output is missing.
    """
    missing = sorted(set(NEEDED) - set(outputs))
    if missing:
        raise TargetError(
            f"the stack {stack} has no output {', '.join(missing)}; deploy it again with `labgrader deploy{options}`"
        )


def check_name(stack: str, course_id: str) -> None:
    """Check the length of the name of a course's schedule.

    Raises:
        UsageError: the name is too long.
    """
    name = schedule_name(stack, course_id)
    if len(name) > MAX_NAME:
        raise UsageError(
            f"the name of the schedule, {name}, has {len(name)} characters, and {MAX_NAME} is the maximum; choose a "
            "shorter id for the course"
        )


def keep_schedule(target: Target, outputs: Mapping[str, str], stack: str, course: Course) -> None:
    """Create or change the schedule and the alarm of a course. Delete them if the course has no ``audit_time``.

    Args:
        target: the account.
        outputs: the outputs of the stack.
        stack: the name of the stack.
        course: the course.

    Raises:
        TargetError: AWS could not be reached, or it refused a request.
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
        TargetError: AWS could not be reached, or it refused a request.
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
    """Return the schedule of a course: ``expression``, ``time_zone`` and ``state``; ``None`` if it does not exist."""
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
    """Return the name of the alarm that reports a missed or failed audit of a course."""
    return f"{stack}-night-missed-{course_id}"


def cron(course: Course) -> str:
    """Return the audit time as an expression of EventBridge Scheduler: ``cron(30 2 * * ? *)``."""
    hour, minute = (int(part) for part in course.audit_time.split(":"))
    return f"cron({minute} {hour} * * ? *)"


def _put_schedule(scheduler: Any, outputs: Mapping[str, str], stack: str, course: Course) -> bool:
    """Create or update the schedule. Return whether it is new or its time changed."""
    name = schedule_name(stack, course.id)
    wanted = {
        "Name": name,
        "GroupName": outputs["ScheduleGroup"],
        "Description": f"The nightly audit of {course.id}, created by labgrader course push",
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
    """Create or update the alarm.

    Args:
        cloudwatch: a client of CloudWatch.
        outputs: the outputs of the stack.
        stack: the name of the stack.
        course: the course.
        begin: count the hours without an audit from now, because the schedule is new or its time changed.
    """
    dimensions = [{"Name": "Course", "Value": course.id}, {"Name": "service", "Value": "send_digest"}]
    metric = {"MetricName": "NightsAudited", "Dimensions": dimensions}
    if begin:
        cloudwatch.put_metric_data(Namespace="labgrader", MetricData=[{**metric, "Value": 1, "Unit": "Count"}])
    elsewhere = "" if stack == DEFAULT_STACK else f" --stack {stack}"
    cloudwatch.put_metric_alarm(
        AlarmName=alarm_name(stack, course.id),
        AlarmDescription=(
            f"No audit of the course {course.id} has succeeded for {HOURS} hours. See its last audits with "
            f"`labgrader course show {course.id} --aws{elsewhere}`. Audit it now with "
            f"`labgrader audit --course {course.id} --aws{elsewhere}`. docs/operate.md explains the alarm."
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
