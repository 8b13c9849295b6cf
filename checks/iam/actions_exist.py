"""The policies of a function's role name actions that IAM knows."""

from __future__ import annotations

from checks.wording.advice import and_why, argument, existing
from labgrader.evidence.snapshot import Role, Snapshot, role_name
from labgrader.judging import Verdict, check, failed, listed, passed, quote


@check(title="Policies name actions that exist", hint="aws iam list-role-policies --role-name ROLE")
def actions_exist(
    snapshot: Snapshot, *, functions: list[str], mistaken: dict[str, str], explanation: str = ""
) -> Verdict:
    """No inline policy of the functions' roles allows what is no action: it has no effect.

    Args:
        functions: the functions whose roles are meant; those that do not exist are passed over.
        mistaken: names of no action (``s3:HeadObject``), each with the action that is meant.
        explanation: added to the message, where the hand-out itself names it.
    """
    names = dict.fromkeys(role_name(one.role) for one in existing(snapshot, functions))
    found: dict[tuple[str, str], list[str]] = {}
    for name in names:
        for policy, named in _named(snapshot.iam.role(name)).items():
            if wrong := [action for action in mistaken if action.lower() in named]:
                found[(name, policy)] = wrong
    if not found:
        return passed()
    actions = list(dict.fromkeys(action for wrong in found.values() for action in wrong))
    instead = "; ".join(
        f"{action} is no action of IAM, what it stands for needs {mistaken[action]}" for action in actions
    )
    where = listed(f"{policy} of {role}" for role, policy in found)
    role, policy = next(iter(found))
    return failed(
        f"The policy {where} names {listed(actions)}: {instead}. It does no harm, and no good.{and_why(explanation)}",
        expected=listed(dict.fromkeys(mistaken[action] for action in actions)),
        observed=listed(actions),
        hint=f"aws iam put-role-policy --role-name {argument(role)} --policy-name {argument(policy)} "
        f"--policy-document file://policy.json  # the same without {quote(listed(actions))}",
    )


def _named(role: Role | None) -> dict[str, set[str]]:
    """The actions that a role's inline policies name, in lower case, by policy."""
    if role is None:
        return {}
    return {
        policy: {action.lower() for entry in entries for action in entry.actions}
        for policy, entries in role.inline.items()
    }
