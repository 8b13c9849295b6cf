"""Numbers in the cells of a file: with a decimal point or a decimal comma."""

from __future__ import annotations

import re
from collections.abc import Iterable

from labgrader.labs.points import points_text

_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)*")
_DECIMAL = re.compile(r"[+-]?[0-9]+(?P<sign>[.,])[0-9]{1,2}")


def number_of(text: str) -> float | None:
    """Return the number of a cell; the last point or comma is the decimal sign, as in Canvas. None for other text."""
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return None
    whole, _, decimals = text.replace(",", ".").rpartition(".")
    return float(f"{whole.replace('.', '')}.{decimals}") if whole else float(decimals)


def find_decimal_sign(texts: Iterable[str]) -> str:
    """Return the decimal sign that most of these cells have; empty if none of them has decimals."""
    signs = [found["sign"] for found in map(_DECIMAL.fullmatch, texts) if found]
    points, commas = signs.count("."), signs.count(",")
    return "" if points == commas else "," if commas > points else "."


def default_decimal_sign(separator: str) -> str:
    """Return the decimal sign of a file without decimals.

    Spreadsheets separate cells by semicolons where the decimal sign is a comma.
    """
    return "," if separator == ";" else "."


def written(points: float, sign: str) -> str:
    """Return points with at most two decimals."""
    return points_text(points).replace(".", sign)
