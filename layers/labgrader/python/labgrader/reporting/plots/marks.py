"""The shapes of marks. They differ without color, at 8 pixels and in black and white."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree.ElementTree import Element, SubElement

Mark = Callable[[Element, float, float], Element]
"""Draws one mark at a place, and returns it."""


def dot(parent: Element, x: float, y: float) -> Element:
    """A filled circle."""
    return SubElement(parent, "circle", {"class": "mark", "cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "3"})


def ring(parent: Element, x: float, y: float) -> Element:
    """An empty circle."""
    return SubElement(parent, "circle", {"class": "mark", "cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": "3.2"})


def diamond(parent: Element, x: float, y: float) -> Element:
    """An empty square on its corner."""
    return _path(parent, f"M{x:.1f} {y - 4.5:.1f} l4.5 4.5 l-4.5 4.5 l-4.5 -4.5 Z")


def triangle(parent: Element, x: float, y: float) -> Element:
    """An empty triangle."""
    return _path(parent, f"M{x - 4:.1f} {y + 3:.1f} h8 l-4 -7 Z")


def square(parent: Element, x: float, y: float) -> Element:
    """A filled square."""
    return _path(parent, f"M{x - 3.5:.1f} {y - 3.5:.1f} h7 v7 h-7 Z")


def cross(parent: Element, x: float, y: float) -> Element:
    """Two diagonal strokes that cross."""
    return _path(parent, f"M{x - 3.5:.1f} {y - 3.5:.1f} l7 7 M{x - 3.5:.1f} {y + 3.5:.1f} l7 -7")


def plus(parent: Element, x: float, y: float) -> Element:
    """A vertical and a horizontal stroke that cross."""
    return _path(parent, f"M{x - 4.5:.1f} {y:.1f} h9 M{x:.1f} {y - 4.5:.1f} v9")


def stroke(parent: Element, x: float, y: float) -> Element:
    """A piece of a line, for a legend."""
    return SubElement(parent, "path", {"class": "line", "d": f"M{x - 8:.1f} {y:.1f} h16"})


def bar(parent: Element, x: float, y: float) -> Element:
    """A vertical stroke with feet: an interval, for a legend."""
    return _path(parent, f"M{x - 3:.1f} {y - 6:.1f} h6 M{x:.1f} {y - 6:.1f} v12 M{x - 3:.1f} {y + 6:.1f} h6")


def _path(parent: Element, path: str) -> Element:
    return SubElement(parent, "path", {"class": "mark", "d": path})
