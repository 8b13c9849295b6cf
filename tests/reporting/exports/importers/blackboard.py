"""Reads a file as the upload of Blackboard does."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from tests.reporting.exports.importers.refusal import RefusedError

NO_DATA = ("Last Name", "First Name", "Username", "Student ID", "Last Access", "Availability")
NOTES = ("Grading Notes", "Notes Format", "Feedback to Learner", "Feedback Format")


def upload(content: bytes, usernames: Sequence[str], columns: Sequence[str] = ()) -> dict[str, dict[str, float]]:
    """Return the grades by column and username. A column that exists is named by its id, a new one by its heading.

    Args:
        content: UTF-16 with tabs, or UTF-8 with commas.
        usernames: the students of the course.
        columns: the ids of columns that exist.
    """
    utf_16 = content.startswith(b"\xff\xfe")
    if not utf_16 and not content.startswith(b"\xef\xbb\xbf"):
        content.decode("ascii")  # without a byte-order mark, other letters are read wrongly
    text = content.decode("utf-16" if utf_16 else "utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter="\t" if utf_16 else ","))
    heading = rows[0]
    if "Username" not in heading:
        raise RefusedError("no column Username")
    grades: dict[str, dict[str, float]] = {}
    for column, name in enumerate(heading):
        if name in NO_DATA or name in NOTES:
            continue
        found = re.search(r"\|\s*([0-9]+)\s*$", name)
        if found and found[1] not in columns:
            raise RefusedError(f"no column {found[1]}")
        for cells in rows[1:]:
            username = cells[heading.index("Username")]
            if username in usernames and cells[column] not in ("", "Exempt"):
                grades.setdefault(found[1] if found else name, {})[username] = float(cells[column])
    return grades
