"""The scheduled audit of a course on the embedded AWS. These tests run late, when the audit is due."""

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


def test_schedule_starts_an_audit_and_a_second_delivery_audits_nothing(stack: Any, next_audit: datetime) -> None:
    (audit,) = until(lambda: stack.store.audits("by-schedule"), "the schedule to start an audit")
    remove_schedule(stack.target, stack.outputs, DEFAULT_STACK, "by-schedule")
    assert audit["night"] == f"{next_audit:%Y-%m-%d-%H%M}"
    assert audit["scheduled"] is True
    machine = stack.outputs["AuditCourseArn"]
    first = machine.replace(":stateMachine:", ":execution:") + f":{audit['execution']}"
    stack.succeed(first)
    assert stack.store.get_json(CourseKeys("by-schedule").digest(audit["night"]))["status"] == "complete"

    runs = len(stack.store.runs())
    asked = json.dumps({"course": "by-schedule", "scheduled": True})
    again = stack.client("stepfunctions").start_execution(stateMachineArn=machine, input=asked)
    ended = stack.succeed(again["executionArn"])
    assert json.loads(ended["output"])["again"] is True
    assert len(stack.store.runs()) == runs
    assert len(stack.store.audits("by-schedule")) == 1
