"""The IAM actions of Lambda, as AWS names them, where MiniStack alone confuses them."""

from __future__ import annotations

import pytest
from ministack.core import iam_actions

from cli.emulator import lambda_action


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("GET", "/2019-09-30/functions/user1-f/concurrency", "GetFunctionConcurrency"),
        ("PUT", "/2017-10-31/functions/user1-f/concurrency", "PutFunctionConcurrency"),
        ("DELETE", "/2017-10-31/functions/user1-f/concurrency", "DeleteFunctionConcurrency"),
        ("GET", "/2019-09-30/functions/user1-f/provisioned-concurrency", "GetProvisionedConcurrencyConfig"),
        ("GET", "/2015-03-31/functions/user1-f", "GetFunction"),
        ("GET", "/2015-03-31/functions/concurrency", "GetFunction"),
        ("GET", "/2015-03-31/functions", "ListFunctions"),
        ("POST", "/2015-03-31/functions/user1-f/invocations", "InvokeFunction"),
    ],
)
def test_an_action_is_that_of_aws(method: str, path: str, action: str) -> None:
    assert lambda_action(method, path) == action


def test_ministack_still_needs_it() -> None:
    path = "/2019-09-30/functions/user1-f/concurrency"
    assert iam_actions.extract_iam_action("lambda", "GET", path, {}, b"", {}) == "lambda:PutFunctionConcurrency"
