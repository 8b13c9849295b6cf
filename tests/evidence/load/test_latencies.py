"""Latencies, exact and in a histogram: how far from the truth, and that shards are the whole."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

import pytest

from labgrader.evidence.load import statistics
from labgrader.evidence.load.latencies import EXACT_BELOW, LARGEST_MS, Latencies, slot_of, top_of

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


@pytest.fixture(scope="module", params=DISTRIBUTIONS)
def many(request: pytest.FixtureRequest) -> list[float]:
    return drawn(request.param, EXACT_BELOW + 1)


def test_in_a_histogram_every_number_is_within_a_thousandth_of_the_exact_one(many: list[float]) -> None:
    latencies, ordered = Latencies(many), sorted(many)
    assert not latencies.exact
    assert latencies.percentiles(*PERCENTS) == pytest.approx(statistics.percentiles(ordered, *PERCENTS), rel=0.001)
    assert latencies.summary() == pytest.approx(statistics.summary(ordered), rel=0.001)
    for percent in PERCENTS:
        assert latencies.interval(percent) == pytest.approx(statistics.interval(ordered, percent), rel=0.001)
        assert latencies.percentile(percent) >= statistics.percentile(ordered, percent)  # never flatters


def test_in_a_histogram_the_ends_and_the_mean_are_exact(many: list[float]) -> None:
    latencies, summary = Latencies(many), statistics.summary(sorted(many))
    assert latencies.summary()["min"] == summary["min"] == latencies.curve()[0][1]
    assert latencies.summary()["max"] == summary["max"] == latencies.percentile(100) == latencies.curve()[-1][1]
    assert latencies.summary()["mean"] == pytest.approx(summary["mean"], abs=0.0011)


def test_shards_in_any_order_are_the_whole(many: list[float]) -> None:
    rng, whole = random.Random(2), Latencies(many)
    for _ in range(1):
        cuts = sorted(rng.sample(range(len(many)), 6))
        shards = [Latencies(many[a:b]) for a, b in zip([0, *cuts], [*cuts, len(many)], strict=True)]
        rng.shuffle(shards)
        merged = Latencies()
        for shard in shards:
            merged = merged.merged(shard)
        right = shards[-1]
        for shard in reversed(shards[:-1]):
            right = shard.merged(right)
        assert merged == right == whole
        assert merged.summary() == whole.summary()
        assert merged.curve() == whole.curve()
        assert merged.interval(95) == whole.interval(95)


@pytest.mark.parametrize("seed", range(20))
def test_merging_few_is_recording_all_in_one(seed: int) -> None:
    rng = random.Random(seed)
    one, two, three = ([rng.expovariate(0.01) for _ in range(rng.randrange(200))] for _ in range(3))
    a, b, c = Latencies(one), Latencies(two), Latencies(three)
    assert a.merged(b).merged(c) == a.merged(b.merged(c)) == c.merged(a).merged(b) == Latencies([*one, *two, *three])
    assert a == Latencies(one)  # what is merged stays what it was
    assert a.merged(b).exact


@pytest.mark.parametrize(
    ("here", "there", "exact"),
    [
        (EXACT_BELOW - 1, 0, True),
        (EXACT_BELOW - 2, 1, True),
        (EXACT_BELOW - 1, 1, False),
        (EXACT_BELOW, 0, False),
        (EXACT_BELOW // 2, EXACT_BELOW // 2, False),
        (EXACT_BELOW, 5, False),
        (5, EXACT_BELOW, False),
        (EXACT_BELOW, EXACT_BELOW, False),
    ],
)
def test_the_limit_is_that_of_all_together(here: int, there: int, exact: bool) -> None:
    values = drawn("exponential", here + there)
    merged = Latencies(values[:here]).merged(Latencies(values[here:]))
    assert merged.exact is exact
    assert len(merged) == here + there
    assert merged == Latencies(values)


def test_a_histogram_goes_on_counting() -> None:
    values = drawn("uniform", EXACT_BELOW + 1000)
    latencies = Latencies(values[:EXACT_BELOW])
    before = latencies.percentile(50)
    latencies.extend([500.0] * (EXACT_BELOW + 1))
    assert before < 110 < latencies.percentile(50) == pytest.approx(500, rel=0.001)
    assert len(latencies) == 2 * EXACT_BELOW + 1


@pytest.mark.parametrize("count", [1, 2, 3, 19, 20, 21, 100, 1000, 5000])
def test_below_the_limit_every_number_is_that_of_the_list(count: int) -> None:
    values = drawn("lognormal", count)
    latencies, ordered = Latencies(values), sorted(values)
    assert latencies.summary() == pytest.approx(statistics.summary(ordered), abs=0.0011)  # the mean's last digit
    assert latencies.percentiles(*PERCENTS) == statistics.percentiles(ordered, *PERCENTS)
    assert [latencies.interval(percent) for percent in PERCENTS] == [
        statistics.interval(ordered, percent) for percent in PERCENTS
    ]


def test_nothing_recorded_is_zero_everywhere() -> None:
    nothing = Latencies()
    assert len(nothing) == 0
    assert nothing.percentile(95) == 0
    assert nothing.interval(95) == (0, 0)
    assert nothing.summary() == {"min": 0, "mean": 0, "p50": 0, "p90": 0, "p95": 0, "p99": 0, "max": 0}
    assert nothing.curve() == []
    assert nothing.merged(nothing) == nothing


def test_percentiles_are_named_as_they_are_written() -> None:
    assert Latencies([1.0, 2.0]).percentiles(50, 99.9) == {"p50": 1.0, "p99.9": 2.0}


def test_recording_after_reading_is_seen() -> None:
    latencies = Latencies([5.0, 3.0])
    assert latencies.percentile(100) == 5
    latencies.add(1.0)
    latencies.add(9.0)
    assert (latencies.percentile(1), latencies.percentile(100)) == (1, 9)


def test_the_curve_ends_where_there_is_nothing_more_to_tell() -> None:
    ten = Latencies(float(value) for value in range(1, 11)).curve()
    assert ten[0] == (0, 1.0)
    assert ten[-2:] == [(90, 9.0), (100, 10.0)]
    assert ten[10] == (50, 5.0)
    assert Latencies([7.0]).curve() == [(0, 7.0), (100, 7.0)]
    thousand = Latencies(float(value) for value in range(1, 1001)).curve()
    assert thousand[-3:] == [(99.5, 995.0), (99.9, 999.0), (100, 1000.0)]
    assert sorted(thousand) == thousand


@pytest.mark.parametrize("count", [0, 1, 300, EXACT_BELOW + 7])
def test_what_is_written_as_json_is_read_back(count: int) -> None:
    latencies = Latencies(drawn("exponential", count))
    read = Latencies.from_dict(json.loads(json.dumps(latencies.to_dict())))
    assert read == latencies
    assert (len(read), read.exact) == (len(latencies), latencies.exact)
    assert read.summary() == latencies.summary()
    assert read.merged(latencies) == latencies.merged(latencies)


def test_every_slot_is_less_than_a_thousandth_wide_and_none_overlap() -> None:
    rng = random.Random(4)
    for units in [*range(10_000), *(rng.randrange(LARGEST_MS * 1000) for _ in range(10_000)), LARGEST_MS * 1000]:
        slot = slot_of(units)
        assert slot_of(top_of(slot)) == slot
        assert slot_of(top_of(slot) + 1) == slot + 1
        assert 0 <= top_of(slot) - units <= units / 1000


def test_slots_are_those_of_hdrhistogram() -> None:
    """Source: its HistogramTest.java, testHighestEquivalentValue (an hour in microseconds, three digits)."""
    assert top_of(slot_of(8180)) == 8183
    assert top_of(slot_of(8191)) == 8191
    assert top_of(slot_of(8193)) == 8199
    assert top_of(slot_of(9995)) == 9999
    assert top_of(slot_of(10007)) == 10007
    assert slot_of(10007) == slot_of(10000)
    assert slot_of(10009) == slot_of(10008)
    assert slot_of(10008) == slot_of(10007) + 1


def test_what_took_longer_than_an_hour_is_counted_and_the_longest_is_exact() -> None:
    latencies = Latencies(drawn("uniform", EXACT_BELOW))
    latencies.extend([2.0 * LARGEST_MS] * EXACT_BELOW)
    latencies.add(3.0 * LARGEST_MS)
    assert latencies.percentile(100) == 3.0 * LARGEST_MS
    assert latencies.percentile(99) == pytest.approx(LARGEST_MS, rel=0.001)


def test_latencies_are_kept_to_the_microsecond() -> None:
    assert Latencies([1.23449]).percentile(50) == 1.234
    assert Latencies([1.2346]).percentile(50) == 1.235
    assert Latencies([0.0]).percentile(50) == 0.0
    assert Latencies([1.0]) != Latencies([1.001])
    assert Latencies([1.0]) != [1.0]
