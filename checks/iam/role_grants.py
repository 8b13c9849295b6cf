"""The role of a function allows what the function does."""

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
    """Every action is allowed on the resource by a policy of the function's role, inline or managed; each is worth
    the same. More than is needed is right here.

    Args:
        function: its name; whatever role it runs under is looked at.
        actions: what must be allowed (``s3:GetObject``).
        resource: the ARN of one thing the actions are done to. ``{bucket}`` is a bucket of the student's that calls the
            function, or any of theirs where none does.
        what: the resource in words (``the objects of its bucket``).
        managed_policy: the ARN of AWS's policy that allows it, for the command.
        policy_name: what the command calls an inline policy otherwise.
    """
    expected = f"{listed(actions)} on {what}"
    deployed = snapshot.function(function)
    if deployed is None:
        return failed(missing_function(snapshot, function), expected=expected, observed="no such function")
    role = snapshot.iam.role(role_name(deployed.role))
    if role is None:
        name = quote(role_name(deployed.role))
        return failed(
            f"{function} runs as {name or 'a role'}, which does not exist any more: nothing is allowed to it.",
            expected=expected,
            observed="no such role",
            hint=f"aws lambda update-function-configuration --function-name {function} --role ARN-OF-A-ROLE",
        )
    found, unread = statements_of(snapshot, role)
    candidates = _resources(snapshot, function, resource, found)
    wrong = [action for action in actions if not any(_allows(found, action, candidate) for candidate in candidates)]
    if wrong and unread:
        raise NotGradedError("iam:GetPolicyVersion", f"the policy {unread} of {role.name} could not be read")
    denying = next((name for action in wrong for one in candidates if (name := denied_by(found, action, one))), "")
    denied = f": its policy {quote(denying)} denies it" if denying else ""
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
    """The resources of which one must be covered; a bucket's name is the student's choice."""
    if "{bucket}" not in resource:
        return [resource]
    calling = sorted({one.bucket for one in own_notifications(snapshot, function)})
    named = [
        match.group(1)
        for _, statement in found
        for one in statement.resources
        if (match := _BUCKET.match(one)) and match.group(1).startswith(snapshot.prefix)
    ]
    # a bucket that is not there costs its own points: the policy may name it all the same
    buckets = calling or snapshot.s3.bucket_names() or named or [f"{snapshot.prefix}bucket"]
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
