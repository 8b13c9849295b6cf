"""A function's role can be taken on by the service, and has its policies."""

from __future__ import annotations

from checks.iam._commands import attach_policy, create_role, trust_policy
from checks.wording import missing_function
from labgrader.evidence.snapshot import Role, Snapshot, role_name
from labgrader.judging import Verdict, check, failed, listed, quote, share


@check(title="The role has its policies", hint="aws iam list-attached-role-policies --role-name {role}")
def role_has_policies(
    snapshot: Snapshot, *, policies: list[str], role: str = "", function: str = "", trusts: str = "lambda.amazonaws.com"
) -> Verdict:
    """The role exists, trusts the service, has each managed policy, and is the function's; each is worth the same.

    Args:
        role: its name; the function's own role where none is given.
        policies: names of managed policies (``AWSLambdaBasicExecutionRole``); more than these do no harm here.
        function: the function that runs under it, or empty.
        trusts: the service that may take it on.
    """
    if not role:
        deployed = snapshot.function(function)
        if deployed is None:
            return failed(missing_function(snapshot, function), expected=listed(policies), observed="no such function")
        role, function = quote(role_name(deployed.role)), ""
    expected = f"{role} for {trusts} with {listed(policies)}"
    found = snapshot.iam.role(role)
    if found is None:
        return failed(
            f"There is no role {role}.{_instead(snapshot, function)}",
            expected=expected,
            observed="no such role",
            hint="\n".join([*create_role(role, policies, trusts), *_use(snapshot, role, function)]),
        )
    wrong: list[str] = []
    mend: list[str] = []
    if not _trusted(found, trusts):
        wrong.append(f"{trusts} may not take it on")
        mend.append(f"aws iam update-assume-role-policy --role-name {role} --policy-document '{trust_policy(trusts)}'")
    attached = [arn.rpartition("/")[2] for arn in found.attached]
    for policy in policies:
        if policy not in attached:
            wrong.append(f"the policy {policy} is not attached")
            mend.append(attach_policy(role, policy))
    if function:
        trouble = _not_used(snapshot, role, function)
        if trouble:
            wrong.append(trouble)
            mend += _use(snapshot, role, function, found.arn)
    parts = 2 + len(policies) + bool(function)
    return share(
        parts - len(wrong),
        parts,
        f"The role {role}: {'; '.join(wrong)}.",
        expected=expected,
        observed=f"{listed(attached)} attached",
        hint="\n".join(mend),
    )


def _trusted(found: Role, service: str) -> bool:
    return any(one.allows("sts:AssumeRole") and {service, "*"} & set(one.principals) for one in found.trust)


def _not_used(snapshot: Snapshot, role: str, function: str) -> str:
    deployed = snapshot.function(function)
    if deployed is None:
        return f"there is no function {function}"
    used = role_name(deployed.role)
    return "" if used == role else f"{function} runs under {quote(used) or 'another role'} instead"


def _use(snapshot: Snapshot, role: str, function: str, arn: str = "") -> list[str]:
    """The command that lets the function run under the role; none where there is no function."""
    if not function or snapshot.function(function) is None:
        return []
    arn = arn or f"arn:aws:iam::{snapshot.account_id}:role/{role}"
    return [f"aws lambda update-function-configuration --function-name {function} --role {quote(arn)}"]


def _instead(snapshot: Snapshot, function: str) -> str:
    deployed = snapshot.function(function) if function else None
    used = "" if deployed is None else role_name(deployed.role)
    return f" {function} runs under {quote(used)}." if used else ""
