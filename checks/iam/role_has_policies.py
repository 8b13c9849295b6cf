"""A function's role trusts the service and has its policies."""

from __future__ import annotations

from checks.iam._commands import attach_policy, create_role, trust_policy
from checks.wording import missing_function
from labgrader.evidence.snapshot import Role, Snapshot, role_name
from labgrader.judging import Verdict, check, failed, listed, quote, share


@check(title="The role has its policies", hint="aws iam list-attached-role-policies --role-name {role}")
def role_has_policies(
    snapshot: Snapshot, *, policies: list[str], role: str = "", function: str = "", trusts: str = "lambda.amazonaws.com"
) -> Verdict:
    """Check that the role exists, trusts the service, has each managed policy and is the function's role. Each is worth
    the same.

    Args:
        role: the role's name; if empty, the function's role.
        policies: the names of managed policies (``AWSLambdaBasicExecutionRole``). Additional policies are ignored.
        function: the function that must use the role, or empty.
        trusts: the service that must be able to assume the role.

    Sources:
        Lambda can use an execution role only if the role's trust policy allows lambda.amazonaws.com to assume it:
            https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
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
    fixes: list[str] = []
    if not _trusted(found, trusts):
        wrong.append(f"cannot be assumed by {trusts}")
        fixes.append(f"aws iam update-assume-role-policy --role-name {role} --policy-document '{trust_policy(trusts)}'")
    attached = [arn.rpartition("/")[2] for arn in found.attached]
    for policy in policies:
        if policy not in attached:
            wrong.append(f"does not have the policy {policy}")
            fixes.append(attach_policy(role, policy))
    if function:
        trouble = _not_used(snapshot, role, function)
        if trouble:
            wrong.append(trouble)
            fixes += _use(snapshot, role, function, found.arn)
    parts = 2 + len(policies) + bool(function)
    return share(
        parts - len(wrong),
        parts,
        f"The role {role} {'; it '.join(wrong)}.",
        expected=expected,
        observed=f"{listed(attached)} attached",
        hint="\n".join(fixes),
    )


def _trusted(found: Role, service: str) -> bool:
    return any(
        statement.allows("sts:AssumeRole") and {service, "*"} & set(statement.principals) for statement in found.trust
    )


def _not_used(snapshot: Snapshot, role: str, function: str) -> str:
    deployed = snapshot.function(function)
    if deployed is None:
        return f"is not in use, because there is no function {function}"
    used = role_name(deployed.role)
    return "" if used == role else f"is not the role of {function}, which uses {quote(used) or 'another role'}"


def _use(snapshot: Snapshot, role: str, function: str, arn: str = "") -> list[str]:
    """Return the command that assigns the role to the function; nothing if there is no function."""
    if not function or snapshot.function(function) is None:
        return []
    arn = arn or f"arn:aws:iam::{snapshot.account_id}:role/{role}"
    return [f"aws lambda update-function-configuration --function-name {function} --role {quote(arn)}"]


def _instead(snapshot: Snapshot, function: str) -> str:
    deployed = snapshot.function(function) if function else None
    used = "" if deployed is None else role_name(deployed.role)
    return f" The execution role of {function} is {quote(used)}." if used else ""
