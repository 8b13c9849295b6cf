"""Two machines in memory, and what their executions were started with."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from labgrader.store import Store

ROLE = "arn:aws:iam::123456789012:role/machines"


class Machines:
    """The machines of a stack: their ARNs, the client that starts them, and what was started."""

    def __init__(self) -> None:
        self.client: Any = boto3.client("stepfunctions", region_name="us-east-1")
        self.grade_class, self.grade_student = (
            self.client.create_state_machine(
                name=name, roleArn=ROLE, definition=json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
            )["stateMachineArn"]
            for name in ("labgrader-grade-class", "labgrader-grade-student")
        )

    def inputs(self) -> dict[str, Any]:
        """What each execution was started with, by its name."""
        return {
            one["name"]: json.loads(self.client.describe_execution(executionArn=one["executionArn"])["input"])
            for machine in (self.grade_class, self.grade_student)
            for one in self.client.list_executions(stateMachineArn=machine)["executions"]
        }

    def stop(self, execution: str) -> None:
        """Abort an execution, as somebody does in the console."""
        self.client.stop_execution(executionArn=execution)


@pytest.fixture
def machines(store: Store) -> Machines:
    """The machines, in the same memory as the store."""
    return Machines()
