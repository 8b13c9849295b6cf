"""A function's role may do what the function needs, and no more."""

from __future__ import annotations

import re

from checks.wording.advice import and_why, argument, existing, json_argument, pluralize
from labgrader.evidence.snapshot import Role, Snapshot, Statement, role_name
from labgrader.judging import Verdict, check, failed, listed, passed, quote

_AWS_OWN = re.compile(r"^arn:aws[\w-]*:iam::aws:policy/")
_BROAD = re.compile(r"(FullAccess|AdministratorAccess|PowerUserAccess)$")
_HARMLESS = re.compile(r"^(logs|xray):", re.IGNORECASE)
"""Services whose wildcards lie in many a hand-out's policy, and let a function do nothing but report."""
_EVERYTHING = re.compile(r"^(\*|arn:[\w*-]*:[\w*-]*:[\w*-]*:[\d*]*:\*)$")
"""A resource that is no limit: ``*``, ``arn:aws:s3:::*``, ``arn:aws:dynamodb:us-east-1:123456789012:*``."""


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
    """The functions' own roles have no policy that allows everything, or all of a service everywhere.

    Looked at are roles whose name carries the student's prefix: one that a course provides is not the student's to
    change. ``logs:*`` is passed over, and what a condition narrows down.

    Args:
        functions: the functions whose roles are meant; those that do not exist are passed over.
        actions: what the functions need, for the policy that is proposed.
        resource: what they need it on: an ARN or a pattern.
        explanation: added to the message, where the hand-out itself attaches the broad policy.
    """
    names = [role_name(one.role) for one in existing(snapshot, functions)]
    roles = [snapshot.iam.role(name) for name in dict.fromkeys(names) if name.startswith(snapshot.prefix)]
    found = {one.name: (one, _broad(snapshot, one)) for one in roles if one is not None}
    wide = {name: (role, broad) for name, (role, broad) in found.items() if broad}
    if not wide:
        return passed()
    each = [f"{quote(name)} ({listed(broad.values())})" for name, (_, broad) in wide.items()]
    return failed(
        f"{pluralize(each, 'The role', 'The roles')} {listed(each)} {pluralize(each, 'allows', 'allow')} far more than "
        "the function needs: a fault in the code, or in what it imports, could then do all of that."
        f"{and_why(explanation)}",
        expected="only the actions and resources that are needed",
        observed=listed(one for _, broad in wide.values() for one in broad.values()),
        hint="\n".join(
            command
            for role, broad in wide.values()
            for command in _commands(role, list(broad), actions or ["SERVICE:ACTION"], resource or "ARN")
        ),
    )


def _broad(snapshot: Snapshot, role: Role) -> dict[str, str]:
    """The policies that allow too much, by ARN or by the name of an inline one, as a sentence names them."""
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
    """The actions that a policy allows wholesale on everything."""
    return [
        action
        for entry in entries
        if entry.effect == "Allow" and any(map(_EVERYTHING.match, entry.resources)) and not entry.conditions
        for action in entry.actions
        if action in ("*", "*:*") or (action.endswith(":*") and not _HARMLESS.match(action))
    ]


def _commands(role: Role, policies: list[str], actions: list[str], resource: str) -> list[str]:
    """The commands that first give what is needed, then take away what is too much."""
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
