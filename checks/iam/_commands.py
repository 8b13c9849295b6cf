"""Commands that create a role for a service."""

from __future__ import annotations

from collections.abc import Iterable

BASIC_EXECUTION = "AWSLambdaBasicExecutionRole"


def trust_policy(service: str) -> str:
    """Return the trust policy that permits a service to assume a role, as one line of JSON."""
    return (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", '
        f'"Principal": {{"Service": "{service}"}}, "Action": "sts:AssumeRole"}}]}}'
    )


def attach_policy(role: str, policy: str) -> str:
    """Return the command that attaches an AWS managed policy.

    The ARNs of AWS's policies for Lambda have the path ``service-role/``; most others have none.
    """
    path = "service-role/" if policy.startswith("AWSLambda") and policy.endswith("ExecutionRole") else ""
    return f"aws iam attach-role-policy --role-name {role} --policy-arn arn:aws:iam::aws:policy/{path}{policy}"


def create_role(role: str, policies: Iterable[str], service: str = "lambda.amazonaws.com") -> list[str]:
    """Return the commands that create a role with AWS managed policies."""
    create = f"aws iam create-role --role-name {role} --assume-role-policy-document '{trust_policy(service)}'"
    return [create, *(attach_policy(role, policy) for policy in policies)]
