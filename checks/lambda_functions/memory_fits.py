"""A function's memory size fits the memory that it uses."""

from __future__ import annotations

import math
import re

from checks.wording import plural
from checks.wording.advice import existing
from labgrader.evidence.snapshot import Function
from labgrader.judging import Probe, Verdict, check, failed, listed, passed

_REPORT = re.compile(r"^REPORT RequestId: .*?Memory Size: (\d{1,6}) MB\s+Max Memory Used: (\d{1,6}) MB", re.MULTILINE)

SMALLEST_MB = 128
"""Source: AWS Lambda Developer Guide, "Configure Lambda function memory"."""

STEP_MB = 64
"""The suggested memory size is a multiple of this. Lambda itself accepts every number."""

ENOUGH_CALLS = 3
"""Invocations before memory is judged as too much, because a single one may have done nothing."""


@check(
    title="The memory size fits the function",
    hint="aws lambda update-function-configuration --function-name NAME --memory-size MB",
)
def memory_fits(probe: Probe, *, functions: list[str], least_share: float = 0.25, most_share: float = 0.9) -> Verdict:
    """Check that the REPORT lines of the recorded invocations show neither far too much memory nor too little.

    A good memory size is 1.5 to 2 times the memory that is typically used: one half to two thirds are in use. Less
    than ``least_share`` wastes memory. More than ``most_share`` risks that the function runs out of memory. Invocations
    of a version with another memory size than ``$LATEST`` are ignored, because the command changes ``$LATEST``.

    Args:
        functions: the functions' names. Functions that are missing or were not invoked are ignored.
        least_share: the least share of the memory in use, 0 to 1. Set 0 if the lab adds memory for speed.
        most_share: the largest share of the memory in use, 0 to 1.

    Sources:
        The smallest memory size of a function is 128 MB:
            https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
    """
    deployed = existing(probe.snapshot, functions)
    used: dict[str, list[int]] = {}
    for invocation in probe.invocations():
        for size, peak in _REPORT.findall(invocation.log_tail)[-1:]:
            name = invocation.target.partition(":")[0]
            if any(function.name == name and function.memory_mb == int(size) for function in deployed):
                used.setdefault(name, []).append(int(peak))
    seen, commands, observed = [], [], []
    for function in deployed:
        peaks = used.get(function.name)
        if not peaks or not function.memory_mb:
            continue
        peak, wanted = max(peaks), _suggested(max(peaks))
        count = plural(len(peaks), "invocation")
        of_memory = f"{peak} of its {function.memory_mb} MB"
        if peak > most_share * function.memory_mb:
            seen.append(f"{function.name} used {of_memory} in {count}. Lambda stops it if it needs more.")
        elif _is_far_above(function, peak, least_share) and len(peaks) >= ENOUGH_CALLS:
            seen.append(
                f"{function.name} used at most {of_memory} in {count}, but you pay for all of it. "
                "(More memory also makes a function faster: compare the durations before you reduce it.)"
            )
        else:
            continue
        observed.append(f"{peak} of {function.memory_mb} MB")
        commands.append(
            f"aws lambda update-function-configuration --function-name {function.name} --memory-size {wanted}"
        )
    if not seen:
        return passed()
    return failed(
        f"{' '.join(seen)} A good size is 1.5 to 2 times the memory that is typically used.",
        expected="1.5 to 2 times the used memory",
        observed=listed(observed),
        hint="\n".join(commands),
    )


def _suggested(peak_mb: int) -> int:
    """Return twice the used memory, rounded up, in MB."""
    return max(SMALLEST_MB, math.ceil(2 * peak_mb / STEP_MB) * STEP_MB)


def _is_far_above(function: Function, peak_mb: int, least_share: float) -> bool:
    memory = function.memory_mb or 0
    return peak_mb < least_share * memory and _suggested(peak_mb) < memory
