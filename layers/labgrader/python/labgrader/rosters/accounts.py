"""The accounts file: the cloud half of a class, joined to the class list by an id."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from labgrader.messages import quote
from labgrader.rosters.entries import Entries, Entry, examples

KEYS = ("student_id", "login", "email")
"""The columns that join the two files, the preferred one first."""

GIVEN = ("username", "account_id", "region", "role_arn", "external_id")
"""The columns that an accounts file gives."""


@dataclass(frozen=True)
class AccountsFile:
    """A second file with the accounts of students.

    Args:
        content: its bytes.
        source: its name, for messages.
    """

    content: bytes
    source: str


def join_accounts(entries: Entries, accounts: Entries, name: str) -> None:
    """Give each row of a class list the cells of its row in the accounts file.

    Args:
        entries: the class list. It is changed.
        accounts: the accounts file.
        name: what messages call the accounts file.
    """
    keys = [key for key in KEYS if key in accounts.columns]
    if not keys:
        said = f"an accounts file has one of the columns {', '.join(KEYS)}, which joins it to the class list"
        entries.problems.append(accounts.place.problem(said))
        return
    index = {key: _index(entries, accounts, key) for key in keys}
    used: set[int] = set()
    lonely = []
    for entry in entries.rows:
        match = next(
            (found for key in keys if (found := index[key].get(entry.value(key).casefold())) is not None), None
        )
        if match is None:
            lonely.append(entry)
            continue
        used.add(match.row)
        _give(entries, entry, match, accounts, name)
    _report(entries, lonely, name, keys, index.get("student_id", {}))
    unused = [_named(entry, keys) for entry in accounts.rows if entry.row not in used]
    if unused:
        entries.notices.append(f"{name} has accounts of students who are not in the class list: {examples(unused)}")
    entries.columns |= accounts.columns & set(GIVEN)


def _index(entries: Entries, accounts: Entries, key: str) -> dict[str, Entry]:
    """Return the rows of the accounts file by a key, without regard to case."""
    index: dict[str, Entry] = {}
    for entry in accounts.rows:
        value = entry.value(key)
        first = index.setdefault(value.casefold(), entry) if value else entry
        if first is not entry:
            named = quote(value, 90) if key == "student_id" else f"the same {key}"  # an event must not show an address
            said = f"{named} is already {accounts.place.row(first.row)}"
            entries.problems.append(accounts.place.problem(said, entry.row, key))
    return index


def _give(entries: Entries, entry: Entry, match: Entry, accounts: Entries, name: str) -> None:
    for column in GIVEN:
        value, own = match.value(column), entry.value(column)
        if not value:
            continue
        if own and own.casefold() != value.casefold():
            said = f"{quote(own, 90)} differs from {quote(value, 90)} on row {match.row} of {name}"
            entries.problems.append(entries.place.problem(said, entry.row, column))
            continue
        entry.cells[column] = value
        entry.moved[column] = (accounts.place, match.row)


def _report(entries: Entries, lonely: list[Entry], name: str, keys: list[str], by_student_id: dict[str, Entry]) -> None:
    """Report the students without a row in the accounts file."""
    without_zeros = _without_zeros(by_student_id)
    for entry in lonely:
        student_id = entry.value("student_id")
        other = without_zeros(student_id) if student_id else None
        if other is not None:
            said = (
                f"{quote(student_id, 90)} is {quote(other.value('student_id'), 90)} on row {other.row} of {name}: "
                "a spreadsheet has dropped leading zeros; format the column as text and enter it again"
            )
            entries.problems.append(entries.place.problem(said, entry.row, "student_id"))
    missing = [_named(entry, [*keys, *KEYS]) for entry in lonely]
    if missing:
        entries.notices.append(f"{name} has no account of: {examples(missing)}")


def _without_zeros(by_student_id: dict[str, Entry]) -> Callable[[str], Entry | None]:
    """Return a function that finds a student id with other leading zeros."""
    index = {value.lstrip("0"): entry for value, entry in by_student_id.items() if value.isdigit()}

    def find(student_id: str) -> Entry | None:
        return index.get(student_id.lstrip("0")) if student_id.isdigit() else None

    return find


def _named(entry: Entry, keys: list[str]) -> str:
    """Return the value that tells a row apart in a notice."""
    return quote(next((entry.value(key) for key in keys if entry.value(key)), f"row {entry.row}"), 60)
