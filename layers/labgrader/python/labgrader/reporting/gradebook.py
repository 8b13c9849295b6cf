"""The gradebook: a row per student, a column per check, safe to open in a spreadsheet."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from defusedcsv import csv

from labgrader.labs.lab import Lab
from labgrader.reporting.formatting import clean, points_text
from labgrader.roster import Student

COLUMNS = (
    "student_id",
    "username",
    "name",
    "email",
    "section",
    "status",
    "points",
    "max_points",
    "percent",
    "open_points",
)
"""The columns before those of the checks."""

MAX_CELL = 1_000
"""Characters of one cell; spreadsheets take 32,767."""


def render_gradebook(lab: Lab, rows: Iterable[tuple[Student, Mapping[str, Any]]]) -> bytes:
    """Return ``gradebook.csv``: UTF-8 without a BOM, CRLF, comma (RFC 4180).

    A check's cell holds the points that were earned, 0 for failed and skipped. A check that was not graded leaves its
    cell empty: nobody knows yet, and a 0 would be read as lost. Points of such checks are in ``open_points``.
    Cells that a spreadsheet would run as a formula begin with an apostrophe.

    Args:
        lab: gives the checks' columns, in its order.
        rows: the students in the roster's order, each with their report.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([*COLUMNS, *(item.id for item in lab.checks)])
    for student, report in rows:
        score = report["score"]
        earned = {
            check["id"]: points_text(check["points"]) for check in report["checks"] if check["status"] != "not_graded"
        }
        words = (student.student_id, student.username, student.name, student.email, student.section, report["status"])
        numbers = (score["points"], score["max_points"], score["percent"], score["open_points"])
        writer.writerow(
            [
                *(_cell(word) for word in words),
                *(points_text(number) for number in numbers),
                *(earned.get(item.id, "") for item in lab.checks),
            ]
        )
    return text.getvalue().encode()


def _cell(text: str) -> str:
    """Text on one line; full-width signs, which some spreadsheets read as the plain ones, are disarmed here."""
    shown = " ".join(clean(text, MAX_CELL).split())
    begins = shown[:1]
    if not begins.isascii() and unicodedata.normalize("NFKC", begins) in ("=", "+", "-", "@", "|", "%"):
        return f"'{shown}"
    return shown
