"""A function's memory fits what it uses."""

from __future__ import annotations

import math
import re

from checks.wording.advice import existing
from labgrader.evidence.snapshot import Function
from labgrader.judging import Probe, Verdict, check, failed, listed, passed

_REPORT = re.compile(r"^REPORT RequestId: .*?Memory Size: (\d{1,6}) MB\s+Max Memory Used: (\d{1,6}) MB", re.MULTILINE)

SMALLEST_MB = 128
"""Source: AWS Lambda Developer Guide, "Configure Lambda function memory"."""

STEP_MB = 64
"""What the suggested memory is a multiple of; Lambda itself takes every number."""

ENOUGH_CALLS = 3
"""Calls that must have been seen before memory is called too much: one may have done nothing."""


@check(
    title="The memory fits what the function uses",
    hint="aws lambda update-function-configuration --function-name NAME --memory-size MB",
)
def memory_fits(probe: Probe, *, functions: list[str], least_share: float = 0.25, most_share: float = 0.9) -> Verdict:
    """The REPORT lines of the calls that were made show neither far more memory than is used nor almost too little.

    The practice is 1.5 to 2 times of what is typically used, which is a half to two thirds in use. Less than
    ``least_share`` is twice as generous as that; more than ``most_share`` is a call away from running out. Calls of a
    version with other memory than ``$LATEST`` say nothing here, for the command changes ``$LATEST``.

    Args:
        functions: the functions; those that do not exist, or were not called, are passed over.
        least_share: the share of the memory that should be in use, 0 to 1; 0 where the lab wants the memory for speed.
        most_share: the share that should not be exceeded, 0 to 1.
    """
    deployed = existing(probe.snapshot, functions)
    used: dict[str, list[int]] = {}
    for invocation in probe.invocations():
        for size, peak in _REPORT.findall(invocation.log_tail)[-1:]:
            name = invocation.target.partition(":")[0]
            if any(one.name == name and one.memory_mb == int(size) for one in deployed):
                used.setdefault(name, []).append(int(peak))
    seen, commands, observed = [], [], []
    for one in deployed:
        peaks = used.get(one.name)
        if not peaks or not one.memory_mb:
            continue
        peak, wanted = max(peaks), _suggested(max(peaks))
        calls = f"{len(peaks)} {'call' if len(peaks) == 1 else 'calls'}"
        if peak > most_share * one.memory_mb:
            seen.append(f"{one.name} used {peak} of its {one.memory_mb} MB in {calls} and is killed when it needs more")
        elif _is_far_above(one, peak, least_share) and len(peaks) >= ENOUGH_CALLS:
            seen.append(
                f"{one.name} used at most {peak} of its {one.memory_mb} MB in {calls}, and all of it is paid for "
                "(memory buys speed, too: compare the durations before you keep less)"
            )
        else:
            continue
        observed.append(f"{peak} of {one.memory_mb} MB")
        commands.append(f"aws lambda update-function-configuration --function-name {one.name} --memory-size {wanted}")
    if not seen:
        return passed()
    return failed(
        f"{'; '.join(seen)}: 1.5 to 2 times of what is typically used is a good size.",
        expected="1.5 to 2 times of what is used",
        observed=listed(observed),
        hint="\n".join(commands),
    )


def _suggested(peak_mb: int) -> int:
    """Twice of what was used, rounded up."""
    return max(SMALLEST_MB, math.ceil(2 * peak_mb / STEP_MB) * STEP_MB)


def _is_far_above(function: Function, peak_mb: int, least_share: float) -> bool:
    memory = function.memory_mb or 0
    return peak_mb < least_share * memory and _suggested(peak_mb) < memory
