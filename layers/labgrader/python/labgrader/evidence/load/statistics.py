"""The arithmetic of load tests: percentiles that were really measured, and how far they can be trusted. Pure."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from statistics import median
from typing import Literal, TypeVar

Sample = TypeVar("Sample")

Decision = Literal["below", "beyond", "open"]

CONFIDENCE = 0.95
"""How often the interval of a percentile holds the true one."""

EARLY_CONFIDENCE = 0.999
"""The confidence that a decision needs to end a measurement early. With many interim looks, chance alone makes one of
them significant. If every interim look requires this confidence, the last look keeps its ``CONFIDENCE``, less 0.05% for
each interim look. Source: Haybittle, Repeated Assessment of Results in Clinical Trials of Cancer
Treatment (1971); Peto et al., Design and Analysis of Randomized Clinical Trials (1976)."""

DECIMALS = 3
"""Digits after the point of every number that is written down: microseconds, where the unit is milliseconds."""

RESAMPLES = 2000
"""How often a bootstrap draws anew: at least 1,000 for the ends of an interval. Source: Efron and Tibshirani, An
Introduction to the Bootstrap (1993), section 14.3."""

_NEGLIGIBLE = 12, 40
"""Standard deviations, and successes besides, below the mean where the rest of a binomial is less than 1e-16."""


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return a percentile by nearest rank: a value that was measured, never one between two.

    Args:
        ordered: the measurements, smallest first.
        percent: which percentile, above 0 to 100, to a thousandth: 99.9.

    Returns:
        The value at ``nearest_rank``, or 0 where nothing was measured.
    """
    return ordered[nearest_rank(len(ordered), percent) - 1] if ordered else 0.0


def nearest_rank(count: int, percent: float) -> int:
    """Return the rank (from 1) of a percentile among ``count`` measurements: ``ceil(percent/100 · count)``.

    Source: the nearest-rank method, as in "Method 1" of Hyndman and Fan, Sample Quantiles in Statistical Packages
    (1996).

    Args:
        count: the number of measurements, at least 1.
        percent: which percentile, above 0 to 100, to a thousandth.
    """
    thousandths = round(1000 * percent)  # whole numbers: ceil(0.07 * 100) is 8 in floating point
    return max(-(-thousandths * count // 100_000), 1)


def interval_ranks(count: int, percent: float, confidence: float = CONFIDENCE) -> tuple[int, int]:
    """Return the ranks (from 1) of the two measurements between which the true percentile lies.

    How many of ``count`` independent measurements lie below the true percentile is binomial, with the probability
    ``percent/100``, for any distribution of the latencies. So the lower rank is the largest ``l`` with
    ``P(B < l) ≤ (1 − confidence)/2``, and the upper one the smallest ``u`` with ``P(B ≥ u) ≤ (1 − confidence)/2``.
    Source: Hahn and Meeker, Statistical Intervals (1991), section 5.2 (distribution-free, two-sided, equal tails).

    Few measurements have no such rank: of less than ``fewest_measurements`` the maximum is no upper bound. The first
    and the last measurement stand in then, and the interval promises less.

    Args:
        count: the number of measurements, at least 1.
        percent: which percentile, between 0 and 100.
        confidence: 0 to 1.
    """
    tail = (1 - confidence) / 2
    share = percent / 100
    deviations, besides = _NEGLIGIBLE
    start = math.floor(count * share - deviations * math.sqrt(count * share * (1 - share)) - besides)
    lower, upper = max(start, 1), count
    below = 0.0  # P(B < rank), as rank goes up; what lies below the start is too little to count
    for rank in range(lower, count + 1):
        below += _binomial(rank - 1, count, share)
        if below <= tail:
            lower = rank
        if below >= 1 - tail:
            upper = rank
            break
    return lower, upper


def fewest_measurements(percent: float, confidence: float = CONFIDENCE) -> int:
    """Return how many measurements it takes until the largest is an upper bound of a percentile.

    72 for p95, 368 for p99. All of fewer lie below the true percentile too often: ``share^count > (1 − confidence)/2``.

    Args:
        percent: which percentile, between 0 and 100.
        confidence: 0 to 1.
    """
    return math.ceil(math.log((1 - confidence) / 2) / math.log(percent / 100))


def interval(ordered: Sequence[float], percent: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the confidence interval of a percentile, from order statistics, or zeros where nothing was measured.

    Args:
        ordered: the measurements, smallest first.
        percent: which percentile, between 0 and 100.
        confidence: 0 to 1; see ``interval_ranks`` for what few measurements can promise.
    """
    if not ordered:
        return 0.0, 0.0
    lower, upper = interval_ranks(len(ordered), percent, confidence)
    return rounded(ordered[lower - 1]), rounded(ordered[upper - 1])


def decide(interval: tuple[float, float], bound: float) -> Decision:
    """Return on which side of a bound an interval lies: ``below`` it or at it, ``beyond`` it, or ``open``, around it.

    Args:
        interval: the lower and the upper end.
        bound: what should not be exceeded.
    """
    lower, upper = interval
    if upper <= bound:
        return "below"
    return "beyond" if lower > bound else "open"


def tolerates_failures(percent: int, failed: int, served: int) -> bool:
    """Say whether a percentile leaves out as many as failed: of 100, five for p95. What failed was not served in time,
    however long one would wait.

    Args:
        percent: which percentile, 1 to 100.
        failed, served: how many requests ended so.
    """
    return 100 * failed <= (100 - percent) * (served + failed)


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


def percentiles(ordered: Sequence[float], *percents: float) -> dict[str, float]:
    """Return several percentiles by name (``p50``, ``p99.9``), or zeros where nothing was measured."""
    return {f"p{percent:g}": rounded(percentile(ordered, percent)) for percent in percents}


def ratio_of_medians(baseline: Sequence[float], candidate: Sequence[float]) -> float:
    """Return how many times faster the candidate is: the baseline's median over the candidate's.

    Args:
        baseline, candidate: latencies, in any order and in one unit.

    Returns:
        0 where one of them is empty. A median that is written as 0 counts as the smallest number that is not.
    """
    if not baseline or not candidate:
        return 0.0
    return rounded(_ratio(median(baseline), median(candidate)))


def bootstrap_ratio(
    baseline: Sequence[float],
    candidate: Sequence[float],
    *,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> tuple[float, float]:
    """Return the confidence interval of ``ratio_of_medians``, by the percentile bootstrap.

    Each side is drawn anew from itself, with repetition, as many as there are. No resample is written out: its median
    depends on its middle order statistics alone, and those of ``n`` uniform numbers are beta distributed, so two
    numbers are drawn instead of a thousand. The same latencies have the same interval, in any order.
    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), section 13.3; David and Nagaraja, Order
    Statistics (2003), section 2.1.

    Args:
        baseline, candidate: latencies, in any order and in one unit.
        resamples: how often both are drawn.
        confidence: 0 to 1. Few latencies promise less: of three, the interval is that of the smallest over the largest.

    Returns:
        Zeros where one of them is empty.
    """
    if not baseline or not candidate:
        return 0.0, 0.0
    first, other = sorted(map(float, baseline)), sorted(map(float, candidate))
    rng = random.Random(f"{first}{other}")
    ratios = sorted(_ratio(_drawn_median(first, rng), _drawn_median(other, rng)) for _ in range(resamples))
    tail = 50 * (1 - confidence)
    return rounded(percentile(ratios, tail)), rounded(percentile(ratios, 100 - tail))


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
    """Return the probability of a number of successes. It uses logarithms: the coefficients overflow a float."""
    return math.exp(
        math.lgamma(trials + 1)
        - math.lgamma(successes + 1)
        - math.lgamma(trials - successes + 1)
        + successes * math.log(share)
        + (trials - successes) * math.log1p(-share)
    )


def _drawn_median(ordered: Sequence[float], rng: random.Random) -> float:
    """Return the median of as many values, drawn with replacement."""
    count = len(ordered)
    rank = (count + 1) // 2
    first = second = rng.betavariate(rank, count - rank + 1)  # the rank-th smallest of so many uniform numbers
    if count % 2 == 0:
        second += (1 - first) * (1 - rng.random() ** (1 / (count - rank)))  # and the next one, given that
    return (_at(ordered, first) + _at(ordered, second)) / 2


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def _ratio(baseline: float, candidate: float) -> float:
    least = 10.0**-DECIMALS
    return max(baseline, least) / max(candidate, least)
