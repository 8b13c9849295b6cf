"""What all plots share: two axes, the series on them, and a legend, as SVG.

A plot has no script, no style, no id and no address. The page styles it (``.chart`` in ``style.css.j2``), it is the
same every time, and it stands beside other plots without touching them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from markupsafe import Markup

from labgrader.reporting.plots.marks import Mark

WIDTH = 860

RIGHT = 20
TOP, TOP_WITH_TITLE = 8, 28
BOTTOM = 56
"""Space around the plot, in its unit; below it stand the numbers and the title of the x axis."""

PADDING = 0.019
"""The share of the plot's width and height that is left free beyond the ends of an axis, for marks that lie there."""

LABEL_GAP = 5
"""From the plot to the numbers of the y axis."""

LEFT = 60
LEGEND_ROW = 20
LEGEND_KEY = 24
LEGEND_GAP = 20
CHARACTER = 6.8
"""How wide a letter of the legend is at most, on average: the fonts of readers differ."""

Place = tuple[float, float]
Labels = Sequence[tuple[float, str]]


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
    left = LABEL_GAP + 8 + CHARACTER * max(len(words) for _, words in y_labels)
    top = TOP_WITH_TITLE if y_title else TOP
    area = _Area(WIDTH - left - RIGHT, height - top - BOTTOM, x_ends, y_ends)
    root = Element("svg", {"class": "chart", "role": "img", "aria-label": label})
    drawn = SubElement(root, "g", {"class": "plot", "transform": f"translate({left:.1f}, {top})"})
    _draw_y_axis(drawn, area, y_labels)
    _draw_x_axis(drawn, area, x_labels)
    for one in series:
        group = SubElement(drawn, "g", {"class": f"series {one.name}"})
        places = [area.place(point) for point in one.points]
        if one.joined:
            SubElement(group, "path", {"class": "line", "d": "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in places)})
        one.draw(group, places)
    write(root, left + area.width / 2, height - 12, x_title, "title")
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


@dataclass(frozen=True)
class _Area:
    """The part of a plot in which the series are drawn.

    Args:
        width, height: in the plot's unit.
        x_ends, y_ends: the values at the ends of the axes.
    """

    width: float
    height: float
    x_ends: Place
    y_ends: Place

    def x(self, value: float) -> float:
        """Return how far from the left a value stands."""
        return self.width * (PADDING + (1 - 2 * PADDING) * _share(value, self.x_ends))

    def y(self, value: float) -> float:
        """Return how far from the top a value stands."""
        return self.height * (PADDING + (1 - 2 * PADDING) * (1 - _share(value, self.y_ends)))

    def place(self, point: Place) -> Place:
        """Return where a point stands."""
        return self.x(point[0]), self.y(point[1])


def _share(value: float, ends: Place) -> float:
    """Return how far along an axis a value stands: 0 at its first end, 1 at its last."""
    return (value - ends[0]) / ((ends[1] - ends[0]) or 1)


def _draw_y_axis(parent: Element, area: _Area, labels: Labels) -> None:
    """Draw a horizontal line across the plot at each number; the first one is the axis."""
    axis = SubElement(parent, "g", {"class": "axis y"})
    for index, (value, words) in enumerate(labels):
        y = area.y(value)
        kind = "guide line" if index else "axis major line"
        SubElement(axis, "path", {"class": kind, "d": f"M0 {y:.1f} H{area.width:.1f}"})
        SubElement(axis, "text", {"x": f"{-LABEL_GAP}", "y": f"{y + 4:.1f}"}).text = words


def _draw_x_axis(parent: Element, area: _Area, labels: Labels) -> None:
    """Draw the upright axis at the first number, and write every number below the plot."""
    axis = SubElement(parent, "g", {"class": "axis x"})
    first = area.x(labels[0][0])
    SubElement(axis, "path", {"class": "axis major line", "d": f"M{first:.1f} 0 V{area.height:.1f}"})
    for value, words in labels:
        SubElement(axis, "text", {"x": f"{area.x(value):.1f}", "y": f"{area.height + 16:.1f}"}).text = words


def _draw_legend(root: Element, series: Sequence[Series], top: int) -> int:
    """Write each title beside its mark, as many in a row as fit, and return how far down that goes."""
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
