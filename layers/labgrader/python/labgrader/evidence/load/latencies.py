"""Latencies of a load test, each of them kept. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from labgrader.evidence.load.statistics import CONFIDENCE, interval_ranks, nearest_rank, rounded

UNITS_PER_MS = 1000
"""Latencies are whole microseconds: whole numbers add up to the same sum in any order."""

CURVE = (0, *range(5, 90, 5), *range(90, 100), 99.5, 99.9, 99.95, 99.99, 100)
"""Percents of the percentile curve: closer together where latencies differ most."""


class Latencies:
    """Latencies in milliseconds, to the microsecond, in any order.

    Every one is kept: a load test has at most 100,000 requests (``labgrader.labs.limits``), which is 3 MB.
    """

    def __init__(self, values: Iterable[float] = ()) -> None:
        self._units: list[int] = []
        self._sorted = True
        for milliseconds in values:
            self.add(milliseconds)

    def add(self, milliseconds: float) -> None:
        """Record one latency."""
        self._units.append(int(milliseconds * UNITS_PER_MS + 0.5))
        self._sorted = False

    def __len__(self) -> int:
        return len(self._units)

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
        return {
            "min": self._at(1) if count else 0.0,
            "mean": rounded(sum(self._units) / count / UNITS_PER_MS) if count else 0.0,
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

    def _at(self, rank: int) -> float:
        """Return the latency of a rank (from 1), in milliseconds."""
        if not self._sorted:
            self._units.sort()  # fast, because most of it is sorted already
            self._sorted = True
        return self._units[rank - 1] / UNITS_PER_MS
