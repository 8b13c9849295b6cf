"""Plots as inline SVG: drawn by pygal, then stripped to shapes and words. No script, no address, no id, no date.

pygal writes a script into every chart even with ``js=[]``, its own style sheet, comments with addresses and with the
day's date, and ids that two charts share. What is left here is styled by the page (``.chart`` in ``style.css.j2``), is
the same every time, and stands beside other charts without touching them.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, SubElement, tostring

from markupsafe import Markup

from labgrader.messages import quote
from labgrader.reporting.words import milliseconds_text

WIDTH = 860
HEIGHT = 280
BAR_HEIGHT = 240
MAX_NAME = 48
"""Characters of a function's name that fit beside a chart's legend."""

FONT = "system-ui, sans-serif"

_DROPPED = frozenset({"script", "style", "desc", "title", "defs"})
_KEPT_ATTRIBUTES = frozenset(
    {"class", "viewBox", "transform", "d", "x", "y", "cx", "cy", "r", "width", "height", "role", "aria-label"}
)


class _Kind(NamedTuple):
    """How one kind of request is drawn: its name is its CSS class, its mark can be told without colours."""

    name: str
    title: str
    outcomes: frozenset[str]
    draw: Callable[[Element, float, float], Element]


def latency_plot(load_test: Mapping[str, Any]) -> Markup:
    """Draw the latency of every request over time, succeeded, throttled and failed apart; empty without samples.

    Args:
        load_test: one of a report's ``load_tests``.
    """
    samples = load_test.get("samples") or []
    kinds = [(kind, _points(samples, kind)) for kind in _KINDS]
    kinds = [(kind, points) for kind, points in kinds if points]
    if not kinds:
        return Markup("")
    latencies = _ticks(max(latency for _, points in kinds for _, latency in points))
    seconds = _ticks(max(start for _, points in kinds for start, _ in points))
    chart = _pygal().XY(
        **_looks(HEIGHT, columns=3),
        stroke=False,
        dots_size=3,
        x_title="seconds since the first request",
        y_title="latency in ms",
        range=(0, latencies[-1]),
        xrange=(0, seconds[-1]),
        y_labels=latencies,
        x_labels=seconds,
        x_value_formatter=_number,
        value_formatter=_number,
    )
    for kind, points in kinds:
        chart.add(f"{kind.title} ({len(points)})", points)
    root = _stripped(chart, f"Latency of each request to {quote(load_test['target'])}")
    for index, (kind, points) in enumerate(kinds):
        _mark(root, index, kind, points)
    return _inline(root)


def comparison_plot(comparison: Mapping[str, Any]) -> Markup:
    """Draw the fastest, the median and the slowest latency of two functions side by side; empty where one has none.

    Args:
        comparison: one of a report's ``comparisons``.
    """
    sides = [sorted(comparison["baseline_ms"]), sorted(comparison["candidate_ms"])]
    if not all(sides):
        return Markup("")
    names = [quote(comparison[side], MAX_NAME) for side in ("baseline", "candidate")]
    values = [[side[0], median(side), side[-1]] for side in sides]
    ticks = _ticks(max(side[-1] for side in sides))
    chart = _pygal().Bar(
        **_looks(BAR_HEIGHT, columns=2),
        x_labels=["fastest", "median", "slowest"],
        y_title="latency in ms",
        y_labels=ticks,
        range=(0, ticks[-1]),
        value_formatter=_number,
    )
    for name, side in zip(names, values, strict=True):
        chart.add(name, side)
    root = _stripped(chart, f"Latency of {names[0]} and {names[1]}")
    for index, (kind, side) in enumerate(zip(("baseline", "candidate"), values, strict=True)):
        for group in _series(root, index):
            group.set("class", f"series {kind}")
        bars = [bar for group in _series_named(root, kind) for bar in group.iter("rect")]
        for bar, value in zip(bars, side, strict=True):
            SubElement(bar, "title").text = f"{names[index]}: {milliseconds_text(value)}"
        _legend(root, index).set("class", f"legend {kind}")
    return _inline(root)


def median(ordered: Sequence[float]) -> float:
    """The median by nearest rank: a latency that was measured, never one between two."""
    return ordered[(len(ordered) - 1) // 2]


# --- what is drawn -------------------------------------------------------------------------------------------------


def _points(samples: Sequence[Sequence[Any]], kind: _Kind) -> list[tuple[float, float]]:
    """Seconds and milliseconds of the requests of one kind; the kind without outcomes takes what the others leave."""
    known = frozenset[str]().union(*(other.outcomes for other in _KINDS))
    return [
        (start / 1000, latency)
        for start, latency, outcome in samples
        if (outcome in kind.outcomes if kind.outcomes else outcome not in known)
    ]


def _mark(root: Element, index: int, kind: _Kind, points: Sequence[tuple[float, float]]) -> None:
    """Give one series its marks, each with what it stands for, and its legend the same mark."""
    for group in _series(root, index):
        group.set("class", f"series {kind.name}")
    dots = [dot for group in _series_named(root, kind.name) for dot in group.iter("g") if dot.get("class") == "dots"]
    for dot, (start, latency) in zip(dots, points, strict=True):
        circle = dot[0]
        dot.remove(circle)
        mark = kind.draw(dot, float(circle.get("cx", 0)), float(circle.get("cy", 0)))
        SubElement(mark, "title").text = f"{milliseconds_text(latency)}, {start:.2f} s after the first"
    legend = _legend(root, index)
    legend.set("class", f"legend {kind.name}")
    box = legend.find("rect")
    if box is not None:
        x, y = (
            float(box.get(side, 0)) + float(box.get(size, 0)) / 2 for side, size in (("x", "width"), ("y", "height"))
        )
        legend.remove(box)
        kind.draw(legend, x, y)


def _circle(parent: Element, x: float, y: float) -> Element:
    return SubElement(parent, "circle", {"class": "mark", "cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "3"})


def _triangle(parent: Element, x: float, y: float) -> Element:
    return SubElement(parent, "path", {"class": "mark", "d": f"M{x - 4:.1f} {y + 3:.1f} h8 l-4 -7 Z"})


def _cross(parent: Element, x: float, y: float) -> Element:
    return SubElement(
        parent, "path", {"class": "mark", "d": f"M{x - 3.5:.1f} {y - 3.5:.1f} l7 7 M{x - 3.5:.1f} {y + 3.5:.1f} l7 -7"}
    )


_KINDS = (
    _Kind("succeeded", "succeeded", frozenset({"succeeded"}), _circle),
    _Kind("throttled", "throttled", frozenset({"throttled"}), _triangle),
    _Kind("broken", "failed", frozenset(), _cross),
)


# --- pygal's output, stripped ---------------------------------------------------------------------------------------


def _pygal() -> Any:
    """Import pygal where something is drawn (40 ms), without the finder it leaves in ``sys.meta_path``.

    That one looks for map plugins, which we don't use, and makes Python 3.11 warn at every import that follows.
    """
    import pygal

    sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != "pygal"]
    return pygal


def _looks(height: int, columns: int) -> dict[str, Any]:
    """What all charts share: the sizes that pygal needs to place things; colours are the page's."""
    from pygal.style import Style

    return {
        "js": [],
        "no_prefix": True,
        "width": WIDTH,
        "height": height,
        "margin": 8,
        "margin_right": 20,
        "margin_bottom": 18,
        "legend_at_bottom": True,
        "legend_at_bottom_columns": columns,
        "legend_box_size": 12,
        "truncate_legend": -1,
        "show_x_guides": False,
        "style": Style(
            font_family=FONT,
            label_font_size=12,
            major_label_font_size=12,
            title_font_size=12,
            legend_font_size=13,
        ),
    }


def _stripped(chart: Any, title: str) -> Element:
    """Render a chart and keep of it only shapes, places, words and classes."""
    from pygal.etree import etree

    etree.to_etree()  # where lxml happens to be installed pygal would take it, and write other bytes
    root: Element = chart.render_tree()
    for parent in list(root.iter()):
        for child in list(parent):
            noise = (
                child.tag in _DROPPED or not isinstance(child.tag, str) or "tooltip-overlay" in child.get("class", "")
            )
            if noise:
                parent.remove(child)
        for name in list(parent.attrib):
            if name not in _KEPT_ATTRIBUTES:
                del parent.attrib[name]
        for name, value in parent.attrib.items():
            parent.attrib[name] = _short(value) if name in ("x", "y", "width", "height") else value
    root.set("class", "chart")
    root.set("role", "img")
    root.set("aria-label", title)
    return root


def _series(root: Element, index: int) -> list[Element]:
    return [group for group in root.iter("g") if f"serie-{index}" in group.get("class", "").split()]


def _series_named(root: Element, name: str) -> list[Element]:
    return [group for group in root.iter("g") if group.get("class") == f"series {name}"]


def _legend(root: Element, index: int) -> Element:
    return [group for group in root.iter("g") if "legend" in group.get("class", "").split()][index]


def _inline(root: Element) -> Markup:
    return Markup(tostring(root, encoding="unicode"))  # noqa: S704  ElementTree has escaped every word in it


def _short(value: str) -> str:
    try:
        return f"{float(value):.1f}"
    except ValueError:
        return value


def _ticks(largest: float) -> list[float]:
    """Round numbers from 0 to just above the largest value: steps of 1, 2, 2.5 or 5 times a power of ten."""
    if largest <= 0:
        return [0.0, 1.0]
    power = 10.0 ** math.floor(math.log10(largest / 5))
    step = next(nice * power for nice in (1, 2, 2.5, 5, 10) if nice * power * 5 >= largest * 0.9999)
    return [round(step * number, 9) for number in range(math.ceil(largest / step * 0.9999) + 1)]


def _number(value: float) -> str:
    return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
