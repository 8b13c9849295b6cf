"""The plot of a comparison: all latencies of two functions on one axis, with their medians."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from markupsafe import Markup

from labgrader.documents.report import ReportComparison
from labgrader.messages import quote
from labgrader.reporting.formatting import counted, milliseconds_text
from labgrader.reporting.plots import marks
from labgrader.reporting.plots.axis import Axis, measured_axis
from labgrader.reporting.plots.svg import WIDTH, Place, Series, marked, plot, write

HEIGHT = 290
MAX_NAME = 80
"""The most characters of a function's name above its strip."""

COLUMNS = 120
"""The number of dots that fit side by side."""

STRIP = 0.28
"""The largest distance of a dot from the middle of its strip. The strips are 1 apart."""

STEP = 0.05
"""The largest distance between two dots of one column."""


def comparison_plot(comparison: ReportComparison) -> Markup:
    """Draw all latencies of two functions on one axis, with their medians. Return empty markup if one has no latencies.

    Args:
        comparison: one of a report's ``comparisons``.
    """
    sides = {"baseline": comparison["baseline_ms"], "candidate": comparison["candidate_ms"]}
    if not all(sides.values()):
        return Markup("")
    names = {
        "baseline": quote(comparison["baseline"], MAX_NAME),
        "candidate": quote(comparison["candidate"], MAX_NAME),
    }
    medians = {name: median(side) for name, side in sides.items()}
    axis = measured_axis([value for side in sides.values() for value in side], min(medians.values()))
    series = []
    for row, name, mark in ((1, "baseline", marks.ring), (0, "candidate", marks.dot)):
        places = [axis.place(value) for value in sides[name]]
        points = [(place, row + off) for place, off in zip(places, _spread(places, axis), strict=True)]
        tips = [f"{names[name]}: {milliseconds_text(value)}" for value in sides[name]]
        series.append(Series(name, points, marked(mark, tips), f"{name} ({len(points)})", mark))
        middle = axis.place(medians[name])
        words = f"median {milliseconds_text(medians[name])}"
        series.append(Series("median", [(middle, row - 0.36), (middle, row + 0.36)], _draw_median(words)))
        series.append(Series("name", [(axis.ends[0], row + 0.44)], _draw_name(names[name])))
    said = ", ".join(
        f"{names[name]} median {milliseconds_text(medians[name])} of {counted(len(sides[name]), 'request')}"
        for name in sides
    )
    return plot(
        series,
        label=f"Latencies of two functions on one axis: {said}.",
        height=HEIGHT,
        x_title=axis.titled("latency in ms"),
        x_labels=axis.labels,
        x_ends=axis.ends,
        y_title="",
        y_labels=[(-0.5, ""), (0.58, ""), (1.66, "")],
        y_ends=(-0.5, 1.66),
    )


def _spread(places: Sequence[float], axis: Axis) -> list[float]:
    """Return the distance of each dot from the middle of its strip. Equal latencies must not hide each other."""
    low, high = axis.ends
    columns = [math.floor((place - low) / ((high - low) or 1) * COLUMNS) for place in places]
    step = min(STEP, 2 * STRIP / max(Counter(columns).values()))
    seen: dict[int, int] = {}
    offsets = []
    for column in columns:
        number = seen[column] = seen.get(column, -1) + 1
        offsets.append((number + 1) // 2 * step * (1 if number % 2 else -1))
    return offsets


def _draw_median(words: str) -> Any:
    """Return a function that draws a vertical line, with words on the side that has room."""

    def draw(parent: Element, places: Sequence[Place]) -> None:
        (x, bottom), (_, top) = places
        SubElement(parent, "path", {"class": "mark", "d": f"M{x:.1f} {bottom:.1f} V{top:.1f}"})
        if x > WIDTH * 0.75:
            write(parent, x - 6, bottom - 2, words, "note end")
        else:
            write(parent, x + 6, bottom - 2, words)

    return draw


def _draw_name(name: str) -> Any:
    """Return a function that writes a name above a strip."""

    def draw(parent: Element, places: Sequence[Place]) -> None:
        ((x, y),) = places
        write(parent, x + 4, y, name, "name")

    return draw
