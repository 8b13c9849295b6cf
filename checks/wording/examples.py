"""Example values of a handout that a student may have copied."""

from __future__ import annotations

EXAMPLE_ACCOUNT = "123456789012"
"""The account id in the ARNs of AWS's documentation, and so of every handout."""


def names_example_account(arn: str, account_id: str) -> bool:
    """Return whether an ARN names the example account and the student has another one."""
    return account_id != EXAMPLE_ACCOUNT and f":{EXAMPLE_ACCOUNT}:" in arn


def names_variable(arn: str) -> bool:
    """Return whether an ARN has a shell variable that was not expanded.

    API Gateway's ``${stageVariables.X}`` is no shell variable.
    """
    return "$" in arn.replace("${stageVariables.", "").replace("$LATEST", "")
