"""Match names to their student, and find the name that is most similar to a missing one."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Iterable

MIN_LIKENESS = 0.7
"""Minimum similarity of a suggested name (difflib's ratio)."""


def owns(username: str, name: str, longer_usernames: Iterable[str] = ()) -> bool:
    """Return whether a resource's name has a student's prefix: ``user1`` owns ``user1-f``, never ``user10-f``.

    Usernames may contain hyphens, so a name can carry the prefixes of two students. It belongs to the longest username
    that fits: ``ann-marie-f`` belongs to ``ann-marie``, and not to ``ann``. No other code decides this.

    Case and the separator are ignored, so that ``User1_f`` is found and a message can name it. A check that requires
    the exact prefix uses ``has_prefix``.

    Args:
        username: the student.
        name: the name of a resource.
        longer_usernames: the usernames of the class that begin with this one and a separator.
    """
    return _carries(username, name) and not any(_carries(other, name) for other in longer_usernames)


def has_prefix(username: str, name: str, longer_usernames: Iterable[str] = ()) -> bool:
    """Return whether a name begins with exactly ``USERNAME-`` and belongs to this student. Args as for ``owns``."""
    return bool(username) and name.startswith(f"{username}-") and owns(username, name, longer_usernames)


def why_not_owned(username: str, kind: str, name: str) -> str:
    """Return why a resource is not touched for a student who does not own it.

    Args:
        username: the student.
        kind: what it is: ``bucket``.
        name: its name.
    """
    if name.startswith(f"{username}-"):
        return f"the {kind} {name} belongs to a student with a longer username: not touched"
    return f"the {kind} {name} does not begin with {username}- and may be another student's: not touched"


def _carries(username: str, name: str) -> bool:
    return re.match(re.escape(username) + r"(?![a-z0-9])", name, re.IGNORECASE) is not None


def closest(name: str, names: Iterable[str]) -> str:
    """Return the name that is most similar to a missing one (case, hyphens, spelling), or ``""``.

    A common prefix does not count: ``user1-dev`` is not similar to ``user1-prod``.
    """
    found, best = "", MIN_LIKENESS
    for other in names:
        ours, theirs = name.lower(), other.lower().replace("_", "-")
        same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(ours, theirs, strict=False))
        shared = "".join(pair[0] for pair in same).find("-") + 1
        likeness = difflib.SequenceMatcher(None, ours[shared:], theirs[shared:]).ratio() if ours != theirs else 1.0
        if other != name and likeness >= best:
            found, best = other, likeness
    return found
