"""Points as people see them: two decimals that add up, and full marks only where nothing is missing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

DECIMALS = 2
"""Decimals of points and of percentages."""

_PARTS = 10**DECIMALS


def shown_points(points: Sequence[float]) -> list[float]:
    """Return the points of a lab's checks with two decimals, so that they add up to ``total_points``.

    This is the method of the largest remainder: all points are rounded down, and the hundredths that are then missing
    go to the checks that lost most. Points with two decimals stay as they are.

    Args:
        points: what each check is worth.
    """
    exact = [_hundredths(value) for value in points]
    shown = [math.floor(value) for value in exact]
    missing = round(sum(exact)) - sum(shown)
    by_loss = sorted(range(len(exact)), key=lambda index: shown[index] - exact[index])
    for index in by_loss[:missing]:
        shown[index] += 1
    return [value / _PARTS for value in shown]


def total_points(points: Iterable[float]) -> float:
    """Return the exact sum of points, rounded to two decimals."""
    return float(round(sum(map(_hundredths, points), Fraction(0))) / _PARTS)


def rounded_below(value: float, full: float, decimals: int = DECIMALS) -> float:
    """Round a number, but never up to ``full``: 99.995 of 100 is 99.99.

    Args:
        value: the number.
        full: full marks; a value that reaches them is returned as it is rounded.
        decimals: how many decimals to keep.
    """
    shown = float(round(value, decimals))
    if value >= full or shown < full:
        return shown
    return float(max(0.0, round(full - 10**-decimals, decimals)))


def percent_of(points: float, max_points: float) -> float:
    """Return points as a percentage with two decimals: 100 only for all of them, and 0 of 0 points."""
    if points >= max_points:
        return 100.0 if max_points else 0.0
    return rounded_below(100 * points / max_points, 100)


def points_text(value: float) -> str:
    """Return points as people write them: ``8``, ``7.5``, ``3.33``."""
    return f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")


def _hundredths(points: float) -> Fraction:
    """Return points in hundredths, exactly as they are written: 0.7 is 70, and not 69.999…"""
    hundredths: Fraction = Fraction(str(points)) * _PARTS
    return hundredths
