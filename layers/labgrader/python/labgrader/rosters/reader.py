"""The one reader of class lists: bytes in; students, notices and problems out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from labgrader.errors import BadInputError, Problem
from labgrader.messages import quote
from labgrader.rosters.accounts import AccountsFile, join_accounts
from labgrader.rosters.characters import named, without_invisible
from labgrader.rosters.checked_students import checked_students
from labgrader.rosters.delimited import read_delimited
from labgrader.rosters.entries import Entries, Entry, examples
from labgrader.rosters.exports import export_entries
from labgrader.rosters.file_kinds import ZIP, is_markup, other_kind
from labgrader.rosters.made_usernames import make_usernames, report_beginnings
from labgrader.rosters.plain import FORMAT, is_plain, json_entries, plain_entries
from labgrader.rosters.problems import Place, first_problems
from labgrader.rosters.shapes import ACCOUNTS, SHAPES, UNNAMED, Shape
from labgrader.rosters.spreadsheet_damage import damage, unwrapped
from labgrader.rosters.student import COLUMNS, Student
from labgrader.rosters.table import MAX_BYTES, Row, Table, UnreadableFileError
from labgrader.rosters.text import WINDOWS, DecodedText, NotTextError, decode
from labgrader.rosters.usernames import UsernameSource

_IDS = ("username", "student_id", "account_id", "region", "role_arn", "external_id")
"""The columns with a pattern that no control character fits."""

_TITLE_ROWS = 10
"""Rows at the top that may stand above the headings."""


@dataclass(frozen=True)
class ClassList:
    """What was read of a class list.

    Args:
        format: the shape of the file: ``labgrader``, ``canvas``, ``moodle-worksheet``, …; empty if it is no table.
        encoding: the encoding of the text, or ``xlsx``; empty if it is no table.
        students: the students in the order of the list, also those with problems.
        notices: what was passed over, and what was changed, one sentence each.
        problems: what is wrong. With a problem, no run starts.
        rewritten: whether the students are not what the file alone says: it is another format than labgrader's own, or
            usernames or accounts came from elsewhere.
    """

    format: str
    encoding: str
    students: Sequence[Student]
    notices: Sequence[str]
    problems: Sequence[Problem]
    rewritten: bool = False

    def checked(self) -> list[Student]:
        """Return the students.

        Raises:
            BadInputError: the first problems, and how many more there are.
        """
        if self.problems:
            raise BadInputError(first_problems(self.problems), self.notices)
        return list(self.students)

    def stored(self, content: bytes) -> tuple[bytes, str]:
        """Return what is stored with a run, and the end of its key: the file, or its students as JSON.

        Args:
            content: the file. It is stored if it gives the same students without options.
        """
        if self.rewritten:
            rows = [student.to_dict() for student in self.students]
            return json.dumps(rows, indent=1).encode(), ".json"
        return content, ".json" if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{") else ".csv"

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON: ``format``, ``encoding``, ``students``, ``notices``, ``problems``."""
        return {
            "format": self.format,
            "encoding": self.encoding,
            "students": [{column: getattr(student, column) for column in COLUMNS} for student in self.students],
            "notices": list(self.notices),
            "problems": [str(problem) for problem in first_problems(self.problems)],
        }


def read_class_list(
    content: bytes,
    source: str,
    field: str = "",
    *,
    username_from: UsernameSource | None = None,
    accounts: AccountsFile | None = None,
) -> ClassList:
    """Read a class list of any platform.

    Args:
        content: a text file with separators, a workbook, an HTML table, or JSON.
        source: the name of the file, for messages. ``.json``, or content that begins with a bracket, is read as JSON.
        field: the field of the request with the class list. Messages name it and no file then.
        username_from: the column that missing usernames are made from.
        accounts: a second file with the cloud accounts of the students.
    """
    place = Place("" if field else source, field)
    needs_username = username_from is None and accounts is None
    entries = _entries(content, place, is_json=_is_json_name(source), needs_username=needs_username)
    _clean(entries)
    _note_windows(entries)
    if accounts is not None:
        second = _entries(
            accounts.content, Place(accounts.source), is_json=_is_json_name(accounts.source), only=ACCOUNTS
        )
        _clean(second)
        entries.problems += second.problems
        entries.notices += [f"{accounts.source}: {notice}" for notice in second.notices]
        if not second.problems:
            join_accounts(entries, second, accounts.source)
    _merge_rows(entries)
    made = make_usernames(entries, username_from, with_accounts=accounts is not None)
    is_plain_alone = entries.format == FORMAT and accounts is None
    by_row = username_from is None and (is_plain_alone or "username" in entries.columns)
    students = checked_students(entries, require_username=by_row)
    report_beginnings(entries, students, made)
    return ClassList(
        entries.format,
        entries.encoding,
        students,
        entries.notices,
        entries.problems,
        rewritten=entries.format != FORMAT or bool(made) or accounts is not None or entries.encoding != "utf-8",
    )


def read_roster(content: bytes, source: str, field: str = "") -> list[Student]:
    """Return the students of a class list.

    Args:
        content, source, field: as ``read_class_list`` takes them.

    Returns:
        The students in the order of the list. Usernames are trimmed and in lower case.

    Raises:
        BadInputError: the problems, with row and column.
    """
    return read_class_list(content, source, field).checked()


def _is_json_name(source: str) -> bool:
    return source.lower().endswith(".json")


def _entries(
    content: bytes, place: Place, *, is_json: bool, needs_username: bool = False, only: Shape | None = None
) -> Entries:
    """Return the rows of a file of any kind.

    Args:
        content: the file.
        place: the place of the file, for problems.
        is_json: whether its name says that it is JSON.
        needs_username: whether a class list of labgrader's own format has to have the column with usernames.
        only: the only shape that the file can have; None for all shapes of class lists.
    """
    has_headings = partial(_has_headings, only=only)
    try:
        if len(content) > MAX_BYTES:
            limit = f"{MAX_BYTES // 1_000_000} MB"
            raise UnreadableFileError(f"has {len(content) / 1e6:,.1f} MB; a class list has at most {limit}")
        if other_kind(content):
            raise UnreadableFileError(other_kind(content))
        if content.startswith(ZIP):
            from labgrader.rosters.workbook import read_workbook  # imported here: few class lists are workbooks

            table = read_workbook(content, has_headings)
            return _of_table(table, place, needs_username=needs_username, only=only)
        decoded = decode(content)
        if is_json or decoded.text.lstrip()[:1] in ("[", "{"):
            columns = (*COLUMNS, "login") if only else COLUMNS
            return replace(
                json_entries(decoded.text, replace(place, by_index=True), columns), encoding=decoded.encoding
            )
        table = _table(decoded, place, has_headings)
        return _of_table(table, place, needs_username=needs_username, only=only)
    except (UnreadableFileError, NotTextError) as error:
        entries = Entries("", "", place)
        entries.problems.append(place.problem(str(error)))
        return entries


def _table(decoded: DecodedText, place: Place, has_headings: Callable[[Sequence[Row]], bool]) -> Table:
    if is_markup(decoded.text):
        from labgrader.rosters.html_table import read_html  # imported here: few class lists are HTML

        return read_html(decoded, has_headings)
    return read_delimited(decoded, place)


def _of_table(table: Table, place: Place, *, needs_username: bool, only: Shape | None) -> Entries:
    """Return the rows of a table by the shape of its headings."""
    if not table.rows:
        entries = Entries("", table.encoding, place, notices=table.notices)
        entries.problems.append(
            table.problem or place.problem("the roster is empty; write the column names in the first row")
        )
        return entries
    at, shape = _find_headings(table.rows, only) or (0, only)
    header, rows = table.rows[at], table.rows[at + 1 :]
    if shape:
        entries = export_entries(shape, header, rows, place)
    else:
        entries = plain_entries(header, rows, place, needs_username=needs_username)
    if at:
        above = [str(row.number) for row in table.rows[:at]]
        entries.notices.insert(0, f"skipped, above the headings: row {', '.join(above)}")
    entries.notices[:0] = table.notices
    entries.encoding, entries.workbook = table.encoding, table.encoding == "xlsx"
    if table.problem:
        entries.problems.append(table.problem)
    return entries


def _has_headings(rows: Sequence[Row], *, only: Shape | None) -> bool:
    return _find_headings(rows, only) is not None


def _find_headings(rows: Sequence[Row], only: Shape | None) -> tuple[int, Shape | None] | None:
    """Return the index of the headings and the shape; no shape for labgrader's own columns. None without headings."""
    for at, row in enumerate(rows[:_TITLE_ROWS]):
        if only is not None:
            if only.matches(row.cells, ()):
                return at, only
            continue
        shape = next((shape for shape in SHAPES if shape.matches(row.cells, rows[at + 1 : at + 3])), None)
        if shape is None and is_plain(row.cells):
            return at, None
        if shape is None and UNNAMED.matches(row.cells, ()):
            shape = UNNAMED
        if shape is not None:
            return at, shape
    return None


def _clean(entries: Entries) -> None:
    """Remove invisible characters from all cells, and take the text out of formulas such as ``="0001"``."""
    removed: dict[str, list[str]] = {}
    dates = []
    for entry in entries.rows:
        for column, cell in entry.cells.items():
            text, characters = without_invisible(cell, is_name=column == "name", is_id=column in _IDS)
            entry.cells[column] = unwrapped(text)
            for character in dict.fromkeys(characters):
                removed.setdefault(named(character), []).append(f"{entry.row} ({column})")
        section = entry.value("section")
        if damage(section, workbook=entries.workbook):
            dates.append(f"{entry.row} ({quote(section, 40)})")
    for character, cells in removed.items():
        entries.notices.append(f"removed {character}, which cannot be seen: row {examples(cells)}")
    if dates:
        entries.notices.append(f"a spreadsheet has changed the section: row {examples(dates)}")


def _note_windows(entries: Entries) -> None:
    """Show the names that depend on the guess of the encoding."""
    if entries.encoding != WINDOWS:
        return
    changed = [
        quote(cell.strip(), 60)
        for entry in entries.rows
        for column, cell in entry.cells.items()
        if not cell.isascii() and column in (*COLUMNS, "login")
    ]
    if changed:
        found = examples(list(dict.fromkeys(changed)))
        entries.notices.append(f"the file is not UTF-8 and was read as Windows-1252; check: {found}")
    else:
        entries.notices.append("the file is not UTF-8 and was read as Windows-1252; no student depends on it")


def _merge_rows(entries: Entries) -> None:
    """Keep one row of each student in an export with a row for each assignment."""
    if not entries.merges:
        return
    kept: dict[tuple[str, str], Entry] = {}
    merged = []
    for entry in entries.rows:
        key = (entry.value("student_id").casefold(), entry.value("login").casefold())
        if kept.setdefault(key, entry) is not entry:
            merged.append(str(entry.row))
    if merged:
        entries.rows = list(kept.values())
        entries.notices.append(f"skipped, the student has a row already: row {examples(merged)}")
