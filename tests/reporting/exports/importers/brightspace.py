"""Reads a file as the grade import of Brightspace does."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from tests.reporting.exports.importers.refusal import RefusedError

VALUE = re.compile(
    r"(?P<item>.+) (?:Points Grade|Grade Symbol|Text Grade|Adjusted Final Grade (?:Numerator|Denominator))"
)


def import_grades(
    content: bytes, users: Sequence[tuple[str, str]], items: dict[str, float]
) -> dict[str, dict[str, float]]:
    """Return the grades by item and username.

    Args:
        content: CSV in UTF-8.
        users: the students of the course: OrgDefinedId and Username.
        items: the grade items with their maximum, above which a grade is cut.
    """
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    heading = rows[0]
    keys = [name for name in heading if name in ("OrgDefinedId", "Username")]
    if not keys or heading[: len(keys)] != keys:
        raise RefusedError("OrgDefinedId or Username has to be first")
    if heading[-1] != "End-of-Line Indicator" or any(cells[-1] != "#" for cells in rows[1:]):
        raise RefusedError("no End-of-Line Indicator")
    grades: dict[str, dict[str, float]] = {}
    for column in range(len(keys), len(heading) - 1):
        found = VALUE.fullmatch(heading[column])
        if not found:
            raise RefusedError(f"no grade column: {heading[column]}")
        if found["item"] not in items:
            raise RefusedError(f"create the item {found['item']}?")
        for cells in rows[1:]:
            given = dict(zip(keys, (cell.removeprefix("#") for cell in cells), strict=False))
            matched = [
                user
                for user in users
                if given.get("OrgDefinedId", user[0]) == user[0] and given.get("Username", user[1]) == user[1]
            ]
            if len(matched) == 1 and cells[column]:
                value = min(float(cells[column]), items[found["item"]])
                grades.setdefault(found["item"], {})[matched[0][1]] = value
    return grades
