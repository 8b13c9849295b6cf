"""What a function's memory buys and costs, from versions of it that have different memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from checks.load._common import confidence_text, notes_of
from labgrader.evidence.snapshot import Function, Snapshot
from labgrader.judging import (
    Comparison,
    FunctionTarget,
    LoadTest,
    NotGradedError,
    Verdict,
    check,
    lambda_cost,
    partial,
    passed,
    quote,
)

FULL_VCPU_MB = 1769
"""Memory with which a function has one whole vCPU; below it has a share in proportion.
Source: Lambda Developer Guide, "Configure Lambda function memory"."""

MILLION = 1_000_000


@check(
    title="The memory is the size that pays",
    hint="aws lambda update-function-configuration --function-name {function} --memory-size MB",
)
def memory_sizes_compared(
    load: LoadTest,
    *,
    function: str,
    event: dict[str, Any],
    sizes_mb: list[int],
    rounds: int = 10,
    most_rounds: int = 40,
) -> Verdict:
    """What two memory sizes cost and how fast they are, from versions of the function that have them; nothing changed.

    Of ``$LATEST`` and the versions with the same code, one with the smallest and one with the largest memory are called
    in turn (those of ``sizes_mb`` where they are there). Their REPORT lines tell what is billed; sizes of which there
    is no version are said with bounds, from the processor's share that comes with memory. Nothing is said where there
    is only one size, or where there are no REPORT lines, as on the embedded AWS, where memory changes nothing.

    For advice: it earns half whatever it finds, as no size is right for everybody.

    Args:
        function: the function.
        event: what it is called with: something that computes for long enough to be seen beside the way to Lambda.
        sizes_mb: the sizes that are asked about, in MB.
        rounds: warm requests to each.
        most_rounds: requests are added, up to so many to each, while it is too close to call which is faster.
    """
    latest = load.snapshot.function(function)
    if latest is None or latest.reserved_concurrency == 0:
        return passed()
    pair = _pair(load.snapshot, latest, sizes_mb)
    if pair is None:
        return passed()
    small, large = pair
    measured = load.compare(
        FunctionTarget(function, _qualifier(small), event),
        FunctionTarget(function, _qualifier(large), event),
        rounds=rounds,
        most_rounds=most_rounds,
    )
    if measured is None or not measured.baseline_ms or not measured.candidate_ms:
        raise NotGradedError("lambda:InvokeFunction", f"{function} could not be timed with both of its memory sizes")
    before, after = measured.baseline_report, measured.candidate_report
    if not (before.get("billed_ms") and after.get("billed_ms")):
        return passed(f"There are no REPORT lines, so nothing can be said of the memory of {function}.")
    costs = [_cost(one, report["billed_ms"]) for one, report in ((small, before), (large, after))]
    names = [f"{one.memory_mb:,} MB ({_name(one)})" for one in pair]
    ran = [f"{report.get('duration_ms', report['billed_ms']):,.1f}" for report in (before, after)]
    sentences = [
        f"{function}, called with {quote(event)}: with {names[0]} a call ran {ran[0]} ms, and a million of them cost "
        f"{_usd(costs[0])}; with {names[1]} it ran {ran[1]} ms, and a million cost {_usd(costs[1])}.",
        _verdict_of(measured, costs, small, large),
        *_unmeasured(sizes_mb, pair, (before["billed_ms"], after["billed_ms"])),
        f"Lambda gives processor time with the memory, a whole vCPU at {FULL_VCPU_MB:,} MB: beyond that only code with "
        "several threads becomes faster.",
        notes_of(measured.notes),
    ]
    cheaper = small if costs[0] <= costs[1] else large
    return partial(
        0.5,
        " ".join(sentence for sentence in sentences if sentence),
        expected="the size that pays",
        observed=f"{_usd(costs[0])} against {_usd(costs[1])} for a million calls, {measured.ratio:.2f} times faster "
        f"({confidence_text(measured, 2)})",
        hint=f"aws lambda update-function-configuration --function-name {function} --memory-size {cheaper.memory_mb}"
        f"  # the cheaper one; {large.memory_mb} where a fast answer is worth the difference",
    )


def _pair(snapshot: Snapshot, latest: Function, sizes_mb: Sequence[int]) -> tuple[Function, Function] | None:
    """The function with two memory sizes and the same code, or ``None``: those asked about before the extremes."""
    alike = [
        one
        for one in snapshot.versions(latest.name)
        if one.version != "$LATEST"
        and (one.code_sha256, one.architectures) == (latest.code_sha256, latest.architectures)
    ]
    by_size: dict[int, Function] = {}
    for one in (latest, *reversed(alike)):
        if one.memory_mb:
            by_size.setdefault(one.memory_mb, one)
    wanted = [size for size in by_size if size in sizes_mb]
    sizes = wanted if len(wanted) > 1 else list(by_size)
    return (by_size[min(sizes)], by_size[max(sizes)]) if len(sizes) > 1 else None


def _qualifier(function: Function) -> str:
    return "" if function.version == "$LATEST" else function.version


def _name(function: Function) -> str:
    return function.version if function.version == "$LATEST" else f"version {function.version}"


def _cost(function: Function, billed_ms: float, memory_mb: int = 0) -> float:
    """US dollars of a million calls."""
    architecture = "arm64" if "arm64" in function.architectures else "x86_64"
    return lambda_cost(MILLION, MILLION * billed_ms, memory_mb or function.memory_mb or 0, architecture).usd


def _usd(amount: float) -> str:
    return f"${amount:,.2f}"


def _verdict_of(measured: Comparison, costs: Sequence[float], small: Function, large: Function) -> str:
    """Which of the two is faster, and which is cheaper."""
    low, high = measured.ratio_interval
    sure = confidence_text(measured, 2)
    dearer = 100 * (costs[1] / costs[0] - 1) if costs[0] else 0.0
    price = f"{abs(dearer):.0f}% {'dearer' if dearer > 0 else 'cheaper'}" if abs(dearer) >= 1 else "no dearer"
    if low > 1:
        both = " Faster and no dearer: more memory pays here." if dearer < 1 else ""
        return f"So {large.memory_mb:,} MB is {measured.ratio:.1f} times faster ({sure}) and {price}.{both}"
    if high < 1:
        return f"So {large.memory_mb:,} MB is not faster here ({sure}) and {price}: {small.memory_mb:,} MB is enough."
    return (
        f"No difference in speed can be seen (ratio {measured.ratio:.2f}, {sure}), and {large.memory_mb:,} MB is "
        f"{price}: {small.memory_mb:,} MB is enough for this operation."
    )


def _unmeasured(sizes_mb: Sequence[int], pair: tuple[Function, Function], billed_ms: tuple[float, float]) -> list[str]:
    """What other sizes would cost, between code that only waits and code that only computes, on one thread."""
    known = {one.memory_mb or 0: (one, billed) for one, billed in zip(pair, billed_ms, strict=True)}
    sentences = []
    for size in sorted(set(sizes_mb) - set(known)):
        near = min(known, key=lambda memory: (abs(memory - size), memory))
        function, billed = known[near]
        waiting, computing = billed, billed * _share(near) / _share(size)
        ends = sorted(_cost(function, one, size) for one in (waiting, computing))
        times = sorted((waiting, computing))
        sentences.append(
            f"{size:,} MB was not measured: from {near:,} MB on, a call would be billed {times[0]:,.0f} to "
            f"{times[1]:,.0f} ms, and a million would cost {_usd(ends[0])} to {_usd(ends[1])}, depending "
            "on how much of it computes."
        )
    return sentences


def _share(memory_mb: int) -> float:
    """The share of a vCPU that one thread gets."""
    return min(memory_mb, FULL_VCPU_MB) / FULL_VCPU_MB
