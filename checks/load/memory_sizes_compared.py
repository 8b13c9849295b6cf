"""Speed and cost of a function's memory sizes, measured with versions that have different sizes."""

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
"""Memory in MB with which a function has one vCPU; with less, it has a proportional share.
Source: Lambda Developer Guide, "Configure Lambda function memory"."""

MILLION = 1_000_000


@check(
    title="The memory size is worth its cost",
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
    """Compare the cost and the speed of two memory sizes, without a change to the function.

    Of ``$LATEST`` and the versions with the same code, the check invokes in turn one with the smallest and one with the
    largest memory, or two sizes of ``sizes_mb`` if they exist. The REPORT lines tell the billed duration. The message
    estimates sizes without a version from their share of a vCPU. The check passes if there is only one size, or if
    there are no REPORT lines (as on the embedded AWS, where memory has no effect).

    The check is for advice: every result earns half, because no size is right for everyone.

    Args:
        function: the function.
        event: the event of the invocations. It must compute long enough to be visible next to the network latency.
        sizes_mb: the memory sizes of interest in MB.
        rounds: warm requests to each size.
        most_rounds: the most requests to each size. The test adds requests while the result is too close to call.

    Raises:
        NotGradedError: one of the sizes could not be timed.

    Sources:
        A function with 1,769 MB has one vCPU. Its share of CPU is proportional to its memory:
            https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
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
        return passed(f"There are no REPORT lines, so the memory sizes of {function} cannot be compared.")
    costs = [_cost(version, report["billed_ms"]) for version, report in ((small, before), (large, after))]
    names = [f"{version.memory_mb:,} MB ({_name(version)})" for version in pair]
    ran = [f"{report.get('duration_ms', report['billed_ms']):,.1f}" for report in (before, after)]
    sentences = [
        f"{function}, invoked with {quote(event)}: with {names[0]}, an invocation takes {ran[0]} ms, and a "
        f"million invocations cost {_usd(costs[0])}. With {names[1]}, it takes {ran[1]} ms, and a million cost "
        f"{_usd(costs[1])}.",
        _verdict_of(measured, costs, small, large),
        *_unmeasured(sizes_mb, pair, (before["billed_ms"], after["billed_ms"])),
        f"CPU power grows with the memory, up to one vCPU at {FULL_VCPU_MB:,} MB. Above that, only code with several "
        "threads becomes faster.",
        notes_of(measured.notes),
    ]
    cheaper = small if costs[0] <= costs[1] else large
    return partial(
        0.5,
        " ".join(sentence for sentence in sentences if sentence),
        expected="a size that is worth its cost",
        observed=f"{_usd(costs[0])} against {_usd(costs[1])} for a million invocations, {measured.ratio:.2f} times "
        f"faster ({confidence_text(measured, 2)})",
        hint=f"aws lambda update-function-configuration --function-name {function} --memory-size {cheaper.memory_mb}"
        f"  # the cheaper size; use {large.memory_mb} if speed is worth the difference",
    )


def _pair(snapshot: Snapshot, latest: Function, sizes_mb: Sequence[int]) -> tuple[Function, Function] | None:
    """Return two versions with different memory sizes and the same code, or ``None``; ``sizes_mb`` come first."""
    alike = [
        version
        for version in snapshot.versions(latest.name)
        if version.version != "$LATEST"
        and (version.code_sha256, version.architectures) == (latest.code_sha256, latest.architectures)
    ]
    by_size: dict[int, Function] = {}
    for version in (latest, *reversed(alike)):
        if version.memory_mb:
            by_size.setdefault(version.memory_mb, version)
    wanted = [size for size in by_size if size in sizes_mb]
    sizes = wanted if len(wanted) > 1 else list(by_size)
    return (by_size[min(sizes)], by_size[max(sizes)]) if len(sizes) > 1 else None


def _qualifier(function: Function) -> str:
    return "" if function.version == "$LATEST" else function.version


def _name(function: Function) -> str:
    return function.version if function.version == "$LATEST" else f"version {function.version}"


def _cost(function: Function, billed_ms: float, memory_mb: int = 0) -> float:
    """Return the cost of a million invocations in US dollars."""
    architecture = "arm64" if "arm64" in function.architectures else "x86_64"
    return lambda_cost(MILLION, MILLION * billed_ms, memory_mb or function.memory_mb or 0, architecture).usd


def _usd(amount: float) -> str:
    return f"${amount:,.2f}"


def _verdict_of(measured: Comparison, costs: Sequence[float], small: Function, large: Function) -> str:
    """Return the sentence that says which size is faster and which is cheaper."""
    low, high = measured.ratio_interval
    sure = confidence_text(measured, 2)
    increase = 100 * (costs[1] / costs[0] - 1) if costs[0] else 0.0
    price = f"{abs(increase):.0f}% {'more' if increase > 0 else 'less'}" if abs(increase) >= 1 else "the same"
    if low > 1:
        advice = " More memory is worth it here." if increase < 1 else ""
        return f"So {large.memory_mb:,} MB is {measured.ratio:.1f} times faster ({sure}) and costs {price}.{advice}"
    enough = f"{small.memory_mb:,} MB is enough for this operation."
    if high < 1:
        return f"So {large.memory_mb:,} MB is not faster here ({sure}) and costs {price}. {enough}"
    return (
        f"There is no measurable difference in speed (ratio {measured.ratio:.2f}, {sure}), and {large.memory_mb:,} MB "
        f"costs {price}. {enough}"
    )


def _unmeasured(sizes_mb: Sequence[int], pair: tuple[Function, Function], billed_ms: tuple[float, float]) -> list[str]:
    """Return estimates for other sizes, between code that only waits and one thread that only computes."""
    known = {version.memory_mb or 0: (version, billed) for version, billed in zip(pair, billed_ms, strict=True)}
    sentences = []
    for size in sorted(set(sizes_mb) - set(known)):
        near = min(known, key=lambda memory: (abs(memory - size), memory))
        function, billed = known[near]
        waiting, computing = billed, billed * _share(near) / _share(size)
        prices = sorted(_cost(function, time_ms, size) for time_ms in (waiting, computing))
        times = sorted((waiting, computing))
        sentences.append(
            f"{size:,} MB was not measured. Estimated from {near:,} MB, an invocation is billed {times[0]:,.0f} to "
            f"{times[1]:,.0f} ms, and a million cost {_usd(prices[0])} to {_usd(prices[1])}, depending on how much of "
            "the time is computation."
        )
    return sentences


def _share(memory_mb: int) -> float:
    """Return the share of a vCPU that one thread gets."""
    return min(memory_mb, FULL_VCPU_MB) / FULL_VCPU_MB
