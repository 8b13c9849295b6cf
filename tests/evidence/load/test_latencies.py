"""Latencies: every number is that of the sorted list."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from labgrader.evidence.load import statistics
from labgrader.evidence.load.latencies import Latencies

Draw = Callable[[random.Random], float]

DISTRIBUTIONS: dict[str, Draw] = {
    "uniform": lambda rng: rng.uniform(10, 110),
    "exponential": lambda rng: 1 + rng.expovariate(1 / 50),
    "lognormal": lambda rng: 1 + rng.lognormvariate(3, 1.5),
    "bimodal": lambda rng: rng.gauss(850, 20) if rng.random() < 0.05 else rng.gauss(50, 2),
    "constant": lambda rng: 123.456,
    "pareto": lambda rng: min(5 * rng.paretovariate(0.7), 3_000_000),
}

PERCENTS = (1, 5, 25, 50, 75, 90, 95, 99, 99.9, 99.99)


def drawn(name: str, count: int, seed: int = 1) -> list[float]:
    rng = random.Random(f"{name}{seed}")
    return [statistics.rounded(DISTRIBUTIONS[name](rng)) for _ in range(count)]


@pytest.mark.parametrize("count", [1, 2, 3, 19, 20, 21, 100, 1000, 5000])
@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_every_statistic_matches_the_list(count: int, distribution: str) -> None:
    values = drawn(distribution, count)
    latencies, ordered = Latencies(values), sorted(values)
    assert latencies.summary() == pytest.approx(statistics.summary(ordered), abs=0.0011)  # the mean's last digit
    assert latencies.percentiles(*PERCENTS) == statistics.percentiles(ordered, *PERCENTS)
    assert [latencies.interval(percent) for percent in PERCENTS] == [
        statistics.interval(ordered, percent) for percent in PERCENTS
    ]


def test_no_recorded_latencies_give_zeros() -> None:
    nothing = Latencies()
    assert len(nothing) == 0
    assert nothing.percentile(95) == 0
    assert nothing.interval(95) == (0, 0)
    assert nothing.summary() == {"min": 0, "mean": 0, "p50": 0, "p90": 0, "p95": 0, "p99": 0, "max": 0}
    assert nothing.curve() == []


def test_percentiles_are_named_as_they_are_written() -> None:
    assert Latencies([1.0, 2.0]).percentiles(50, 99.9) == {"p50": 1.0, "p99.9": 2.0}


def test_recording_after_reading_is_seen() -> None:
    latencies = Latencies([5.0, 3.0])
    assert latencies.percentile(100) == 5
    latencies.add(1.0)
    latencies.add(9.0)
    assert (latencies.percentile(1), latencies.percentile(100)) == (1, 9)


def test_the_curve_ends_at_the_last_percentile_of_interest() -> None:
    ten = Latencies(float(value) for value in range(1, 11)).curve()
    assert ten[0] == (0.0, 1.0)
    assert ten[-2:] == [(90, 9.0), (100, 10.0)]
    assert ten[10] == (50.0, 5.0)
    assert Latencies([7.0]).curve() == [(0, 7.0), (100, 7.0)]
    thousand = Latencies(float(value) for value in range(1, 1001)).curve()
    assert thousand[-3:] == [(99.5, 995.0), (99.9, 999.0), (100, 1000.0)]
    assert sorted(thousand) == thousand


def test_latencies_are_kept_to_the_microsecond() -> None:
    assert Latencies([1.23449]).percentile(50) == 1.234
    assert Latencies([1.2346]).percentile(50) == 1.235
    assert Latencies([0.0]).percentile(50) == 0.0
