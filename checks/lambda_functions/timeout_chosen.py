"""A function's timeout is neither AWS's default nor its maximum."""

from __future__ import annotations

from checks.wording.advice import existing, names_of, pluralize
from labgrader.evidence.snapshot import Snapshot
from labgrader.judging import Verdict, check, failed, listed, passed

DEFAULT_S, MAXIMUM_S = 3, 900
"""Seconds. Source: AWS Lambda Developer Guide, "Configure Lambda function timeout"."""


@check(
    title="The timeout fits the function",
    hint="aws lambda update-function-configuration --function-name NAME --timeout {suggest_s}",
)
def timeout_chosen(
    snapshot: Snapshot, *, functions: list[str], longest_by_design: list[str] | None = None, suggest_s: int = 30
) -> Verdict:
    """Check that no function has the default timeout of 3 seconds or the maximum timeout of 15 minutes.

    Args:
        functions: the functions' names. Missing functions are ignored.
        longest_by_design: the functions that have 15 minutes in the handout.
        suggest_s: the timeout that the command sets, in seconds.

    Sources:
        The default timeout of a function is 3 seconds. The maximum is 900 seconds:
            https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html
    """
    deployed = existing(snapshot, functions)
    default = [function for function in deployed if function.timeout_s == DEFAULT_S]
    longest = [
        function
        for function in deployed
        if function.timeout_s == MAXIMUM_S and function.name not in (longest_by_design or ())
    ]
    if not default and not longest:
        return passed()
    seen = []
    if default:
        seen.append(
            f"{names_of(default)} {pluralize(default, 'has', 'have')} the default timeout of 3 s, "
            "so a slow request stops an invocation halfway."
        )
    if longest:
        seen.append(
            f"{names_of(longest)} {pluralize(longest, 'has', 'have')} the maximum timeout of 900 s, "
            "so you pay 15 minutes for an invocation that hangs."
        )
    both = [*default, *longest]
    return failed(
        f"{' '.join(seen)} A good timeout is 1.5 times the longest duration that you have measured.",
        expected="a timeout from measured durations",
        observed=listed(f"{function.timeout_s} s" for function in both),
        hint="\n".join(
            f"aws lambda update-function-configuration --function-name {function.name} --timeout {suggest_s}"
            for function in both
        ),
    )
