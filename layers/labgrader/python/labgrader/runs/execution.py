"""The Step Functions execution of a run: start it under the id of the run, and ask for its status."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from labgrader.aws import error_code, to_domain_error
from labgrader.errors import LabgraderError, ServiceFaultError
from labgrader.runs.request import Request

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


def execution_arn(machine_arn: str, run_id: str) -> str:
    """Return the ARN of the execution of a run, also before it is started."""
    return f"{machine_arn.replace(':stateMachine:', ':execution:', 1)}:{run_id}"


def start_execution(states: SFNClient, machine_arn: str, run_id: str, request: Request) -> bool:
    """Start the execution of a run. Return False if it exists already.

    Args:
        states: a client of Step Functions.
        machine_arn: the machine.
        run_id: the run, and the name of the execution. It is unique for 90 days (Step Functions API, StartExecution).
        request: the input of the execution.

    Raises:
        ThrottledError, ServiceFaultError: a retry may succeed. The execution is not known to exist.
        RefusedError: AWS refused.
    """
    try:
        states.start_execution(stateMachineArn=machine_arn, name=run_id, input=json.dumps(request.to_dict()))
    except (ClientError, BotoCoreError) as error:
        if error_code(error) == "ExecutionAlreadyExists":
            return False
        fault = to_domain_error(error)
        if not (isinstance(fault, ServiceFaultError) and is_there(states, execution_arn(machine_arn, run_id))):
            raise fault from error
    return True


def is_there(states: SFNClient, execution: str) -> bool:
    """Return whether an execution is known to exist. It was started then, and only the answer was lost."""
    try:
        return bool(status_of(states, execution))
    except LabgraderError:
        return False


def status_of(states: SFNClient, execution: str) -> str:
    """Return the status of an execution (``RUNNING``, ``SUCCEEDED``, …); empty if it does not exist.

    Raises:
        ThrottledError, ServiceFaultError: a retry may succeed.
        RefusedError: AWS refused.
    """
    try:
        return str(states.describe_execution(executionArn=execution)["status"])
    except (ClientError, BotoCoreError) as error:
        if error_code(error) != "ExecutionDoesNotExist":
            raise to_domain_error(error) from error
        return ""
