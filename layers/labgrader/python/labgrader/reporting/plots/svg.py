"""What all plots share: pygal places things, we draw the marks, and nothing but shapes, places and words is left.

pygal writes a script into every chart even with ``js=[]``, its own style sheet, comments with addresses and with the
day's date, and ids that two charts share. What is left here is styled by the page (``.chart`` in ``style.css.j2``), is
the same every time, and stands beside other charts without touching them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from markupsafe import Markup

from labgrader.reporting.plots.marks import Mark

WIDTH = 860
FONT = "system-ui, sans-serif"

LEFT = 60
LEGEND_ROW = 20
LEGEND_KEY = 24
LEGEND_GAP = 20
CHARACTER = 6.8
"""How wide a letter of the legend is at most, on average: the fonts of readers differ."""

Place = tuple[float, float]
Labels = Sequence[tuple[float, str]]

_DROPPED = frozenset({"script", "style", "desc", "title", "defs"})
_KEPT_ATTRIBUTES = frozenset(
    {"class", "viewBox", "transform", "d", "x", "y", "cx", "cy", "r", "width", "height", "role", "aria-label"}
)


@dataclass(frozen=True)
class Series:
    """What is drawn in one way.

    Args:
        name: its CSS class.
        points: where, on the plot's axes.
        draw: draws all of it, given the same points as places in the plot.
        title: its words in the legend; empty for none.
        key: its mark in the legend.
        joined: whether a line joins the points.
    """

    name: str
    points: Sequence[Place]
    draw: Callable[[Element, Sequence[Place]], None]
    title: str = ""
    key: Mark | None = None
    joined: bool = False


def plot(
    series: Sequence[Series],
    *,
    label: str,
    height: int,
    x_title: str,
    x_labels: Labels,
    x_ends: Place,
    y_title: str,
    y_labels: Labels,
    y_ends: Place,
) -> Markup:
    """Draw series in their order, the last one on top.

    Args:
        series: what to draw; each has points.
        label: what the plot says, for who cannot see it.
        height: without the legend, in the plot's unit, of which it is ``WIDTH`` wide.
        x_title, y_title: what the axes are.
        x_labels, y_labels: the words along them with their places.
        x_ends, y_ends: the places of their ends.
    """
    chart = _pygal().XY(
        **_looks(height, bool(y_title)),
        x_title=x_title,
        x_labels=[{"value": place, "label": words} for place, words in x_labels],
        y_labels=[{"value": place, "label": words} for place, words in y_labels],
        x_labels_major=[x_ends[0]],
        y_labels_major=[y_ends[0]],
        xrange=x_ends,
        range=y_ends,
    )
    for one in series:
        chart.add(None, list(one.points), stroke=one.joined)
    root = _stripped(chart, label)
    for index, one in enumerate(series):
        _draw(root, index, one)
    if y_title:
        write(root, 8, 16, y_title, "words")
    bottom = _draw_legend(root, [one for one in series if one.title], height)
    root.set("viewBox", f"0 0 {WIDTH} {bottom}")
    return Markup(tostring(root, encoding="unicode"))  # noqa: S704  ElementTree has escaped every word in it


def marked(mark: Mark, tips: Sequence[str]) -> Callable[[Element, Sequence[Place]], None]:
    """Return what draws one mark at each place, with what it stands for."""

    def draw(parent: Element, places: Sequence[Place]) -> None:
        for (x, y), tip in zip(places, tips, strict=True):
            SubElement(mark(parent, x, y), "title").text = tip

    return draw


def unmarked(parent: Element, places: Sequence[Place]) -> None:
    """Draw nothing besides the line."""


def write(parent: Element, x: float, y: float, words: str, kind: str = "note") -> None:
    """Write words into a plot; they begin at a place, or end there where the kind's style says so."""
    SubElement(parent, "text", {"class": kind, "x": f"{x:.1f}", "y": f"{y:.1f}"}).text = words


def _draw(root: Element, index: int, series: Series) -> None:
    """Put our marks in place of pygal's dots."""
    groups = [group for group in root.iter("g") if f"serie-{index}" in group.get("class", "").split()]
    for group in groups:
        group.set("class", f"series {series.name}")
    places: list[Place] = []
    drawn = groups[0]
    for group in groups:
        for dots in [child for child in group if child.get("class") == "dots"]:
            places.append((float(dots[0].get("cx", 0)), float(dots[0].get("cy", 0))))
            group.remove(dots)
            drawn = group
    series.draw(drawn, places)


def _draw_legend(root: Element, series: Sequence[Series], top: int) -> int:
    """Write each title beside its mark, as many in a row as fit, and return how far down that goes.

    pygal's own legend has columns of one width, which long titles leave.
    """
    x, y = float(LEFT), top + LEGEND_ROW / 2
    for one in series:
        width = LEGEND_KEY + CHARACTER * len(one.title) + LEGEND_GAP
        if x > LEFT and x + width > WIDTH:
            x, y = LEFT, y + LEGEND_ROW
        entry = SubElement(root, "g", {"class": f"legend {one.name}"})
        if one.key:
            one.key(entry, x + LEGEND_KEY / 2, y - 4)
        write(entry, x + LEGEND_KEY, y, one.title, "words")
        x += width
    return round(y + LEGEND_ROW / 2)


def _pygal() -> Any:
    """Import pygal where something is drawn (40 ms), without the finder it leaves in ``sys.meta_path``.

    That one looks for map plugins, which we don't use, and makes Python 3.11 warn at every import that follows.
    """
    import pygal

    sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != "pygal"]
    return pygal


def _looks(height: int, titled: bool) -> dict[str, Any]:
    """What all charts share: the sizes that pygal needs to place things; colours are the page's."""
    from pygal.style import Style

    return {
        "js": [],
        "no_prefix": True,
        "width": WIDTH,
        "height": height,
        "margin": 8,
        "margin_top": 28 if titled else 8,
        "margin_right": 20,
        "margin_bottom": 12,
        "show_legend": False,
        "truncate_label": -1,
        "show_x_guides": False,
        "dots_size": 3,
        "style": Style(
            font_family=FONT,
            label_font_size=12,
            major_label_font_size=12,
            title_font_size=12,
        ),
    }


def _stripped(chart: Any, label: str) -> Element:
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
    root.set("aria-label", label)
    return root


def _short(value: str) -> str:
    try:
        return f"{float(value):.1f}"
    except ValueError:
        return value
