"""What AWS means by the reasons that it gives for a throttle. Pure."""

from __future__ import annotations

_MEANINGS = {
    "Reserved": "the function's own reserved concurrency",
    "ConcurrentInvocation": "the account's concurrency",
    "FunctionInvocationRate": "the account's rate for this function",
    "CallerRate": "the account's rate of calls",
    "TooManyRequests": "the usage plan's, the stage's or the account's rate",
    "LimitExceeded": "the usage plan's quota",
}
"""By how a reason begins. Source: Lambda API Reference, Invoke, ``TooManyRequestsException``; API Gateway Developer
Guide, "Gateway response types"."""


def throttle_meaning(reason: str) -> str:
    """Say which limit a throttle's reason is about: ``the account's concurrency``; empty for one that is not known.

    Args:
        reason: AWS's code: ``ReservedFunctionConcurrentInvocationLimitExceeded``.
    """
    return next((meaning for start, meaning in _MEANINGS.items() if reason.startswith(start)), "")
