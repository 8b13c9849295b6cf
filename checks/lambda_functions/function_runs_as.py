"""A function has its execution role, and the role trusts Lambda."""

from __future__ import annotations

import json
import shlex

from checks.wording import missing_function
from labgrader.evidence.snapshot import Role, Snapshot, role_name
from labgrader.judging import Verdict, check, failed, quote, share

ASSUME = "sts:AssumeRole"


@check(
    title="The function has its execution role",
    hint="aws lambda get-function-configuration --function-name {function} --query Role",
)
def function_runs_as(snapshot: Snapshot, *, function: str, role: str, service: str = "lambda.amazonaws.com") -> Verdict:
    """Check that the function has the execution role and that the role trusts Lambda. Each is worth half.

    Args:
        function: the function's name.
        role: the role's name, without its path.
        service: the service that must be able to assume the role.

    Sources:
        Lambda can use an execution role only if the role's trust policy allows lambda.amazonaws.com to assume it:
            https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
    """
    expected = f"role {role}, which trusts {service}"
    deployed = snapshot.function(function)
    if deployed is None:
        return failed(missing_function(snapshot, function), expected=expected, observed="no such function")
    used = role_name(deployed.role)
    found = snapshot.iam.role(used)
    wrong, commands = [], []
    if used != role:
        exists = snapshot.iam.role(role) is not None
        wrong.append(
            f"its execution role is {quote(used) or 'unknown'} instead of {role}"
            f"{'' if exists else ', which does not exist'}"
        )
        commands += [] if exists else [_create(role, service)]
        commands.append(
            f"aws lambda update-function-configuration --function-name {function} "
            f"--role arn:aws:iam::{snapshot.account_id}:role/{role}"
        )
    elif found is None:
        wrong.append(f"its execution role {role} no longer exists")
        commands.append(_create(role, service))
    trusting = found is not None and _trusts(found, service)
    if found is not None and not trusting:
        wrong.append(f"the trust policy of the role {quote(used)} does not allow {service} to assume it")
    if used == role and found is not None and not trusting:
        commands.append(f"aws iam update-assume-role-policy --role-name {role} --policy-document {_trust(service)}")
    return share(
        (used == role and found is not None) + trusting,
        2,
        f"{function}: {'; '.join(wrong)}.",
        expected=expected,
        observed=f"role {quote(used) or 'unknown'}" + (f", which trusts {service}" if trusting else ""),
        hint="\n".join(commands),
    )


def _trusts(role: Role, service: str) -> bool:
    return any(statement.allows(ASSUME) and {service, "*"} & set(statement.principals) for statement in role.trust)


def _trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": ASSUME}
    return shlex.quote(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


def _create(role: str, service: str) -> str:
    return f"aws iam create-role --role-name {role} --assume-role-policy-document {_trust(service)}"
