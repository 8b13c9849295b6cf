"""A function's role allows only what the function needs."""

from __future__ import annotations

import re

from checks.wording.advice import and_why, argument, existing, json_argument, pluralize
from labgrader.evidence.snapshot import Role, Snapshot, Statement, role_name
from labgrader.judging import Verdict, check, failed, listed, passed, quote

_AWS_OWN = re.compile(r"^arn:aws[\w-]*:iam::aws:policy/")
_BROAD = re.compile(r"(FullAccess|AdministratorAccess|PowerUserAccess)$")
_HARMLESS = re.compile(r"^(logs|xray):", re.IGNORECASE)
"""Services with harmless wildcards: many handouts use them, and they only permit logs and traces."""
_EVERYTHING = re.compile(r"^(\*|arn:[\w*-]*:[\w*-]*:[\w*-]*:[\d*]*:\*)$")
"""A resource that matches everything: ``*``, ``arn:aws:s3:::*``, ``arn:aws:dynamodb:us-east-1:123456789012:*``."""


@check(
    title="Roles allow only what is needed",
    hint="aws iam put-role-policy --role-name ROLE --policy-name only-what-is-needed --policy-document "
    "file://policy.json",
)
def policies_are_narrow(
    snapshot: Snapshot,
    *,
    functions: list[str],
    actions: list[str] | None = None,
    resource: str = "",
    explanation: str = "",
) -> Verdict:
    """Check that no role of the functions has a policy that allows everything, or a whole service on all resources.

    The check covers roles with the student's prefix, because students cannot change a role that the course provides.
    ``logs:*`` and statements with a condition are ignored.

    Args:
        functions: the functions with the roles to check. Those that do not exist are skipped.
        actions: the actions that the functions need, for the suggested policy.
        resource: the ARN or pattern of the resource that they need.
        explanation: added to the message if the handout itself attaches the broad policy.
    """
    names = [role_name(function.role) for function in existing(snapshot, functions)]
    roles = [snapshot.iam.role(name) for name in dict.fromkeys(names) if name.startswith(snapshot.prefix)]
    found = {role.name: (role, _broad(snapshot, role)) for role in roles if role is not None}
    wide = {name: (role, broad) for name, (role, broad) in found.items() if broad}
    if not wide:
        return passed()
    each = [f"{quote(name)} ({listed(broad.values())})" for name, (_, broad) in wide.items()]
    return failed(
        f"{pluralize(each, 'The role', 'The roles')} {listed(each)} {pluralize(each, 'allows', 'allow')} far more than "
        "the function needs. A bug in the code or in an imported package could use all of these permissions."
        f"{and_why(explanation)}",
        expected="only the actions and resources that are needed",
        observed=listed(policy for _, broad in wide.values() for policy in broad.values()),
        hint="\n".join(
            command
            for role, broad in wide.values()
            for command in _commands(role, list(broad), actions or ["SERVICE:ACTION"], resource or "ARN")
        ),
    )


def _broad(snapshot: Snapshot, role: Role) -> dict[str, str]:
    """Return the policies that allow too much, in words, by their ARN or the name of an inline policy."""
    found = {}
    for arn in role.attached:
        name = arn.rpartition("/")[2]
        if _AWS_OWN.match(arn):
            if _BROAD.search(name):
                found[arn] = name
        elif patterns := _wildcards(snapshot.iam.managed_policy(arn) or ()):
            found[arn] = f"{name} with {listed(patterns)}"
    for name, entries in role.inline.items():
        if patterns := _wildcards(entries):
            found[name] = f"{name} with {listed(patterns)}"
    return found


def _wildcards(entries: tuple[Statement, ...]) -> list[str]:
    """Return the wildcard actions that a policy allows on every resource."""
    return [
        action
        for entry in entries
        if entry.effect == "Allow" and any(map(_EVERYTHING.match, entry.resources)) and not entry.conditions
        for action in entry.actions
        if action in ("*", "*:*") or (action.endswith(":*") and not _HARMLESS.match(action))
    ]


def _commands(role: Role, policies: list[str], actions: list[str], resource: str) -> list[str]:
    """Return the commands that first grant what is needed, then remove the broad policies."""
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    name = argument(role.name)
    commands = [
        f"aws iam put-role-policy --role-name {name} --policy-name only-what-is-needed --policy-document "
        f"{json_argument({'Version': '2012-10-17', 'Statement': [statement]})}"
    ]
    for policy in policies:
        if policy.startswith("arn:"):
            commands.append(f"aws iam detach-role-policy --role-name {name} --policy-arn {argument(policy)}")
        else:
            commands.append(f"aws iam delete-role-policy --role-name {name} --policy-name {argument(policy)}")
    return commands
