"""Match names to their student, and find the name that is most similar to a missing one."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Iterable

MIN_LIKENESS = 0.7
"""How like a name must be to be pointed at, by difflib's ratio."""


def owns(username: str, name: str) -> bool:
    """Say whether a resource's name carries a student's prefix: ``user1`` owns ``user1-f``, never ``user10-f``.

    Case and the separator are not looked at, so that ``User1_f`` is found and can be named in a message; a check that
    wants the exact prefix compares it.
    """
    return re.match(re.escape(username) + r"(?![a-z0-9])", name, re.IGNORECASE) is not None


def closest(name: str, names: Iterable[str]) -> str:
    """Return the name most like the one that is missing, to point at a slip (case, hyphens, spelling), or ``""``.

    A prefix that two names share says nothing: ``user1-dev`` is not like ``user1-prod``.
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
