"""Rows of an export that are no students: limits, totals, test students, students who left."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from labgrader.rosters.headings import fold

Cells = Mapping[str, str]
"""The values of a row by column. ``first`` is the first cell of the row, and ``row`` all cells in one text."""

_TOTALS = frozenset(
    fold(word)
    for word in (
        "Total", "Totals", "Grand total", "Average", "Overall average", "Class average", "Mean", "Median", "Sum",
        "Count", "Minimum", "Maximum", "Standard deviation", "Number of students", "Total students",
        "Summe", "Gesamt", "Gesamtsumme", "Durchschnitt", "Gesamtdurchschnitt", "Mittelwert", "Anzahl",
        "Somme", "Total général", "Moyenne", "Moyenne générale", "Médiane", "Nombre d'étudiants",
        "Suma", "Total general", "Promedio", "Promedio general", "Media", "Media total", "Número de estudiantes",
    )
)  # fmt: skip

_NUMBER = re.compile(r"[\d.,\s%/-]*")

_NUMBER_BEHIND = re.compile(r"[\d.,:=()%\s/-]+\Z")
"""The number in the same cell as the word: ``Total: 24``."""

_LEFT = re.compile(r"drop|withdr|wait|cancel|delet|abgemeldet|baja", re.IGNORECASE)
"""Registration statuses of students who are not, or no longer, in the class."""


def none(_cells: Cells) -> str:
    """Skip no row."""
    return ""


def total(cells: Sequence[str], identity: Sequence[str]) -> str:
    """Return the word that makes a row a total, such as ``Total``; empty for the row of a student.

    Args:
        cells: all cells of the row.
        identity: the values that only a student has.
    """
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not filled or fold(_NUMBER_BEHIND.sub("", filled[0])) not in _TOTALS:
        return ""
    if any(value.strip() for value in identity):
        return ""  # a student with a name such as Total
    return filled[0] if all(is_number(cell) for cell in filled[1:]) else ""


def is_number(cell: str) -> bool:
    """Return whether a cell has only digits and the signs that numbers and percentages have."""
    return _NUMBER.fullmatch(cell) is not None


def of_canvas(cells: Cells) -> str:
    """Skip the limits, the row about posting, and the test student of Canvas."""
    first, row = cells["first"], cells["row"]
    if fold(first).startswith("pointspossible"):
        return "Points Possible"
    if not cells["student_id"]:
        found = re.search(r"\b(Manual Posting|Muted)\b", row)
        if found and not first.strip():
            return found[1]
        if first.startswith("    "):  # "Points Possible" in another language
            return first.strip()
    if cells["name"] in ("Student, Test", "Test Student"):
        return "Student, Test"
    return ""


def of_blackboard(cells: Cells) -> str:
    """Skip the preview user of a Blackboard instructor."""
    return "preview user" if cells.get("login", "").endswith("_previewuser") else ""


def of_google(cells: Cells) -> str:
    """Skip the rows with dates and points of Google Classroom."""
    return cells["first"].strip() if not cells["email"] and fold(cells["first"]) in ("date", "points") else ""


def not_registered(cells: Cells) -> str:
    """Skip students of Banner who dropped the class, withdrew, or wait for a seat."""
    status = cells.get("registration_status", "").strip("* ")
    return status if _LEFT.search(status) else ""
