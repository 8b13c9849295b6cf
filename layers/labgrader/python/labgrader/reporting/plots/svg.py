"""Draw a plot as SVG: two axes, the series on them, and a legend.

A plot has no scripts, no styles, no ids and no addresses. The page styles it (``.chart`` in ``style.css.j2``). The same
data give the same plot, and a page may have several plots.
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
"""The space around the plot, in its unit. The numbers and the title of the x axis are below the plot."""

PADDING = 0.019
"""The free share of width and height beyond each end of an axis, for marks at the end."""

LABEL_GAP = 5
"""The distance from the plot to the numbers of the y axis."""

LEFT = 60
LEGEND_ROW = 20
LEGEND_KEY = 24
LEGEND_GAP = 20
CHARACTER = 6.8
"""The largest average width of a letter of the legend. The fonts of readers differ."""

Place = tuple[float, float]
Labels = Sequence[tuple[float, str]]


@dataclass(frozen=True)
class Series:
    """A series of points.

    Args:
        name: the CSS class.
        points: the points, in values of the axes.
        draw: draws the series, given the points as places in the plot.
        title: the title in the legend; empty for no entry.
        key: the mark in the legend.
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
        series: the series; each has points.
        label: the content of the plot in words, for readers who cannot see it.
        height: the height without the legend. The width is ``WIDTH``.
        x_title, y_title: the titles of the axes.
        x_labels, y_labels: the words along the axes, with their places.
        x_ends, y_ends: the places of the ends of the axes.
    """
    left = LABEL_GAP + 8 + CHARACTER * max(len(words) for _, words in y_labels)
    top = TOP_WITH_TITLE if y_title else TOP
    area = _Area(WIDTH - left - RIGHT, height - top - BOTTOM, x_ends, y_ends)
    root = Element("svg", {"class": "chart", "role": "img", "aria-label": label})
    drawn = SubElement(root, "g", {"class": "plot", "transform": f"translate({left:.1f}, {top})"})
    _draw_y_axis(drawn, area, y_labels)
    _draw_x_axis(drawn, area, x_labels)
    for line in series:
        group = SubElement(drawn, "g", {"class": f"series {line.name}"})
        places = [area.place(point) for point in line.points]
        if line.joined:
            SubElement(group, "path", {"class": "line", "d": "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in places)})
        line.draw(group, places)
    write(root, left + area.width / 2, height - 12, x_title, "title")
    if y_title:
        write(root, 8, 16, y_title, "words")
    bottom = _draw_legend(root, [line for line in series if line.title], height)
    root.set("viewBox", f"0 0 {WIDTH} {bottom}")
    return Markup(tostring(root, encoding="unicode"))  # noqa: S704  ElementTree has escaped all text


def marked(mark: Mark, tips: Sequence[str]) -> Callable[[Element, Sequence[Place]], None]:
    """Return a function that draws one mark at each place, with a tooltip."""

    def draw(parent: Element, places: Sequence[Place]) -> None:
        for (x, y), tip in zip(places, tips, strict=True):
            SubElement(mark(parent, x, y), "title").text = tip

    return draw


def unmarked(parent: Element, places: Sequence[Place]) -> None:
    """Draw no marks."""


def write(parent: Element, x: float, y: float, words: str, kind: str = "note") -> None:
    """Write words into a plot. They begin at a place, or end there if the style of the kind says so."""
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
        """Return the distance of a value from the left."""
        return self.width * (PADDING + (1 - 2 * PADDING) * _share(value, self.x_ends))

    def y(self, value: float) -> float:
        """Return the distance of a value from the top."""
        return self.height * (PADDING + (1 - 2 * PADDING) * (1 - _share(value, self.y_ends)))

    def place(self, point: Place) -> Place:
        """Return the place of a point."""
        return self.x(point[0]), self.y(point[1])


def _share(value: float, ends: Place) -> float:
    """Return the position of a value along an axis: 0 at its first end, 1 at its last."""
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
    """Draw the vertical axis at the first number, and write every number below the plot."""
    axis = SubElement(parent, "g", {"class": "axis x"})
    first = area.x(labels[0][0])
    SubElement(axis, "path", {"class": "axis major line", "d": f"M{first:.1f} 0 V{area.height:.1f}"})
    for value, words in labels:
        SubElement(axis, "text", {"x": f"{area.x(value):.1f}", "y": f"{area.height + 16:.1f}"}).text = words


def _draw_legend(root: Element, series: Sequence[Series], top: int) -> int:
    """Write each title beside its mark, as many in a row as fit. Return the bottom of the legend."""
    x, y = float(LEFT), top + LEGEND_ROW / 2
    for line in series:
        width = LEGEND_KEY + CHARACTER * len(line.title) + LEGEND_GAP
        if x > LEFT and x + width > WIDTH:
            x, y = LEFT, y + LEGEND_ROW
        entry = SubElement(root, "g", {"class": f"legend {line.name}"})
        if line.key:
            line.key(entry, x + LEGEND_KEY / 2, y - 4)
        write(entry, x + LEGEND_KEY, y, line.title, "words")
        x += width
    return round(y + LEGEND_ROW / 2)
