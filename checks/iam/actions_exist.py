"""The policies of a function's role name only actions that exist."""

from __future__ import annotations

from checks.wording.advice import and_why, argument, existing, pluralize
from labgrader.evidence.snapshot import Role, Snapshot, role_name
from labgrader.judging import Verdict, check, failed, listed, passed, quote


@check(title="Policies name actions that exist", hint="aws iam list-role-policies --role-name ROLE")
def actions_exist(
    snapshot: Snapshot, *, functions: list[str], mistaken: dict[str, str], explanation: str = ""
) -> Verdict:
    """Check that every action in an inline policy of the functions' roles exists. Other names have no effect.

    Args:
        functions: the functions with the roles to check. Those that do not exist are skipped.
        mistaken: names that are not actions (``s3:HeadObject``), each with the action that is needed instead.
        explanation: added to the message if the handout itself has the mistake.
    """
    names = dict.fromkeys(role_name(function.role) for function in existing(snapshot, functions))
    found: dict[tuple[str, str], list[str]] = {}
    for name in names:
        for policy, named in _named(snapshot.iam.role(name)).items():
            if wrong := [action for action in mistaken if action.lower() in named]:
                found[(name, policy)] = wrong
    if not found:
        return passed()
    actions = list(dict.fromkeys(action for wrong in found.values() for action in wrong))
    instead = " ".join(
        f"{action} is not an IAM action and has no effect. Use {mistaken[action]} instead." for action in actions
    )
    where = listed(f"{policy} of {role}" for role, policy in found)
    role, policy = next(iter(found))
    return failed(
        f"The {pluralize(list(found), 'policy', 'policies')} {where} {pluralize(list(found), 'names', 'name')} "
        f"{listed(actions)}. {instead}{and_why(explanation)}",
        expected=listed(dict.fromkeys(mistaken[action] for action in actions)),
        observed=listed(actions),
        hint=f"aws iam put-role-policy --role-name {argument(role)} --policy-name {argument(policy)} "
        f"--policy-document file://policy.json  # the same policy without {quote(listed(actions))}",
    )


def _named(role: Role | None) -> dict[str, set[str]]:
    """Return the actions that a role's inline policies name, in lower case, by policy."""
    if role is None:
        return {}
    return {
        policy: {action.lower() for entry in entries for action in entry.actions}
        for policy, entries in role.inline.items()
    }
