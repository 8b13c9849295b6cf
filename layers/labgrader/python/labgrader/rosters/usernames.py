"""Usernames that are made from logins, e-mail addresses or student ids, and usernames that begin like another one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from enum import StrEnum

_NOT_ALLOWED = re.compile(r"[^a-z0-9_-]")


class UsernameSource(StrEnum):
    """The column that usernames are made from."""

    LOGIN = "login"
    EMAIL = "email"
    STUDENT_ID = "student_id"


def make_username(value: str) -> str:
    """Return the username that is made from a login, an address or a student id.

    Of an address, it is the part before the @. Letters are in lower case. Each character that no resource name may have
    becomes a hyphen. Hyphens and underscores at the ends are dropped.
    """
    local = unicodedata.normalize("NFC", value.strip()).partition("@")[0]
    return _NOT_ALLOWED.sub("-", local.lower()).strip("-_")


def beginnings(usernames: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each username with a longer one that begins with it and a hyphen.

    ``ann-`` is the prefix of ann's resources, and the resources of ann-marie begin with it, too.
    """
    known = list(dict.fromkeys(usernames))
    names = set(known)
    for longer in known:
        for hyphen in re.finditer("-", longer):
            if longer[: hyphen.start()] in names:
                yield longer[: hyphen.start()], longer
