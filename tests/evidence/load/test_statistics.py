"""Percentiles, their intervals and summaries, on both sides of every bound."""

from __future__ import annotations

import itertools
import math
import random
from statistics import NormalDist, median

import pytest

from labgrader.evidence.load.statistics import (
    bootstrap_ratio,
    decide,
    fewest_measurements,
    interval,
    interval_ranks,
    percentile,
    percentiles,
    rate,
    ratio_of_medians,
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
        (100, 99.9, 100),
        (1000, 99.9, 999),  # ceil(0.999 * 1000) is 999, and ceil(1000 * 99.9 / 100) would be, too …
        (3000, 99.9, 2997),  # … but here the latter is 2998
        (1001, 99.9, 1000),
        (10_000, 99.99, 9999),
        (2000, 2.5, 50),
        (2001, 2.5, 51),
        (10, 0.001, 1),
    ],
)
def test_a_percentile_is_the_value_at_its_nearest_rank(count: int, percent: float, rank: int) -> None:
    assert percentile([float(value) for value in range(1, count + 1)], percent) == rank


def test_no_measurements_give_zeros() -> None:
    assert percentile([], 95) == 0
    assert interval([], 95) == (0, 0)
    assert summary([]) == {"min": 0, "mean": 0, "p50": 0, "p90": 0, "p95": 0, "p99": 0, "max": 0}
    assert percentiles([], 50, 95) == {"p50": 0, "p95": 0}
    assert percentiles([], 99, 99.9) == {"p99": 0, "p99.9": 0}
    assert ratio_of_medians([], [1.0]) == ratio_of_medians([1.0], []) == 0
    assert bootstrap_ratio([], [1.0]) == bootstrap_ratio([1.0], []) == (0, 0)


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


def test_thousands_of_measurements_cause_no_overflow() -> None:
    count = 2000
    lower, upper = interval_ranks(count, 95)
    ways = [math.comb(count, k) * 19**k for k in range(count)]  # whole numbers: of 20 ** count
    assert sum(ways[:lower]) * 40 <= 20**count < sum(ways[: lower + 1]) * 40
    assert (20**count - sum(ways[:upper])) * 40 <= 20**count < (20**count - sum(ways[: upper - 1])) * 40
    assert interval_ranks(100_000, 95) == pytest.approx((94_865, 95_136), abs=2)  # the normal approximation


def _ranks_from_one(count: int, percent: float) -> tuple[int, int]:
    """The two ranks with every term of the binomial added up, from none on."""
    share, below, lower = percent / 100, 0.0, 1
    for rank in range(1, count + 1):
        ways = math.lgamma(count + 1) - math.lgamma(rank) - math.lgamma(count - rank + 2)
        below += math.exp(ways + (rank - 1) * math.log(share) + (count - rank + 1) * math.log1p(-share))
        lower = rank if below <= 0.025 else lower
        if below >= 0.975:
            return lower, rank
    return lower, count


@pytest.mark.parametrize("percent", [1, 50, 90, 95, 99, 99.9])
def test_omitting_negligible_terms_changes_no_rank(percent: float) -> None:
    for count in [*range(1, 400), 1000, 3333, 20_000]:
        assert interval_ranks(count, percent) == _ranks_from_one(count, percent)


@pytest.mark.parametrize("percent", [50, 95, 99, 99.9])
def test_the_ranks_of_very_many_are_those_of_a_normal_distribution(percent: float) -> None:
    count, share = 10_000_000, percent / 100
    reach = NormalDist().inv_cdf(0.975) * math.sqrt(count * share * (1 - share))
    assert interval_ranks(count, percent) == pytest.approx((count * share - reach, count * share + reach), abs=3)


@pytest.mark.parametrize(
    ("bound", "said"),
    [(9.999, "beyond"), (10.0, "open"), (15.0, "open"), (19.999, "open"), (20.0, "below"), (20.001, "below")],
)
def test_a_bound_is_decided_only_outside_the_interval(bound: float, said: str) -> None:
    assert decide((10.0, 20.0), bound) == said


def test_an_interval_of_one_value_is_always_decided() -> None:
    assert decide((7.0, 7.0), 7.0) == "below"
    assert decide((7.0, 7.0), 6.999) == "beyond"


def test_the_ratio_says_how_many_times_faster_the_candidate_is() -> None:
    assert ratio_of_medians([30.0, 10.0, 20.0], [5.0]) == 4
    assert ratio_of_medians([10.0, 20.0], [30.0]) == 0.5
    assert ratio_of_medians([10.0], [0.0]) == 10_000  # a time that is written as 0 counts as a microsecond


def test_three_latencies_give_the_widest_interval() -> None:
    assert bootstrap_ratio([40.0, 50.0, 60.0], [10.0, 20.0, 30.0]) == (rounded(40 / 30), 6.0)
    assert bootstrap_ratio([40.0], [10.0]) == (4.0, 4.0)


def test_the_interval_is_the_same_for_any_order() -> None:
    rng = random.Random(7)
    baseline, candidate = [rng.lognormvariate(4, 0.5) for _ in range(30)], [rng.lognormvariate(3, 1) for _ in range(31)]
    found = bootstrap_ratio(baseline, candidate)
    assert found == bootstrap_ratio(baseline[::-1], sorted(candidate))
    assert found[0] < ratio_of_medians(baseline, candidate) < found[1]
    assert found != bootstrap_ratio(baseline[1:], candidate)


@pytest.mark.parametrize(("many", "few"), [(40, 41), (41, 40), (100, 100), (101, 101)])
def test_the_interval_matches_a_full_bootstrap(many: int, few: int) -> None:
    rng = random.Random(many)
    baseline = [100 + 40 * index / many for index in range(many)]  # evenly spaced: a rank more or less changes little
    candidate = [50 + 20 * index / few for index in range(few)]
    ratios = sorted(
        median(rng.choices(baseline, k=many)) / median(rng.choices(candidate, k=few)) for _ in range(20_000)
    )
    written_out = percentile(ratios, 2.5), percentile(ratios, 97.5)
    assert bootstrap_ratio(baseline, candidate, resamples=20_000) == pytest.approx(written_out, rel=0.01)


@pytest.mark.parametrize(("percent", "count"), [(50, 6), (90, 36), (95, 72), (99, 368)])
def test_the_largest_of_enough_values_is_an_upper_bound(percent: int, count: int) -> None:
    assert fewest_measurements(percent) == count
    assert 1 - (percent / 100) ** count >= 0.975
    assert 1 - (percent / 100) ** (count - 1) < 0.975


@pytest.mark.parametrize("count", [5, 25])
def test_the_ratios_interval_has_its_coverage(count: int) -> None:
    rng = random.Random(11)
    held = 0
    for _ in range(300):
        baseline, candidate = (
            [rng.lognormvariate(1, 0.4) for _ in range(count)],
            [rng.lognormvariate(0, 0.4) for _ in range(count)],
        )
        low, high = bootstrap_ratio(baseline, candidate, resamples=500)
        held += low <= math.e <= high
    assert 276 <= held <= 299  # of 300: 92% to 99.7%


def test_resampling_a_thousand_latencies_is_fast() -> None:
    rng = random.Random(3)
    baseline, candidate = [rng.gauss(100, 10) for _ in range(1000)], [rng.gauss(50, 5) for _ in range(1000)]
    low, high = bootstrap_ratio(baseline, candidate)
    assert 1.95 < low < high < 2.05


def test_the_percentiles_interval_has_its_coverage() -> None:
    rng = random.Random(5)
    truth = -math.log(0.05)  # p95 of an exponential distribution of mean 1
    held = 0
    for _ in range(1000):
        low, high = interval(sorted(rng.expovariate(1) for _ in range(100)), 95)
        held += low <= truth <= high
    assert 960 <= held <= 997  # 98.3% is what these ranks promise at 100 measurements


def test_ties_are_accepted() -> None:
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
