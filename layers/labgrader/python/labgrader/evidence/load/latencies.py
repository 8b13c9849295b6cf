"""Latencies of any number of requests: exact below a limit, in a histogram above, and mergeable either way. Pure.

The histogram is that of HdrHistogram (Gil Tene, https://github.com/HdrHistogram/HdrHistogram): log-linear, so that
every value is kept to three significant digits. It is written out here because the package ``hdrhistogram`` requires
a newer setuptools than the workflow SDK bears, and has no wheel for arm64.
"""

from __future__ import annotations

import sys
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import accumulate

from labgrader.evidence.load.statistics import CONFIDENCE, interval_ranks, nearest_rank, rounded
from labgrader.evidence.question import Json

EXACT_BELOW = 100_000
"""As many latencies are no longer kept one by one: a megabyte as JSON."""

UNITS_PER_MS = 1000
"""Latencies are whole microseconds: whole numbers add up to the same sum in any order."""

LARGEST_MS = 3_600_000
"""One hour; what took longer is counted as that, but for the largest, which is exact."""

CURVE = (0, *range(5, 90, 5), *range(90, 100), 99.5, 99.9, 99.95, 99.99, 100)
"""Percents of the percentile curve: closer together where latencies differ most."""

_SUB_BITS = 11  # the power of two that holds 2 * 10 ** 3: three significant digits
_HALF = 1 << (_SUB_BITS - 1)


def slot_of(units: int) -> int:
    """Return the slot of the histogram that a number of microseconds is counted in.

    Numbers of up to eleven bits have a slot each; of longer ones, the first eleven bits count.
    """
    dropped = max(units.bit_length() - _SUB_BITS, 0)
    return dropped * _HALF + (units >> dropped)


def top_of(slot: int) -> int:
    """Return the largest number of microseconds that is counted in a slot: what HdrHistogram answers for it."""
    dropped = max(slot // _HALF - 1, 0)
    return ((slot - dropped * _HALF + 1) << dropped) - 1


class Latencies:
    """Latencies in milliseconds, to the microsecond, in any order.

    Below ``EXACT_BELOW`` every one is kept. From then on they are counted in slots, each less than 0.1% wide, and only
    the number, the sum, the smallest and the largest are exact. Which of the two holds depends on how many there are
    and on nothing else: shards that are merged, in any order, are what one recording of all would have been.
    """

    def __init__(self, values: Iterable[float] = ()) -> None:
        self._units: list[int] = []  # while they are exact all of them, from then on those not counted in slots yet
        self._slots: Counter[int] = Counter()
        self._count = self._sum = self._most = 0  # of what is in the slots
        self._least = sys.maxsize
        self._steps: tuple[list[int], list[int]] | None = None  # slots, and how many lie in each and below
        self.extend(values)

    def add(self, milliseconds: float) -> None:
        """Record one latency."""
        self._units.append(int(milliseconds * UNITS_PER_MS + 0.5))
        if len(self._units) >= EXACT_BELOW:
            self._fold()

    def extend(self, values: Iterable[float]) -> None:
        """Record many, in milliseconds."""
        for milliseconds in values:
            self.add(milliseconds)

    def __len__(self) -> int:
        return self._count + len(self._units)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Latencies) and self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]  # it changes

    @property
    def exact(self) -> bool:
        """Whether every latency is kept."""
        return not self._slots

    def percentile(self, percent: float) -> float:
        """Return a percentile by nearest rank in milliseconds, or 0 where nothing was recorded.

        Args:
            percent: above 0 to 100, to a thousandth.
        """
        return self._at(nearest_rank(len(self), percent)) if len(self) else 0.0

    def percentiles(self, *percents: float) -> dict[str, float]:
        """Return several percentiles by name (``p50``, ``p99.9``), in milliseconds."""
        return {f"p{percent:g}": self.percentile(percent) for percent in percents}

    def interval(self, percent: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
        """Return the confidence interval of a percentile in milliseconds, or zeros where nothing was recorded.

        Args:
            percent: which percentile, between 0 and 100.
            confidence: 0 to 1; see ``interval_ranks`` for what few latencies can promise.
        """
        if not len(self):
            return 0.0, 0.0
        lower, upper = interval_ranks(len(self), percent, confidence)
        return self._at(lower), self._at(upper)

    def summary(self) -> dict[str, float]:
        """Return ``min mean p50 p90 p95 p99 max`` in milliseconds, or zeros where nothing was recorded."""
        count = len(self)
        total = sum(self._units) + self._sum
        return {
            "min": self._at(1) if count else 0.0,
            "mean": rounded(total / count / UNITS_PER_MS) if count else 0.0,
            **self.percentiles(50, 90, 95, 99),
            "max": self._at(count) if count else 0.0,
        }

    def curve(self) -> list[tuple[float, float]]:
        """Return ``(percent, milliseconds)`` of the percentile curve; empty where nothing was recorded.

        It begins with the smallest at 0 and ends with the largest at 100. What lies between is left out where there are
        too few latencies to tell it from the largest.
        """
        count = len(self)
        if not count:
            return []
        return [
            (percent, self.percentile(percent))
            for percent in CURVE
            if percent in (0, 100) or nearest_rank(count, percent) < count
        ]

    def merged(self, other: Latencies) -> Latencies:
        """Return both together, as if all had been recorded in one."""
        both = Latencies()
        for part in (self, other):
            both._take(part)
        return both

    def to_dict(self) -> dict[str, Json]:
        """Return them as JSON: all of them in microseconds, or how many are in each slot of the histogram."""
        if self.exact:
            return {"microseconds": sorted(self._units)}
        self._fold()
        return {
            "slots": [list(pair) for pair in sorted(self._slots.items())],
            "sum": self._sum,
            "min": self._least,
            "max": self._most,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Json]) -> Latencies:
        """Read what ``to_dict`` wrote."""
        latencies = cls()
        if "microseconds" in document:
            latencies._units = list(document["microseconds"])
            return latencies
        latencies._slots = Counter(dict(document["slots"]))
        latencies._count = latencies._slots.total()
        latencies._sum, latencies._least, latencies._most = document["sum"], document["min"], document["max"]
        return latencies

    def _take(self, other: Latencies) -> None:
        self._units += other._units
        if self._slots or other._slots or len(self._units) >= EXACT_BELOW:
            self._fold()
        self._slots.update(other._slots)
        self._count += other._count
        self._sum += other._sum
        self._least = min(self._least, other._least)
        self._most = max(self._most, other._most)
        self._steps = None

    def _fold(self) -> None:
        """Count in slots what was kept."""
        units, self._units = sorted(self._units), []
        if units:
            longest = LARGEST_MS * UNITS_PER_MS
            self._slots.update(slot_of(min(one, longest)) for one in units)
            self._count += len(units)
            self._sum += sum(units)
            self._least = min(self._least, units[0])
            self._most = max(self._most, units[-1])
            self._steps = None

    def _at(self, rank: int) -> float:
        """The latency of a rank (from 1), in milliseconds."""
        if self.exact:
            self._units.sort()  # nearly nothing to do where it was sorted before
            return self._units[rank - 1] / UNITS_PER_MS
        self._fold()
        if rank in (1, self._count):
            return (self._least if rank == 1 else self._most) / UNITS_PER_MS
        if self._steps is None:
            slots = sorted(self._slots)
            self._steps = slots, list(accumulate(self._slots[slot] for slot in slots))
        slots, below = self._steps
        return min(top_of(slots[bisect_left(below, rank)]), self._most) / UNITS_PER_MS
