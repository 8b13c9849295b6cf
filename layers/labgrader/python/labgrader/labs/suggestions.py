"""Say "did you mean": the known name that comes nearest to one that is unknown."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable

MIN_LIKENESS = 0.65
"""Least likeness, as the ratio of difflib, of a name that is suggested: ``user`` suggests ``username`` (0.67)."""


def closest_name(name: str, known: Iterable[str]) -> str:
    """Return the known name that is most like an unknown one; empty if none is like it.

    Case does not count, and hyphens count as underscores.
    """
    names: dict[str, str] = {}
    for candidate in known:
        names.setdefault(_plain(candidate), candidate)
    found = difflib.get_close_matches(_plain(name), names, n=1, cutoff=MIN_LIKENESS)
    return names[found[0]] if found else ""


def unknown_name(said: str, name: str, known: Collection[str], listing: str = "", form: str = "'{}'") -> str:
    """Return a sentence about an unknown name, with the name that was probably meant and a list of all names.

    Args:
        said: what is wrong, such as ``there is no lab 'x'``.
        name: the unknown name.
        known: the known names.
        listing: what introduces the list of the known names, such as ``the labs are``; empty for no list.
        form: how the suggested name is written, with ``{}`` in its place.
    """
    near = closest_name(name, known)
    meant = f"; did you mean {form.format(near)}?" if near else ""
    if not listing:
        return said + meant
    names = ", ".join(known) or "none"
    return f"{said}{meant} {listing[0].upper()}{listing[1:]}: {names}" if near else f"{said}; {listing}: {names}"


def lab_not_found(lab_id: str, shown: str, known: Collection[str], purpose: str = "") -> str:
    """Return the sentence about an unknown lab.

    Args:
        lab_id: the unknown id.
        shown: the id as the message quotes it.
        known: the ids of all labs.
        purpose: words behind the id, such as ``to extend``.
    """
    said = f"there is no lab {shown} {purpose}".rstrip()
    return unknown_name(said, lab_id, known, "the labs are", "'{}'" if shown.startswith("'") else "{}")


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")
