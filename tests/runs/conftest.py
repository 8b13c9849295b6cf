"""Two state machines in memory, and the inputs of their executions."""

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
    """The state machines of a stack: their ARNs, a client, and the started executions."""

    def __init__(self) -> None:
        self.client: Any = aws_in_memory.client("stepfunctions")
        self.grade_class, self.grade_student = (
            self.client.create_state_machine(
                name=name, roleArn=ROLE, definition=json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
            )["stateMachineArn"]
            for name in ("labgrader-grade-class", "labgrader-grade-student")
        )

    def inputs(self) -> dict[str, Any]:
        """Return the input of each execution, by its name."""
        return {
            execution["name"]: json.loads(
                self.client.describe_execution(executionArn=execution["executionArn"])["input"]
            )
            for machine in (self.grade_class, self.grade_student)
            for execution in self.client.list_executions(stateMachineArn=machine)["executions"]
        }

    def stop(self, execution: str) -> None:
        """Stop an execution, as a user does in the console."""
        self.client.stop_execution(executionArn=execution)


class AnswerLost:
    """Step Functions that does not respond to a start.

    Args:
        client: the client that starts.
        arrives: whether the execution was started nevertheless.
        status_known: whether it returns the status of an execution.
    """

    def __init__(self, client: Any, *, arrives: bool = True, status_known: bool = True) -> None:
        self._client = client
        self._arrives = arrives
        self._status_known = status_known

    def start_execution(self, **request: Any) -> None:
        if self._arrives:
            self._client.start_execution(**request)
        raise _no_answer("StartExecution")

    def describe_execution(self, **request: Any) -> Any:
        if not self._status_known:
            raise _no_answer("DescribeExecution")
        return self._client.describe_execution(**request)


def _no_answer(operation: str) -> ClientError:
    said = {"Error": {"Code": "InternalFailure"}, "ResponseMetadata": {"HTTPStatusCode": 500}}
    return ClientError(said, operation)  # type: ignore[arg-type]


@pytest.fixture
def machines(store: Store) -> Machines:
    """The state machines, in the same account as the store."""
    return Machines()


@pytest.fixture(autouse=True)
def _no_waiting(clock: Clock) -> None:
    """Skip the pause after a write conflict."""
