"""The plot of latency percentiles, with a stretched tail."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from markupsafe import Markup

from labgrader.documents.report import ReportLoadTest
from labgrader.evidence.load.statistics import fewest_measurements
from labgrader.messages import quote
from labgrader.reporting.formatting import milliseconds_text
from labgrader.reporting.plots import marks
from labgrader.reporting.plots.axis import measured_axis
from labgrader.reporting.plots.svg import Place, Series, marked, plot, unmarked, write

HEIGHT = 300

TICKS = ((0.0, "0"), (50.0, "50%"), (90.0, "90%"), (95.0, "95%"), (99.0, "99%"), (99.9, "99.9%"), (99.99, "99.99%"))
"""Percentiles along the axis."""

LAST_PERCENT = 99.999
"""The last percentile that the axis may show."""


def percentile_plot(load_test: ReportLoadTest) -> Markup:
    """Draw the percentile curve, p95 with its interval, and the service time of the open model.

    The axis is that of HdrHistogram's plots: each equal step leaves a tenth of the slower requests. A line joins points
    only if the whole curve was measured. The service time, and older records without a curve, have marks.

    Args:
        load_test: one of a report's ``load_tests``.
    """
    succeeded, latency = load_test["succeeded"], load_test["latency_ms"]
    if not succeeded:
        return Markup("")
    last = stretched(min(100 - 50 / max(succeeded, 2), LAST_PERCENT))  # so that the slowest request has a place
    whole = load_test.get("curve")
    measured = [(percent, value) for percent, value in whole or ()]
    measured = measured or [(0, latency["min"]), *((p, latency[f"p{p}"]) for p in (50, 90, 95, 99))]
    curve = [*((percent, value) for percent, value in sorted(measured) if percent < 100), (100, latency["max"])]
    service = [(percent, load_test.get("service_ms", {}).get(f"p{percent}", 0)) for percent in (50, 95, 99)]
    service = service if load_test["model"] == "open" and any(value for _, value in service) else []
    low, high = load_test["p95_interval_ms"]
    values = [value for _, value in (*curve, *service)] + [low, high, latency["p95"]]
    axis = measured_axis(values, min([latency["p50"], *(value for _, value in service[:1])]))

    def placed(percent: float, value: float) -> Place:
        return min(stretched(percent), last), max(axis.place(value), axis.ends[0])

    felt = "latency, from the moment a request was due" if load_test["model"] == "open" else "latency"
    tips = [f"{percent:g}% within {milliseconds_text(value)}" for percent, value in curve]
    draw, key = (unmarked, marks.stroke) if whole else (marked(marks.ring, tips), marks.ring)
    series = [Series("felt", [placed(*point) for point in curve], draw, felt, key, joined=bool(whole))]
    if service:
        tips = [f"service time: {percent}% within {milliseconds_text(value)}" for percent, value in service]
        series.append(
            Series(
                "service",
                [placed(*point) for point in service],
                marked(marks.diamond, tips),
                "service time, from the moment it was sent",
                marks.diamond,
            )
        )
    bounds = f"{milliseconds_text(low)} to {milliseconds_text(high)}"
    is_sure = succeeded >= fewest_measurements(95)
    confidence = f"with 95% confidence {bounds}" if is_sure else f"{bounds}, with less than 95% confidence"
    words = f"p95 {milliseconds_text(latency['p95'])}"
    series.append(
        Series(
            "interval",
            [placed(95, low), placed(95, latency["p95"]), placed(95, high)],
            _draw_interval(f"{words} ({bounds})", f"{words}; {confidence}"),
            "95% interval of p95" if is_sure else "interval of p95, less than 95% confidence",
            marks.bar,
        )
    )
    said = ", ".join(f"{p}% within {milliseconds_text(latency[f'p{p}'])}" for p in (50, 90, 95, 99))
    return plot(
        series,
        label=f"Percentiles of the latency of {quote(load_test['target'])}: {said}; p95 {confidence}.",
        height=HEIGHT,
        x_title="percentage of successful requests that took at most this long",
        x_labels=_labels(last),
        x_ends=(0, last),
        y_title=axis.titled("latency in ms"),
        y_labels=axis.labels,
        y_ends=axis.ends,
    )


def stretched(percent: float) -> float:
    """Return the place of a percentile: 0 at 0%, 1 at 90%, 2 at 99%, 3 at 99.9%.

    Source: HdrHistogram's percentile plots.
    """
    return math.inf if percent >= 100 else math.log10(100 / (100 - max(percent, 0)))


def _labels(last: float) -> list[tuple[float, str]]:
    """Return the percentiles on the axis, and the slowest request at its end."""
    labels = [(stretched(percent), words) for percent, words in TICKS if stretched(percent) < last - 0.15]
    return [*labels, (last, "slowest")]


def _draw_interval(words: str, tip: str) -> Any:
    """Return a function that draws a vertical bar with feet, a square at its value, and words beside it."""

    def draw(parent: Element, places: Sequence[Place]) -> None:
        (x, low), (_, value), (_, high) = places
        feet = f"M{x - 5:.1f} {low:.1f} h10 M{x:.1f} {low:.1f} V{high:.1f} M{x - 5:.1f} {high:.1f} h10"
        SubElement(SubElement(parent, "path", {"class": "mark", "d": feet}), "title").text = tip
        SubElement(marks.square(parent, x, value), "title").text = tip
        write(parent, x - 9, value - 6, words, "note end")

    return draw
