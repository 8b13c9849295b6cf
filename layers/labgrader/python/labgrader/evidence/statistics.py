"""The arithmetic of load tests: percentiles that were really measured, and how far they can be trusted. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

Sample = TypeVar("Sample")

CONFIDENCE = 0.95
"""How often the interval of a percentile holds the true one."""

DECIMALS = 3
"""Digits after the point of every number that is written down: microseconds, where the unit is milliseconds."""


def percentile(ordered: Sequence[float], percent: int) -> float:
    """Return a percentile by nearest rank: a value that was measured, never one between two.

    Args:
        ordered: the measurements, smallest first.
        percent: which percentile, 1 to 100.

    Returns:
        The ``ceil(percent/100 · n)``-th smallest value, or 0 where nothing was measured. Source: the nearest-rank
        method, as in "Method 1" of Hyndman and Fan, Sample Quantiles in Statistical Packages (1996).
    """
    if not ordered:
        return 0.0
    rank = -(-percent * len(ordered) // 100)  # whole numbers: ceil(0.07 * 100) is 8 in floating point
    return ordered[max(rank, 1) - 1]


def interval_ranks(count: int, percent: int, confidence: float = CONFIDENCE) -> tuple[int, int]:
    """Return the ranks (from 1) of the two measurements between which the true percentile lies.

    How many of ``count`` independent measurements lie below the true percentile is binomial, with the probability
    ``percent/100``, whatever the latencies' distribution. So the lower rank is the largest ``l`` with
    ``P(B < l) ≤ (1 − confidence)/2``, and the upper one the smallest ``u`` with ``P(B ≥ u) ≤ (1 − confidence)/2``.
    Source: Hahn and Meeker, Statistical Intervals (1991), section 5.2 (distribution-free, two-sided, equal tails).

    Few measurements have no such rank: below 72 the maximum is no upper bound of p95 at 95%. The first and the last
    measurement stand in then, and the interval promises less.

    Args:
        count: the number of measurements, at least 1.
        percent: which percentile, 1 to 99.
        confidence: 0 to 1.
    """
    tail = (1 - confidence) / 2
    share = percent / 100
    lower, upper = 1, count
    below = 0.0  # P(B < rank), as rank goes up
    for rank in range(1, count + 1):
        below += _binomial(rank - 1, count, share)
        if below <= tail:
            lower = rank
        if below >= 1 - tail:
            upper = rank
            break
    return lower, upper


def interval(ordered: Sequence[float], percent: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the confidence interval of a percentile, from order statistics, or zeros where nothing was measured.

    Args:
        ordered: the measurements, smallest first.
        percent: which percentile, 1 to 99.
        confidence: 0 to 1; see ``interval_ranks`` for what few measurements can promise.
    """
    if not ordered:
        return 0.0, 0.0
    lower, upper = interval_ranks(len(ordered), percent, confidence)
    return rounded(ordered[lower - 1]), rounded(ordered[upper - 1])


def summary(ordered: Sequence[float]) -> dict[str, float]:
    """Return ``min mean p50 p90 p95 p99 max``, or zeros where nothing was measured.

    Args:
        ordered: the measurements, smallest first.
    """
    return {
        "min": rounded(ordered[0]) if ordered else 0.0,
        "mean": rounded(math.fsum(ordered) / len(ordered)) if ordered else 0.0,
        **percentiles(ordered, 50, 90, 95, 99),
        "max": rounded(ordered[-1]) if ordered else 0.0,
    }


def percentiles(ordered: Sequence[float], *percents: int) -> dict[str, float]:
    """Return several percentiles by name (``p50``), or zeros where nothing was measured."""
    return {f"p{percent}": rounded(percentile(ordered, percent)) for percent in percents}


def rate(count: int, seconds: float) -> float:
    """Return how many a second, or 0 where no time has passed."""
    return rounded(count / seconds) if seconds > 0 else 0.0


def rounded(value: float) -> float:
    """Return a number as it is written down."""
    return round(value, DECIMALS)


def thinned(samples: Sequence[Sample], limit: int) -> list[Sample]:
    """Return at most ``limit`` samples, evenly spread over all of them, the first and the last among them.

    Args:
        samples: all of them, in order.
        limit: how many to keep, at least 2.
    """
    if len(samples) <= limit:
        return list(samples)
    return [samples[index * (len(samples) - 1) // (limit - 1)] for index in range(limit)]


def _binomial(successes: int, trials: int, share: float) -> float:
    """The probability of so many successes; through logarithms, because the coefficients outgrow a float."""
    return math.exp(
        math.lgamma(trials + 1)
        - math.lgamma(successes + 1)
        - math.lgamma(trials - successes + 1)
        + successes * math.log(share)
        + (trials - successes) * math.log1p(-share)
    )
