"""The contrast of the colors of the style sheet, computed as WCAG 2.2 defines it. No browser is needed."""

from __future__ import annotations

import re
from itertools import product

import pytest

from labgrader.judging.verdict import STATUSES
from tests.accessibility.recorded_pages import recorded_pages

TEXTS = ("ink", "quiet", "link")
GROUNDS = ("paper", "ground")
PLOTS = ("blue", "sky", "ochre", "orange", "pink")


def palette(scheme: str) -> dict[str, str]:
    """The colors of the style sheet by their names, without hyphens."""
    style = recorded_pages()["load test"]
    light, dark = re.findall(r"(?s):root \{(.*?)\}", style)
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]+)", light if scheme == "light" else dark))


def luminance(color: str) -> float:
    """The relative luminance of a color (WCAG 2.2, "relative luminance")."""
    digits = color[1:] if len(color) == 7 else "".join(2 * digit for digit in color[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast of two colors, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_black_on_white_has_the_highest_contrast() -> None:
    assert contrast("#000", "#fff") == pytest.approx(21)
    assert contrast("#777777", "#fff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_a_contrast_of_at_least_4_5(scheme: str) -> None:
    colors = palette(scheme)
    grounds = [*GROUNDS, "code", "hover", "target", *(f"{status}-ground" for status in ("not_graded", "skipped"))]
    pairs = [*product(TEXTS, grounds), *((status, f"{status}-ground") for status in STATUSES)]
    pairs += [(status, "paper") for status in STATUSES]
    low = [(text, ground) for text, ground in pairs if contrast(colors[text], colors[ground]) < 4.5]
    assert low == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_mark_of_a_plot_has_a_contrast_of_at_least_3(scheme: str) -> None:
    colors = palette(scheme)
    assert [plot for plot in (*PLOTS, "rule") if contrast(colors[plot], colors["paper"]) < 3] == []


def test_both_schemes_have_the_same_names() -> None:
    assert list(palette("light")) == list(palette("dark"))
