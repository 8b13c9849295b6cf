"""Percentiles, their intervals and summaries, on both sides of every bound."""

from __future__ import annotations

import itertools
import math
import random

import pytest

from labgrader.evidence.statistics import (
    interval,
    interval_ranks,
    percentile,
    percentiles,
    rate,
    rounded,
    summary,
    thinned,
)


@pytest.mark.parametrize(
    ("count", "percent", "rank"),
    [
        (1, 1, 1),
        (1, 99, 1),
        (2, 50, 1),
        (2, 51, 2),
        (10, 90, 9),
        (10, 91, 10),
        (20, 95, 19),
        (20, 96, 20),
        (21, 95, 20),
        (100, 95, 95),
        (100, 99, 99),
        (100, 7, 7),  # ceil(0.07 * 100) would be 8
        (100, 100, 100),
    ],
)
def test_a_percentile_is_the_value_at_its_nearest_rank(count: int, percent: int, rank: int) -> None:
    assert percentile([float(value) for value in range(1, count + 1)], percent) == rank


def test_nothing_measured_is_zero_everywhere() -> None:
    assert percentile([], 95) == 0
    assert interval([], 95) == (0, 0)
    assert summary([]) == {"min": 0, "mean": 0, "p50": 0, "p90": 0, "p95": 0, "p99": 0, "max": 0}
    assert percentiles([], 50, 95) == {"p50": 0, "p95": 0}


@pytest.mark.parametrize(
    ("count", "ranks"),
    [
        (1, (1, 1)),
        (2, (1, 2)),
        (20, (17, 20)),
        (71, (63, 71)),
        (72, (64, 72)),  # from here on the maximum is an upper bound at 97.5%: 0.95 ** 72 <= 0.025 < 0.95 ** 71
        (100, (90, 100)),
        (1000, (936, 964)),
    ],
)
def test_the_interval_of_p95_spans_these_ranks(count: int, ranks: tuple[int, int]) -> None:
    assert interval_ranks(count, 95) == ranks


def _binomial_below(rank: int, count: int) -> float:
    """P(B < rank) by the textbook formula, without logarithms."""
    return math.fsum(math.comb(count, k) * 0.95**k * 0.05 ** (count - k) for k in range(rank))


@pytest.mark.parametrize("count", [72, 100, 150, 333])
def test_each_rank_is_the_tightest_that_keeps_its_tail(count: int) -> None:
    lower, upper = interval_ranks(count, 95)
    assert _binomial_below(lower, count) <= 0.025 < _binomial_below(lower + 1, count)
    assert 1 - _binomial_below(upper, count) <= 0.025 < 1 - _binomial_below(upper - 1, count)


def test_thousands_of_measurements_overflow_nothing() -> None:
    count = 2000
    lower, upper = interval_ranks(count, 95)
    ways = [math.comb(count, k) * 19**k for k in range(count)]  # whole numbers: of 20 ** count
    assert sum(ways[:lower]) * 40 <= 20**count < sum(ways[: lower + 1]) * 40
    assert (20**count - sum(ways[:upper])) * 40 <= 20**count < (20**count - sum(ways[: upper - 1])) * 40
    assert interval_ranks(100_000, 95) == pytest.approx((94_865, 95_136), abs=2)  # the normal approximation


def test_the_interval_holds_the_true_percentile_as_often_as_it_says() -> None:
    rng = random.Random(5)
    truth = -math.log(0.05)  # p95 of an exponential distribution of mean 1
    held = 0
    for _ in range(1000):
        low, high = interval(sorted(rng.expovariate(1) for _ in range(100)), 95)
        held += low <= truth <= high
    assert 960 <= held <= 997  # 98.3% is what these ranks promise at 100 measurements


def test_ties_are_as_good_as_any_value() -> None:
    same = [7.0] * 100
    assert interval(same, 95) == (7.0, 7.0)
    assert summary(same) == {"min": 7.0, "mean": 7.0, "p50": 7.0, "p90": 7.0, "p95": 7.0, "p99": 7.0, "max": 7.0}


def test_a_summary_of_twenty() -> None:
    values = [float(value) for value in range(1, 21)]
    assert summary(values) == {"min": 1, "mean": 10.5, "p50": 10, "p90": 18, "p95": 19, "p99": 20, "max": 20}


def test_numbers_are_written_with_three_decimals() -> None:
    assert rounded(1.23456) == 1.235
    assert summary([1.00049])["p50"] == 1.0
    assert rate(10, 3) == 3.333
    assert rate(10, 0) == 0


def test_samples_are_thinned_evenly_and_keep_both_ends() -> None:
    assert thinned(list(range(500)), 500) == list(range(500))
    kept = thinned(list(range(501)), 500)
    assert (len(kept), kept[0], kept[-1]) == (500, 0, 500)
    kept = thinned(list(range(10_000)), 500)
    steps = {later - earlier for earlier, later in itertools.pairwise(kept)}
    assert len(kept) == 500
    assert steps == {20, 21}
