"""Give students usernames by the rule that the caller chose, and refuse those that are ambiguous."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from labgrader.messages import quote
from labgrader.rosters.entries import Entries, Entry, examples
from labgrader.rosters.plain import FORMAT
from labgrader.rosters.student import Student
from labgrader.rosters.usernames import UsernameSource, beginnings, make_username


def make_usernames(entries: Entries, source: UsernameSource | None, *, with_accounts: bool) -> set[int]:
    """Make the usernames that a class list does not have.

    Args:
        entries: the class list. It is changed.
        source: the column that usernames are made from, or None.
        with_accounts: whether an accounts file was joined.

    Returns:
        The rows with a username that was made.
    """
    if source is None:
        _report_missing(entries, with_accounts=with_accounts)
        return set()
    without = [entry for entry in entries.rows if not entry.value("username")]
    if entries.rows and not without:
        entries.notices.append(f"every student has a username, and none is made from {source.value}")
    if without and source.value not in entries.columns:
        had = [column.value for column in UsernameSource if column.value in entries.columns]
        said = f"the class list has no column for {source.value}; it has: {', '.join(had) or 'none of the three'}"
        entries.problems.append(entries.place.problem(said))
        return set()
    made: dict[int, str] = {}
    taken: dict[str, Entry] = {entry.value("username").lower(): entry for entry in entries.rows}
    for entry in without:
        value = entry.value(source.value)
        username = make_username(value)
        if not username:
            said = "has no letters or digits for a username" if value else "is empty; no username can be made of it"
            entries.problems.append(entries.place.problem(said, entry.row, source.value))
            continue
        first = taken.setdefault(username, entry)
        if first is not entry:
            said = (
                f"the username {username} is already {entries.place.row(first.row)}; "
                "give one of the two another username with an accounts file"
            )
            entries.problems.append(entries.place.problem(said, entry.row, source.value))
            continue
        made[entry.row] = username
    for entry in without:
        entry.cells["username"] = made.get(entry.row, "")
    changed = [
        f"{quote(entry.value(source.value), 60)} → {made[entry.row]}"
        for entry in without
        if entry.row in made and made[entry.row] != entry.value(source.value)
    ]
    if made:
        shown = f": {examples(changed)}" if changed else "; none is changed"
        entries.notices.append(f"usernames are made from {source.value}{shown}")
    return set(made)


def report_beginnings(entries: Entries, students: Sequence[Student], made: Collection[int]) -> None:
    """Report usernames that are the beginning of another one: refuse those that were made, and show the others."""
    rows = {student.username: entry.row for student, entry in zip(students, entries.rows, strict=True)}
    accounts = {student.username: student.account_id for student in students}
    given = []
    for shorter, longer in beginnings(student.username for student in students):
        if not shorter:
            continue
        if rows[shorter] in made or rows[longer] in made:
            said = (
                f"the resources of {longer} begin with {shorter}-, too: {shorter} is the username "
                f"{entries.place.row(rows[shorter])}; give one of them another username with an accounts file"
            )
            entries.problems.append(entries.place.problem(said, rows[longer], "username"))
        elif accounts[shorter] == accounts[longer]:
            given.append(f"{shorter} and {longer}")
    if given:
        entries.notices.append(
            f"one username is the beginning of another one, and both begin the names of resources: {examples(given)}"
        )


def _report_missing(entries: Entries, *, with_accounts: bool) -> None:
    """Report that no column has usernames, once and not for each row."""
    if not entries.format or entries.place.by_index or "username" in entries.columns:
        return
    had = [column.value for column in UsernameSource if column.value in entries.columns]
    if entries.place.field:
        ways = [f"username_from {column}" for column in had] + ([] if with_accounts else ["accounts"])
    else:
        ways = [f"--username-from {column}" for column in had] + ([] if with_accounts else ["--accounts FILE"])
    if entries.format == FORMAT and not with_accounts:  # the missing column is a problem already
        if had:
            entries.notices.append(f"usernames can be made or joined: use {' or '.join(ways)}")
        return
    said = f"{entries.title} has no usernames, which begin the names of resources; use {' or '.join(ways)}"
    entries.problems.append(entries.place.problem(said))
