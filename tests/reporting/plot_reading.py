"""Read a plot: its marks by kind, its words and its axes."""

from __future__ import annotations

import re
from xml.etree import ElementTree


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314  labgrader's own output


def marks(svg: str, kind: str) -> list[ElementTree.Element]:
    """Return the marks of one series, without those of the legend."""
    return [
        mark
        for group in parsed(svg).iter("g")
        if group.get("class") == f"series {kind}"
        for mark in group
        if mark.get("class") == "mark"
    ]


def lines(svg: str) -> list[ElementTree.Element]:
    """Return the lines that join points, without those of the legend."""
    return [
        path
        for group in parsed(svg).iter("g")
        if (group.get("class") or "").startswith("series ")
        for path in group
        if path.get("class") == "line"
    ]


def shape(mark: ElementTree.Element) -> str:
    """Return the shape of a mark without its place."""
    return mark.tag + mark.get("r", "") + re.sub(r"M[-\d.]+ [-\d.]+", "M", mark.get("d", ""))


def words(svg: str) -> list[str]:
    return [text.text or "" for text in parsed(svg).iter("text")]


def label(svg: str) -> str:
    return parsed(svg).get("aria-label", "")


def ticks(svg: str, axis: str) -> list[str]:
    (group,) = [group for group in parsed(svg).iter("g") if (group.get("class") or "").split()[:2] == ["axis", axis]]
    return [text.text or "" for text in group.iter("text")]
