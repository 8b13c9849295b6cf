"""Two machines in memory, and what their executions were started with."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from labgrader.store import Store
from tests import aws_in_memory
from tests.clock import Clock

ROLE = "arn:aws:iam::123456789012:role/machines"


class Machines:
    """The machines of a stack: their ARNs, the client that starts them, and what was started."""

    def __init__(self) -> None:
        self.client: Any = aws_in_memory.client("stepfunctions")
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


class AnswerLost:
    """Step Functions where a start is not answered.

    Args:
        client: the client that starts.
        arrives: whether what was asked for was done all the same.
        told: whether it answers how an execution stands.
    """

    def __init__(self, client: Any, *, arrives: bool = True, told: bool = True) -> None:
        self._client = client
        self._arrives = arrives
        self._told = told

    def start_execution(self, **request: Any) -> None:
        if self._arrives:
            self._client.start_execution(**request)
        raise _no_answer("StartExecution")

    def describe_execution(self, **request: Any) -> Any:
        if not self._told:
            raise _no_answer("DescribeExecution")
        return self._client.describe_execution(**request)


def _no_answer(operation: str) -> ClientError:
    said = {"Error": {"Code": "InternalFailure"}, "ResponseMetadata": {"HTTPStatusCode": 500}}
    return ClientError(said, operation)  # type: ignore[arg-type]


@pytest.fixture
def machines(store: Store) -> Machines:
    """The machines, in the same memory as the store."""
    return Machines()


@pytest.fixture(autouse=True)
def _no_waiting(clock: Clock) -> None:
    """Whoever finds a ledger changed waits a moment before the next try."""
