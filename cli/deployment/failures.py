"""Explain why CloudFormation could not deploy or delete a stack, and name the command that helps."""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

_STACK = "AWS::CloudFormation::Stack"

_REPEATED = ("The following resource(s) failed to ", "Validation failure detected.")
"""How reasons of the stack itself begin that only repeat other events."""

_CANCELED = (" cancelled", " cancelled.")
"""How the reason of a resource ends that CloudFormation gave up because another one failed."""


@dataclass(frozen=True)
class _Reason:
    """A reason from an event.

    Args:
        resource: the logical id of the resource; empty for the stack itself.
        text: a line for the user.
        status: the status of the resource or the stack.
    """

    resource: str
    text: str
    status: str


def failure(cloudformation: Any, found: Mapping[str, Any], *, verb: str = "deployed") -> str:
    """Return a message with the reasons of a failed deployment or deletion, the first one first.

    Args:
        cloudformation: a client.
        found: the description of the stack. Without ``StackStatus``, the stack was deleted.
        verb: what could not be done: ``deployed`` or ``deleted``.
    """
    status = found.get("StackStatus", "it was deleted")
    return _message(cloudformation, found, f"the stack {found['StackName']} could not be {verb} ({status}):")


def stuck(cloudformation: Any, found: Mapping[str, Any]) -> str:
    """Return a message for a stack that CloudFormation does not update in its status.

    Args:
        cloudformation: a client.
        found: the description of the stack.
    """
    status = found["StackStatus"]
    return _message(cloudformation, found, f"the stack {found['StackName']} cannot be updated ({status}):")


def _message(cloudformation: Any, found: Mapping[str, Any], first: str) -> str:
    """Return the first line, the reasons, and the command that helps."""
    reasons = list(reversed(list(_reasons(cloudformation, found["StackId"]))))
    lines = [reason.text for reason in reasons]
    status_reason = found.get("StackStatusReason", "")
    if not lines and status_reason:
        lines.append(f"  {status_reason}")
    left = list(dict.fromkeys(reason.resource for reason in reasons if reason.status == "DELETE_FAILED"))
    return "\n".join([first, *dict.fromkeys(lines), *_help(cloudformation, found, [name for name in left if name])])


def _reasons(cloudformation: Any, stack_id: str) -> Iterator[_Reason]:
    """Yield the reasons of the last change of a stack, the newest one first.

    CloudFormation reports errors of the transform and of the validation on the stack itself, with a status such as
    ROLLBACK_IN_PROGRESS.
    """
    for page in cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack_id):
        for event in page["StackEvents"]:
            text = event.get("ResourceStatusReason", "")
            status = event.get("ResourceStatus", "")
            if event["ResourceType"] == _STACK and event.get("PhysicalResourceId", stack_id) == stack_id:
                if text == "User Initiated":
                    return
                if event.get("DetailedStatus") == "VALIDATION_FAILED":
                    yield from _validation_errors(cloudformation, stack_id, event)
                elif text and status.endswith(("_FAILED", "ROLLBACK_IN_PROGRESS")) and not text.startswith(_REPEATED):
                    yield _Reason("", f"  {text}", status)
            elif event.get("HookStatus") == "HOOK_COMPLETE_FAILED" and event.get("HookFailureMode") != "WARN":
                hook = f"{event['LogicalResourceId']} ({event['ResourceType']}): the hook {event['HookType']} failed"
                yield _Reason("", f"  {hook}: {event.get('HookStatusReason') or 'no reason given'}", status)
            elif status.endswith("_FAILED") and not text.endswith(_CANCELED):
                name = event["LogicalResourceId"]
                line = f"  {name} ({event['ResourceType']}): {text or 'no reason given'}"
                yield _Reason(name, line, status)


def _validation_errors(cloudformation: Any, stack_id: str, event: Mapping[str, Any]) -> Iterator[_Reason]:
    """Yield the errors of the validation before a deployment. Events of the stack have only their number.

    Args:
        cloudformation: a client.
        stack_id: the ARN of the stack.
        event: the event of the stack that reports their number.
    """
    try:
        pages = list(
            cloudformation.get_paginator("describe_events").paginate(StackName=stack_id, Filters={"FailedEvents": True})
        )
    except ClientError as denied:  # its own permission, which older policies do not have
        yield _Reason("", f"  {event['ResourceStatusReason']} The errors cannot be read: {denied}", "")
        return
    events = [error for page in pages for error in page["OperationEvents"] if error["EventType"] == "VALIDATION_ERROR"]
    operation = event.get("OperationId") or next((error["OperationId"] for error in events), "")
    for error in reversed(events):
        if error["OperationId"] == operation and error.get("ValidationFailureMode") != "WARN":
            where = f"{error.get('LogicalResourceId', '')} ({error.get('ResourceType', '')})"
            path = f", {error['ValidationPath']}" if error.get("ValidationPath") else ""
            reason = error.get("ValidationStatusReason") or "no reason given"
            yield _Reason("", f"  {where}{path}: {reason}", "VALIDATION_FAILED")


def _help(cloudformation: Any, found: Mapping[str, Any], left: list[str]) -> list[str]:
    """Return the lines with the command that helps in this status.

    Args:
        cloudformation: a client.
        found: the description of the stack.
        left: the logical ids of the resources that could not be deleted.
    """
    status = found.get("StackStatus", "")
    where = f"--stack-name {found['StackName']}{_options(cloudformation)}"
    if status == "UPDATE_ROLLBACK_FAILED":
        return [
            "Remove the cause, finish the rollback with this command, and deploy again:",
            f"  aws cloudformation continue-update-rollback {where}",
        ]
    if status == "UPDATE_FAILED":
        return [
            "Roll the stack back with this command, and deploy again:",
            f"  aws cloudformation rollback-stack {where}",
        ]
    if status == "DELETE_FAILED":
        kept = f" --retain-resources {' '.join(left)}" if left else " --deletion-mode FORCE_DELETE_STACK"
        return [
            "Remove the cause and try again, or delete the stack without these resources. They stay in the account:",
            f"  aws cloudformation delete-stack {where}{kept}",
        ]
    return []


def _options(cloudformation: Any) -> str:
    """Return the options of the AWS CLI for the Region, and for the address if it is not AWS's own."""
    address = cloudformation.meta.endpoint_url
    official = (urllib.parse.urlsplit(address).hostname or "").endswith((".amazonaws.com", ".amazonaws.com.cn"))
    return f" --region {cloudformation.meta.region_name}" + ("" if official else f" --endpoint-url {address}")
