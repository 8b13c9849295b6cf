"""Axes: round numbers around the measurements, and a scale that keeps them apart."""

from __future__ import annotations

import pytest

from labgrader.reporting.plots.axis import MOST_TICKS, linear_axis, measured_axis, number_text


@pytest.mark.parametrize("largest", [0, 1e-9, 0.3, 1, 7, 99.9, 100, 1e12])
def test_linear_axis_goes_from_zero_to_just_above_the_largest_value(largest: float) -> None:
    axis = linear_axis(largest)
    assert axis.ticks[0] == 0
    assert largest <= axis.ticks[-1] * 1.001
    assert len(axis.ticks) <= MOST_TICKS
    assert not axis.logarithmic


@pytest.mark.parametrize("low", [0.0, 0.05, 1.0, 48.0, 999.0])
@pytest.mark.parametrize("high", [9.0, 100.0, 857.0, 1e5, 1e12])
def test_logarithmic_axis_includes_the_smallest_and_the_largest_value(low: float, high: float) -> None:
    axis = measured_axis([low, high], 0.1)
    assert axis.logarithmic
    assert 2 <= len(axis.ticks) <= MOST_TICKS + 1
    assert axis.ends[0] <= axis.place(low) + 1e-4
    assert axis.place(high) <= axis.ends[1] + 1e-4


@pytest.mark.parametrize(("largest", "logarithmic"), [(8.0, False), (8.01, True)])
def test_axis_is_logarithmic_above_eight_times_the_typical_value(largest: float, logarithmic: bool) -> None:
    assert measured_axis([1.0, largest], 1.0).logarithmic is logarithmic


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "0"), (0.25, "0.25"), (999, "999"), (1000, "1,000"), (1e6, "1,000,000"), (1e12, "1e+12")]
)
def test_number_text_formats_numbers_of_an_axis(value: float, shown: str) -> None:
    assert number_text(value) == shown
