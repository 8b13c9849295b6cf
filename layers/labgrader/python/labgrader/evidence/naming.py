"""Match names to their student, and find the name that is most similar to a missing one."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Iterable

MIN_LIKENESS = 0.7
"""Minimum similarity of a suggested name (difflib's ratio)."""


def owns(username: str, name: str) -> bool:
    """Return whether a resource's name has a student's prefix: ``user1`` owns ``user1-f``, never ``user10-f``.

    Case and the separator are ignored, so that ``User1_f`` is found and a message can name it. A check that
    requires the exact prefix compares it.
    """
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
