"""A course on the embedded AWS is audited by its schedule. Its tests come late, so that the schedule is due by then."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from cli.project import DEFAULT_STACK
from cli.schedules import remove_schedule
from labgrader.store import CourseKeys
from tests.workflow.conftest import until

pytestmark = pytest.mark.workflow


def test_a_schedule_starts_a_night_by_itself_and_a_second_delivery_audits_nothing(
    stack: Any, night_to_come: datetime
) -> None:
    (night,) = until(lambda: stack.store.audits("by-schedule"), "the schedule to start an audit")
    remove_schedule(stack.target, stack.outputs, DEFAULT_STACK, "by-schedule")
    assert night["night"] == f"{night_to_come:%Y-%m-%d-%H%M}"
    assert night["scheduled"] is True
    machine = stack.outputs["AuditCourseArn"]
    first = machine.replace(":stateMachine:", ":execution:") + f":{night['execution']}"
    stack.succeed(first)
    assert stack.store.get_json(CourseKeys("by-schedule").digest(night["night"]))["status"] == "complete"

    runs = len(stack.store.runs())
    asked = json.dumps({"course": "by-schedule", "scheduled": True})
    again = stack.client("stepfunctions").start_execution(stateMachineArn=machine, input=asked)
    ended = stack.succeed(again["executionArn"])
    assert json.loads(ended["output"])["again"] is True
    assert len(stack.store.runs()) == runs
    assert len(stack.store.audits("by-schedule")) == 1
