"""Create, update and delete the stack in CloudFormation, and wait until that is complete."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from cli.deployment.failures import failure, stuck
from cli.errors import TargetError
from cli.target import Target

WAIT_SECONDS = 30 * 60.0
"""Maximum seconds of a deployment."""

_NEVER_COMPLETE = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "REVIEW_IN_PROGRESS"})
"""Statuses of a stack that was never complete. It can only be deleted."""

_DELETED_FIRST = _NEVER_COMPLETE | {"DELETE_FAILED"}
"""Statuses of a stack that a deployment deletes before it creates it again."""

_STUCK = frozenset({"UPDATE_ROLLBACK_FAILED", "UPDATE_FAILED"})
"""Statuses of a stack that CloudFormation does not update until the user has rolled it back."""


def pause_of(target: Target) -> float:
    """Return the seconds between two polls of a stack."""
    return 0.1 if target.runs_here else 3.0


def create_or_update(
    cloudformation: Any, request: dict[str, Any], parameters: frozenset[str], given: Mapping[str, str], pause: float
) -> dict[str, str]:
    """Create or update the stack, with new and earlier values of its parameters. Return its outputs.

    Args:
        cloudformation: a client.
        request: the name, the template and the capabilities of the stack.
        parameters: the names of the template's parameters.
        given: new values.
        pause: seconds between two polls.

    Raises:
        TargetError: another deployment is in progress, or the stack could not be deployed.
    """
    stack = request["StackName"]
    chosen = [{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()]
    good: tuple[str, ...] = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    found = describe(cloudformation, stack)
    if found is not None and found["StackStatus"] in _DELETED_FIRST:
        delete(cloudformation, found, pause)
        found = None
    if found is not None and found["StackStatus"].endswith("_IN_PROGRESS"):
        raise TargetError(
            f"the stack {stack} is already being changed ({found['StackStatus']}); wait until that ends and try again"
        )
    if found is not None and found["StackStatus"] in _STUCK:
        raise TargetError(stuck(cloudformation, found))
    if found is None:
        stack_id = cloudformation.create_stack(**request, Parameters=chosen)["StackId"]
    else:
        stack_id = found["StackId"]
        before = {parameter["ParameterKey"] for parameter in found.get("Parameters", ())} & parameters - given.keys()
        kept = [{"ParameterKey": name, "UsePreviousValue": True} for name in sorted(before)]
        try:
            cloudformation.update_stack(**request, Parameters=[*kept, *chosen])
        except ClientError as error:
            if "No updates are to be performed" not in str(error):
                raise
            good = (*good, "UPDATE_ROLLBACK_COMPLETE")  # the stack is already as wanted, after a failed update
    done = wait(cloudformation, stack, pause)
    if done is None or done["StackStatus"] not in good:
        raise TargetError(failure(cloudformation, done or {"StackName": stack, "StackId": stack_id}))
    return {output["OutputKey"]: output["OutputValue"] for output in done.get("Outputs", ())}


def delete(cloudformation: Any, found: Mapping[str, Any], pause: float) -> None:
    """Delete a stack and wait until it is deleted.

    Args:
        cloudformation: a client.
        found: the description of the stack.
        pause: seconds between two polls.

    Raises:
        TargetError: a resource could not be deleted; the message has the reasons and the command that helps.
    """
    cloudformation.delete_stack(StackName=found["StackName"])
    left = wait(cloudformation, found["StackName"], pause)
    if left is not None:
        raise TargetError(failure(cloudformation, left, verb="deleted"))


def describe(cloudformation: Any, stack: str) -> Mapping[str, Any] | None:
    """Return the description of a stack, or ``None`` if it does not exist."""
    try:
        found: Mapping[str, Any] = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return None if found["StackStatus"] == "DELETE_COMPLETE" else found


def wait(cloudformation: Any, stack: str, pause: float) -> Mapping[str, Any] | None:
    """Wait until no change of the stack is in progress. Return its description, or ``None`` if it was deleted.

    Raises:
        TargetError: this took longer than ``WAIT_SECONDS``.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        found = describe(cloudformation, stack)
        if found is None or not found["StackStatus"].endswith("_IN_PROGRESS"):
            return found
        time.sleep(pause)
    raise TargetError(
        f"the stack {stack} was not complete after {WAIT_SECONDS / 60:.0f} minutes; see its events in CloudFormation"
    )
