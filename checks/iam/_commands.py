"""The commands that make a role which a service may take on."""

from __future__ import annotations

from collections.abc import Iterable

BASIC_EXECUTION = "AWSLambdaBasicExecutionRole"


def trust_policy(service: str) -> str:
    """The policy document that lets a service take a role on, as one line of JSON."""
    return (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", '
        f'"Principal": {{"Service": "{service}"}}, "Action": "sts:AssumeRole"}}]}}'
    )


def attach_policy(role: str, policy: str) -> str:
    """The command that attaches one of AWS's own policies.

    AWS keeps the policies for Lambda under a path of their own, and most others under none.
    """
    path = "service-role/" if policy.startswith("AWSLambda") and policy.endswith("ExecutionRole") else ""
    return f"aws iam attach-role-policy --role-name {role} --policy-arn arn:aws:iam::aws:policy/{path}{policy}"


def create_role(role: str, policies: Iterable[str], service: str = "lambda.amazonaws.com") -> list[str]:
    """The commands that make a role with AWS's own policies."""
    create = f"aws iam create-role --role-name {role} --assume-role-policy-document '{trust_policy(service)}'"
    return [create, *(attach_policy(role, policy) for policy in policies)]
