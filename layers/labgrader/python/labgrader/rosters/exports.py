"""The rows of an export of a learning platform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from labgrader.messages import quote
from labgrader.rosters import skipped_rows
from labgrader.rosters.entries import Entries, Entry, examples
from labgrader.rosters.headings import GROUPS, fold
from labgrader.rosters.problems import Place
from labgrader.rosters.shapes import Shape
from labgrader.rosters.table import Row, is_blank

_NAME_COLUMNS = ("student", "full_name", "first_name", "middle_name", "last_name")
_IDENTITY = ("student_id", "login", "email")


def export_entries(shape: Shape, header: Row, rows: Sequence[Row], place: Place) -> Entries:
    """Return the rows of an export by the columns of a class list.

    Args:
        shape: the shape of the file.
        header: its headings.
        rows: the rows below them.
        place: where the class list is.
    """
    found = _indices(shape, header.cells)
    columns = frozenset(column for column, indices in found.items() if indices and column not in _NAME_COLUMNS)
    entries = Entries(shape.id, shape.title, place, columns=columns, merges=shape.merges)
    used = {index for indices in found.values() for index in indices}
    unknown = [
        quote(heading.strip(), 60)
        for index, heading in enumerate(header.cells)
        if heading.strip() and index not in used
    ]
    if unknown:
        entries.notices.append(f"passed over {_columns(len(unknown))}: {examples(unknown)}")
    skipped, replaced = [], []
    left = next((index for index, heading in enumerate(header.cells) if heading.strip()), 0)
    for row in rows:
        if not is_blank(row.cells[len(header.cells) :]):
            said = f"the row has {len(row.cells)} cells, the header has {len(header.cells)}"
            entries.problems.append(place.problem(said, row.number))
        cells, by_second = _cells(shape, found, row)
        reason = shape.skipped({**cells, "first": "".join(row.cells[left : left + 1]), "row": "\n".join(row.cells)})
        reason = reason or skipped_rows.total(row.cells, [cells.get(column, "") for column in _IDENTITY])
        if reason:
            skipped.append(f"{row.number} ({quote(reason, 40)})")
            continue
        if by_second:
            replaced.append(f"{row.number} ({quote(cells['student_id'], 40)})")
        entries.rows.append(Entry(row.number, cells))
    if any(entry.value("email") for entry in entries.rows):  # the identifier of GitHub Classroom may be one
        entries.columns |= {"email"}
    if skipped:
        entries.notices.append(f"skipped, not a student: row {examples(skipped)}")
    if replaced:
        first, second = (header.cells[index].strip() for index in found["student_id"][:2])
        entries.notices.append(f"{first} is empty, and {second} is the student_id: row {examples(replaced)}")
    return entries


def _columns(number: int) -> str:
    return "1 column" if number == 1 else f"{number:,} columns"


def _indices(shape: Shape, headings: Sequence[str]) -> Mapping[str, list[int]]:
    """Return the cells with the values of each column, the preferred one first."""
    folded = [fold(heading) for heading in headings]
    return {
        column: [index for group in groups for index, heading in enumerate(folded) if heading in GROUPS[group]]
        for column, groups in shape.columns.items()
    }


def _cells(shape: Shape, found: Mapping[str, list[int]], row: Row) -> tuple[dict[str, str], bool]:
    """Return the values of a row by column, and whether its student_id is not from the preferred column."""
    cells, second = {}, False
    for column, indices in found.items():
        texts = [row.cells[index].strip() if index < len(row.cells) else "" for index in indices]
        if shape.stripped:
            texts = [text.removeprefix(shape.stripped) for text in texts]
        chosen = next((position for position, text in enumerate(texts) if text), 0)
        cells[column] = texts[chosen] if texts else ""
        if column == "student_id" and chosen:
            second = True
    if "@" in cells.get("identifier", "") and not cells["email"]:
        cells["email"] = cells["identifier"]
    name = _name(*(cells.pop(column, "") for column in _NAME_COLUMNS))
    return {**cells, "name": name}, second


def _name(student: str, full: str, first: str, middle: str, last: str) -> str:
    """Return the name of a student: as it is written in one column, or first, middle and last name."""
    if student or (full and not first):
        return student or full
    if first and full and not last:  # "Name" is the last name in a list with "Vorname"
        last, full = full, ""
    return full or " ".join(part for part in (first, middle, last) if part)
