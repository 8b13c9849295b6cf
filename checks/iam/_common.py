"""What the policies of a role allow, whichever way they were given to it."""

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
"""AWS's own policies that labs attach, for what a check may ask of them: they are the same in every account, so they
need not be read, and the embedded AWS has no text of them. Source: AWS Managed Policy Reference."""


Statements = list[tuple[str, Statement]]
"""Statements, each with the name of its policy."""


def statements_of(snapshot: Snapshot, role: Role) -> tuple[Statements, str]:
    """Every statement of a role's policies, inline ones first.

    Returns:
        The statements, and the name of an attached policy that could not be read, or empty.
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
    """Say whether statements allow an action on a resource.

    Conditions are not looked at. ``NotAction`` and ``NotResource`` allow all but a few things, so where they allow they
    are taken to allow this too, and where they deny they are passed over.
    """
    return any(
        one.effect == "Allow" and (one.excludes or (one.allows(action) and one.covers(resource))) for _, one in found
    )


def denied_by(found: Statements, action: str, resource: str) -> str:
    """The policy that denies an action on a resource whatever the conditions, or empty."""
    for name, one in found:
        denies = Statement("Allow", one.actions, one.resources)
        unconditional = one.effect == "Deny" and not one.excludes and not one.conditions
        if unconditional and denies.allows(action) and denies.covers(resource):
            return name
    return ""
