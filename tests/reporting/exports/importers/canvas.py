"""Reads a gradebook and a rubric as the import of Canvas does (``lib/gradebook_importer.rb``)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.reporting.exports.importers.refusal import RefusedError

DROPPED = re.compile(r"(current|final|override) (score|points|grade)", re.IGNORECASE)
NUMERIC = re.compile(r"[0-9.,]+%?")


@dataclass(frozen=True)
class User:
    """A student of the course in Canvas."""

    canvas_id: str
    login: str
    name: str
    sis_id: str = ""


@dataclass
class Imported:
    """What the import changes: grades by title and login. ``None`` clears a grade, ``EX`` excuses."""

    grades: dict[str, dict[str, float | str | None]] = field(default_factory=dict)
    new: dict[str, float] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


def normalized(cell: str) -> str:
    """Canvas rewrites digits with points and commas: the last one is the decimal point."""
    if not NUMERIC.fullmatch(cell):
        return cell
    found = re.fullmatch(r"(.*?)(?:[.,]([0-9]+))?(%?)", cell)
    assert found
    whole = re.sub("[.,]", "", found[1])
    return f"{whole}.{found[2]}{found[3]}" if found[2] else f"{whole}{found[3]}"


def import_gradebook(content: bytes, users: Sequence[User], assignments: dict[str, str] | None = None) -> Imported:
    """Read a gradebook.

    Args:
        content: the file.
        users: the students of the course.
        assignments: the titles of assignments by id.
    """
    known = assignments or {}
    text = content.decode("utf-8-sig")
    separator = ";" if text.split("\n", 1)[0].count(";") > text.split("\n", 1)[0].count(",") else ","
    rows = [
        [normalized(cell) for cell in cells]
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        if re.sub(r"[;,\s]", "", "".join(cells))
    ]
    heading = rows[0]
    if len(heading) <= 3 or "Student" not in heading[0] or "ID" not in heading[1]:
        raise RefusedError("Invalid header row")
    identity = ["Student", "ID"]
    if heading[2] == "SIS Login ID":
        identity += ["SIS Login ID"]
    elif heading[2:4] == ["SIS User ID", "SIS Login ID"]:
        identity += ["SIS User ID", "SIS Login ID"]
    last = len(identity)
    while last < len(heading) and heading[last] in ("Integration ID", "Root Account"):
        last += 1
    if last >= len(heading) or "Section" not in heading[last]:
        raise RefusedError("Invalid header row")
    if any("Manual Posting" in cell or cell == "Muted" for cell in rows[1]):
        rows.pop(1)
    possible = rows.pop(1) if "Points Possible" in rows[1][0] else [""] * len(heading)
    result = Imported()
    columns: dict[int, str] = {}
    for column in range(last + 1, len(heading)):
        if DROPPED.search(heading[column]) or "read only" in possible[column]:
            continue
        found = re.search(r"\(([0-9]+)\)\s*$", heading[column])
        if found and found[1] in known:
            columns[column] = known[found[1]]
        elif found:
            raise RefusedError(f"no assignment {found[1]}")
        else:
            columns[column] = heading[column]
            if heading[column] not in known.values():
                result.new[heading[column]] = float(possible[column])
    for cells in rows[1:]:
        user = _user(dict(zip(identity, cells, strict=False)), users)
        if user is None:
            result.unknown.append(cells[0])
            continue
        for column, title in columns.items():
            cell = cells[column].strip() if column < len(cells) else ""
            if cell == "N/A":
                continue
            excused = cell.lower() in ("ex", "excused")
            value = "EX" if excused else round(float(cell), 2) if cell else None
            result.grades.setdefault(title, {})[user.login] = value
    return result


def _user(cells: dict[str, str], users: Sequence[User]) -> User | None:
    if cells["ID"]:
        found = [user for user in users if user.canvas_id == cells["ID"]]
    elif cells.get("SIS User ID"):
        found = [user for user in users if user.sis_id == cells["SIS User ID"]]
    elif cells.get("SIS Login ID"):
        found = [user for user in users if user.login == cells["SIS Login ID"]]
    else:
        found = [user for user in users if user.name == cells["Student"]]
    return found[0] if len(found) == 1 else None


def import_rubric(content: bytes) -> dict[str, list[tuple[str, str, list[tuple[str, float]]]]]:
    """Read rubrics: for each, its criteria with name, description and ratings."""
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    fixed = ["Rubric Name", "Criteria Name", "Criteria Description", "Criteria Enable Range"]
    rating = ["Rating Name", "Rating Description", "Rating Points"]
    if rows[0][:4] != fixed or rows[0][4:] != rating * ((len(rows[0]) - 4) // 3):
        raise RefusedError("Invalid header row")
    rubrics: dict[str, list[tuple[str, str, list[tuple[str, float]]]]] = {}
    for cells in rows[1:]:
        if not cells[0] or not cells[1]:
            raise RefusedError("Missing rubric name or criterion")
        if cells[3] not in ("true", "false"):
            raise RefusedError("Criteria Enable Range is true or false")
        parts = [cells[start : start + 3] for start in range(4, len(cells), 3)]
        ratings = [(part[0], float(part[2])) for part in parts if part[0]]
        rubrics.setdefault(cells[0], []).append((cells[1], cells[2], ratings))
    return rubrics
