"""What AWS means by the reasons that it gives for a throttle."""

from __future__ import annotations

import pytest

from labgrader.evidence.load.result import throttle_meaning


@pytest.mark.parametrize(
    ("reason", "meaning"),
    [
        ("ReservedFunctionConcurrentInvocationLimitExceeded", "the function's own reserved concurrency"),
        ("ReservedFunctionInvocationRateLimitExceeded", "the function's own reserved concurrency"),
        ("ConcurrentInvocationLimitExceeded", "the account's concurrency"),
        ("FunctionInvocationRateLimitExceeded", "the account's rate for this function"),
        ("CallerRateLimitExceeded", "the account's rate of calls"),
        ("TooManyRequestsException", "the usage plan's, the stage's or the account's rate"),
        ("LimitExceededException", "the usage plan's quota"),
        ("ConcurrentSnapshotCreateLimitExceeded", ""),
        ("", ""),
    ],
)
def test_a_known_throttle_reason_has_an_explanation(reason: str, meaning: str) -> None:
    assert throttle_meaning(reason) == meaning
