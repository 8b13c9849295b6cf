"""What a hand-out writes as an example, left in by somebody who copied it."""

from __future__ import annotations

EXAMPLE_ACCOUNT = "123456789012"
"""The account that AWS's documentation, and with it every hand-out, writes in ARNs."""


def names_example_account(arn: str, account_id: str) -> bool:
    """Whether an ARN names the example account, where that is not the student's own."""
    return account_id != EXAMPLE_ACCOUNT and f":{EXAMPLE_ACCOUNT}:" in arn


def names_variable(arn: str) -> bool:
    """Whether an ARN holds a shell variable that was left as it is; API Gateway's ``${stageVariables.X}`` is none."""
    return "$" in arn.replace("${stageVariables.", "").replace("$LATEST", "")
