"""A function's timeout was chosen, and is neither AWS's default nor its maximum."""

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
    """No function has the default timeout of 3 seconds, and none the longest there is, 15 minutes.

    Args:
        functions: the functions; those that do not exist are passed over.
        longest_by_design: those of them that the hand-out itself gives 15 minutes.
        suggest_s: the timeout that the command sets, in seconds.
    """
    deployed = existing(snapshot, functions)
    default = [one for one in deployed if one.timeout_s == DEFAULT_S]
    longest = [one for one in deployed if one.timeout_s == MAXIMUM_S and one.name not in (longest_by_design or ())]
    if not default and not longest:
        return passed()
    seen = []
    if default:
        seen.append(
            f"{names_of(default)} still {pluralize(default, 'has', 'have')} the default timeout of 3 s, "
            "so that one slow answer ends a call half-way"
        )
    if longest:
        seen.append(
            f"{names_of(longest)} {pluralize(longest, 'has', 'have')} the longest timeout there is, 900 s, "
            "so that a call that hangs is paid for 15 minutes"
        )
    both = [*default, *longest]
    return failed(
        f"{'; '.join(seen)}: half as much again as the longest call you have measured is a good timeout.",
        expected="a timeout from measured calls",
        observed=listed(f"{one.timeout_s} s" for one in both),
        hint="\n".join(
            f"aws lambda update-function-configuration --function-name {one.name} --timeout {suggest_s}" for one in both
        ),
    )
