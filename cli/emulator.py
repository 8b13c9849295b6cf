"""MiniStack, the embedded AWS, with three of Lambda's IAM actions named as AWS names them: ``python -m cli.emulator``.

With IAM enforced, MiniStack takes reading a function's reserved concurrency for setting it (``PutFunctionConcurrency``)
and reading its provisioned concurrency for ``GetFunction``. The load tester has neither permission, and needs neither
on AWS (Service Authorization Reference, "Actions, resources, and condition keys for AWS Lambda").
"""

from __future__ import annotations

from ministack import app
from ministack.core import iam_actions

ACTIONS = {
    ("GET", "concurrency"): "GetFunctionConcurrency",
    ("DELETE", "concurrency"): "DeleteFunctionConcurrency",
    ("GET", "provisioned-concurrency"): "GetProvisionedConcurrencyConfig",
}
"""The action by the method and the last part of ``/functions/NAME/…``."""

_ministack_action = iam_actions._lambda_action


def lambda_action(method: str, path: str) -> str | None:
    """Return the IAM action of a request to Lambda, without its service: ``GetFunctionConcurrency``."""
    parts = [part for part in path.split("/") if part]
    about = parts[3] if len(parts) == 4 and parts[1] == "functions" else ""  # DATE/functions/NAME/about
    return ACTIONS.get((method, about)) or _ministack_action(method, path)


def main() -> None:
    """Run MiniStack with its ordinary settings."""
    iam_actions._lambda_action = lambda_action
    app.main()


if __name__ == "__main__":
    main()
