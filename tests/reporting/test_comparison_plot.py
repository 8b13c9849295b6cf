"""The plot of a comparison: all latencies on one axis, and no dot hides another."""

from __future__ import annotations

import re
from typing import Any

import pytest

from labgrader.reporting.plots import comparison_plot
from tests.reporting.plot_reading import label, marks, shape, words


def compared(**changes: Any) -> str:
    values: Any = {"baseline": "a", "candidate": "b", "baseline_ms": [3.0, 1.0, 2.0], "candidate_ms": [0.5]}
    return str(comparison_plot(values | changes))


def test_comparison_plot_has_all_latencies_and_the_medians() -> None:
    svg = compared(baseline_ms=[2104.0, 2087.0, 2093.0, 2110.0], candidate_ms=[61.0, 55.0, 57.0])
    assert [mark[0].text for mark in marks(svg, "baseline")] == [
        "a: 2,104 ms",
        "a: 2,087 ms",
        "a: 2,093 ms",
        "a: 2,110 ms",
    ]
    assert len(marks(svg, "candidate")) == 3
    assert {"a", "b", "median 2,098 ms", "median 57 ms", "baseline (4)", "candidate (3)"} <= set(words(svg))
    assert "latency in ms, logarithmic scale" in words(svg)
    assert shape(marks(svg, "baseline")[0]) != shape(marks(svg, "candidate")[0])
    assert label(svg) == (
        "Latencies of two functions on one axis: a median 2,098 ms of 4 requests, b median 57 ms of 3 requests."
    )


def test_comparison_plot_spreads_equal_latencies() -> None:
    svg = compared(baseline_ms=[2.0] * 9)
    places = [(mark.get("cx"), mark.get("cy")) for mark in marks(svg, "baseline")]
    assert len(set(places)) == 9


@pytest.mark.parametrize("side", [[0.0], [0.0] * 1000, [1e12, 0.0], [1e12] * 3])
def test_comparison_plot_draws_extreme_latencies(side: list[float]) -> None:
    svg = compared(baseline_ms=side)
    assert len(marks(svg, "baseline")) == len(side)
    assert not re.search(r"\bnan\b|\binf", svg.lower())
