"""Reads a CSV as Moodle's gradebook import does (``grade/import/csv/classes/load_data.php``)."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from tests.reporting.exports.importers.refusal import RefusedError

FIELDS = {"id", "idnumber", "email", "username"}


def import_gradebook(
    content: bytes, users: Sequence[dict[str, str]], *, by: str, item: str, locked: Sequence[str] = ()
) -> dict[str, tuple[float, str]]:
    """Return grade and feedback of each username. One bad row cancels the whole import.

    Args:
        content: the file, UTF-8 with commas.
        users: the users of the course, each with ``username``, ``idnumber`` and ``email``.
        by: the column that the teacher maps to the same field of the users.
        item: the heading of the new item; its maximum is 100.
        locked: usernames with a locked grade.
    """
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    grades: dict[str, tuple[float, str]] = {}
    if by not in FIELDS:
        raise RefusedError("no such field")
    for row in rows:
        found = [user for user in users if user[by] == row[by]]
        if len(found) != 1:
            raise RefusedError(f"unknown user: {row[by]}")
        username = found[0]["username"]
        if username in locked:
            raise RefusedError("the grade item is locked")
        value = row[item].strip()
        if value in ("", "-"):
            continue
        try:
            grade = float(value)
        except ValueError:
            raise RefusedError(f"{value} is not a number") from None
        if grade > 100:
            raise RefusedError("the grade is above the maximum")
        grades[username] = (grade, row["Feedback"])
    return grades
