"""A function's role allows what the function needs."""

from __future__ import annotations

import json
import re
import shlex

from checks.iam._common import Statements, denied_by, granted, statements_of
from checks.s3._common import own_notifications
from checks.wording import missing_function
from labgrader.evidence.snapshot import Snapshot, role_name
from labgrader.judging import NotGradedError, Verdict, check, failed, listed, quote, share

_BUCKET = re.compile(r"^arn:aws:s3:::([^/*?]+)")


@check(
    title="The function's role allows what the function needs",
    hint="aws lambda get-function-configuration --function-name {function} --query Role",
    fills={"resource": ["bucket"]},
)
def role_grants(
    snapshot: Snapshot,
    *,
    function: str,
    actions: list[str],
    resource: str,
    what: str,
    managed_policy: str = "",
    policy_name: str = "GrantedByHand",
) -> Verdict:
    """Check that the inline or managed policies of the function's role allow every action on the resource. Each action
    is worth the same. Broader policies count, too.

    Args:
        function: the function's name.
        actions: the actions that must be allowed (``s3:GetObject``).
        resource: the ARN of a resource. ``{bucket}`` is a bucket of the student that invokes the function, or any of
            the student's buckets if none does.
        what: the resource in words (``the objects of its bucket``).
        managed_policy: the ARN of an AWS managed policy that allows the actions, for the command.
        policy_name: without a managed policy, the name of the inline policy in the command.
    """
    expected = f"{listed(actions)} on {what}"
    deployed = snapshot.function(function)
    if deployed is None:
        return failed(missing_function(snapshot, function), expected=expected, observed="no such function")
    role = snapshot.iam.role(role_name(deployed.role))
    if role is None:
        name = quote(role_name(deployed.role))
        return failed(
            f"The execution role {f'{name} ' if name else ''}of {function} does not exist, so the function has no "
            "permissions.",
            expected=expected,
            observed="no such role",
            hint=f"aws lambda update-function-configuration --function-name {function} --role ARN-OF-A-ROLE",
        )
    found, unread = statements_of(snapshot, role)
    candidates = _resources(snapshot, function, resource, found)
    wrong = [action for action in actions if not any(_allows(found, action, candidate) for candidate in candidates)]
    if wrong and unread:
        raise NotGradedError("iam:GetPolicyVersion", f"the policy {unread} of {role.name} could not be read")
    denying = next((name for action in wrong for arn in candidates if (name := denied_by(found, action, arn))), "")
    denied = f", because its policy {quote(denying)} denies it" if denying else ""
    return share(
        len(actions) - len(wrong),
        len(actions),
        f"The role {quote(role.name)} of {function} does not allow {listed(wrong)} on {what}{denied}.",
        expected=expected,
        observed=f"{len(actions) - len(wrong)} of {len(actions)} allowed",
        hint=_command(role.name, wrong, candidates[0], managed_policy, policy_name),
    )


def _allows(found: Statements, action: str, resource: str) -> bool:
    return granted(found, action, resource) and not denied_by(found, action, resource)


def _resources(snapshot: Snapshot, function: str, resource: str, found: Statements) -> list[str]:
    """Return the resources of which one must be allowed. Students choose the names of their buckets."""
    if "{bucket}" not in resource:
        return [resource]
    invoking = sorted({notification.bucket for notification in own_notifications(snapshot, function)})
    named = [
        match.group(1)
        for _, statement in found
        for arn in statement.resources
        if (match := _BUCKET.match(arn)) and snapshot.owns(match.group(1))
    ]
    # another check reports a missing bucket: without one, the policy may name any bucket of the student
    buckets = invoking or snapshot.s3.bucket_names() or named or [f"{snapshot.prefix}bucket"]
    return [resource.replace("{bucket}", bucket) for bucket in buckets]


def _command(role: str, actions: list[str], resource: str, managed_policy: str, policy_name: str) -> str:
    named = shlex.quote(quote(role))
    if managed_policy:
        return f"aws iam attach-role-policy --role-name {named} --policy-arn {managed_policy}"
    bucket = _BUCKET.match(resource)
    wide = f"arn:aws:s3:::{bucket.group(1)}/*" if bucket else resource
    statement = {"Effect": "Allow", "Action": actions, "Resource": wide}
    document = shlex.quote(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    return f"aws iam put-role-policy --role-name {named} --policy-name {policy_name} --policy-document {document}"
