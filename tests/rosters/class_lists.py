"""Read a class list in a test."""

from __future__ import annotations

from labgrader.rosters import UsernameSource
from labgrader.rosters.accounts import AccountsFile
from labgrader.rosters.reader import ClassList, read_class_list


def read(
    content: str | bytes, username_from: str = "", accounts: str | bytes | None = None, source: str = "class.csv"
) -> ClassList:
    """Read a class list from text or bytes."""
    second = None if accounts is None else AccountsFile(_bytes(accounts), "accounts.csv")
    return read_class_list(
        _bytes(content),
        source,
        username_from=UsernameSource(username_from) if username_from else None,
        accounts=second,
    )


def problems(class_list: ClassList) -> list[str]:
    """Return the problems as a person reads them."""
    return [str(problem) for problem in class_list.problems]


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content
