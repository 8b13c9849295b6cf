"""Permissions of a role, from its inline and its attached policies."""

from __future__ import annotations

from labgrader.evidence.snapshot import Role, Snapshot, Statement

_LOGS = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
_KNOWN: dict[str, tuple[str, ...]] = {
    "AdministratorAccess": ("*",),
    "AWSLambdaBasicExecutionRole": _LOGS,
    "AWSLambdaVPCAccessExecutionRole": _LOGS,
    "AWSLambdaExecute": ("logs:*", "s3:GetObject", "s3:PutObject"),
    "AmazonS3FullAccess": ("s3:*",),
    "AmazonS3ReadOnlyAccess": ("s3:Get*", "s3:List*"),
    "CloudWatchLogsFullAccess": ("logs:*",),
    "CloudWatchFullAccess": ("logs:*",),
    "CloudWatchFullAccessV2": ("logs:*",),
    "AmazonDynamoDBFullAccess": ("dynamodb:*",),
}
"""The actions of AWS managed policies in the labs, as far as checks need them.

They are the same in every account, and the embedded AWS does not have them. Source: AWS Managed Policy Reference."""


Statements = list[tuple[str, Statement]]
"""Statements with the names of their policies."""


def statements_of(snapshot: Snapshot, role: Role) -> tuple[Statements, str]:
    """Return every statement of a role's policies, inline policies first.

    Returns:
        The statements, and the name of an attached policy that could not be read, or an empty text.
    """
    found = [(name, statement) for name, statements in sorted(role.inline.items()) for statement in statements]
    unread = ""
    for arn in role.attached:
        name = arn.rpartition("/")[2]
        if arn.startswith("arn:aws:iam::aws:") and name in _KNOWN:
            found.append((name, Statement("Allow", _KNOWN[name], ("*",))))
            continue
        statements = snapshot.iam.managed_policy(arn)
        unread = name if statements is None else unread
        found += [(name, statement) for statement in statements or ()]
    return found, unread


def granted(found: Statements, action: str, resource: str) -> bool:
    """Return whether statements allow an action on a resource.

    Conditions are ignored. ``NotAction`` and ``NotResource`` match nearly everything, so such a statement counts if it
    allows and is ignored if it denies.
    """
    return any(
        statement.effect == "Allow"
        and (statement.excludes or (statement.allows(action) and statement.covers(resource)))
        for _, statement in found
    )


def denied_by(found: Statements, action: str, resource: str) -> str:
    """Return the policy that denies an action on a resource without conditions, or an empty text."""
    for name, statement in found:
        denies = Statement("Allow", statement.actions, statement.resources)
        unconditional = statement.effect == "Deny" and not statement.excludes and not statement.conditions
        if unconditional and denies.allows(action) and denies.covers(resource):
            return name
    return ""
