"""Axes: round numbers, and a logarithmic scale if a few large values would flatten all others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

FLATTENING = 8
"""The largest ratio of the largest value to the typical value on a linear axis.

With a larger ratio, typical values would be a flat line at the bottom, below one cold start.
"""

FLOOR = 0.1
"""The smallest number on a logarithmic axis, in the unit of its values. Smaller values are drawn at this number."""

MOST_TICKS = 9
"""The most numbers on one axis."""

LOGARITHMIC = "logarithmic scale"


@dataclass(frozen=True)
class Axis:
    """An axis.

    Args:
        ticks: the numbers along it, smallest first.
        logarithmic: whether its scale is logarithmic.
    """

    ticks: tuple[float, ...]
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """Return the place of a value on the axis: the value, or its logarithm."""
        return math.log10(max(value, FLOOR)) if self.logarithmic else value

    @property
    def ends(self) -> tuple[float, float]:
        """The places of the first and the last number."""
        return self.place(self.ticks[0]), self.place(self.ticks[-1])

    @property
    def labels(self) -> list[tuple[float, str]]:
        """Each number as text, with its place."""
        return [(self.place(tick), number_text(tick)) for tick in self.ticks]

    def titled(self, title: str) -> str:
        """Return a title that names the scale if it is logarithmic."""
        return f"{title}, {LOGARITHMIC}" if self.logarithmic else title


def linear_axis(largest: float) -> Axis:
    """Return an axis from 0 to just above the largest value, in steps of 1, 2, 2.5 or 5 times a power of ten."""
    if largest <= 0:
        return Axis((0.0, 1.0))
    power = 10.0 ** math.floor(math.log10(largest / 5))
    step = next(nice * power for nice in (1, 2, 2.5, 5, 10) if nice * power * 5 >= largest * 0.9999)
    return Axis(tuple(round(step * number, 9) for number in range(math.ceil(largest / step * 0.9999) + 1)))


def measured_axis(values: Sequence[float], typical: float) -> Axis:
    """Return the axis on which a reader can distinguish the values.

    Args:
        values: at least one value, none negative.
        typical: the value that must not be flattened: a median, or the smaller of two medians.
    """
    largest = max(values)
    if largest <= FLATTENING * max(typical, FLOOR):
        return linear_axis(largest)
    low, high = math.log10(max(min(values), FLOOR)), math.log10(largest)
    decades = range(math.floor(low), math.ceil(high) + 1)
    ticks = [nice * 10.0**decade for decade in decades for nice in (1, 2, 5)]
    first = max(index for index, tick in enumerate(ticks) if tick <= 10**low * 1.0001)
    last = min(index for index, tick in enumerate(ticks) if tick >= 10**high * 0.9999)
    shown = ticks[first : last + 1]
    if len(shown) > MOST_TICKS:
        stride = math.ceil(len(decades) / MOST_TICKS)
        most = decades[-1] + -len(decades[1:]) % stride
        shown = [10.0**decade for decade in range(decades[0], most + 1, stride)]
    return Axis(tuple(shown), logarithmic=True)


def number_text(value: float) -> str:
    """Return a number as text for an axis: ``0.25``, ``1,000``, ``1e+12``."""
    if value >= 1e9:
        return f"{value:.3g}"
    return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
