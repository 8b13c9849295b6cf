"""Every name carries the student's prefix."""

from __future__ import annotations

import difflib

from labgrader.evidence.snapshot import Snapshot, owns
from labgrader.judging import Verdict, check, failed, listed, share

NEARLY = 0.9
"""How like a name of the lab the rest of a name must be to be taken for it, by difflib's ratio."""


@check(
    title="Every name carries your prefix",
    hint="Names cannot be changed: create it again as {username}-NAME, then delete the one with the wrong name",
)
def names_carry_prefix(snapshot: Snapshot, *, names: list[str], aliases_of: list[str] | None = None) -> Verdict:
    """Functions, layers, dashboards and aliases begin with ``username-``, in lower case, with the hyphen.

    An alias without the prefix does no harm where the one with it exists, as a hand-out may use both.

    Args:
        names: the names that the lab asks for; what has one of them without its prefix is counted too.
        aliases_of: functions whose aliases are looked at.
    """
    expected = f"names that begin with {snapshot.prefix}"
    bare = {name.removeprefix(snapshot.prefix) for name in names}
    right: list[str] = []
    wrong: list[str] = []
    for kind, found in (
        ("function", snapshot.function_names()),
        ("layer", snapshot.layer_names()),
        ("dashboard", snapshot.dashboard_names()),
    ):
        right += [name for name in found if name.startswith(snapshot.prefix)]
        wrong += [
            f"{kind} {name}"
            for name in sorted(found)
            if not name.startswith(snapshot.prefix) and (name in bare or _misspelt(snapshot, name, bare))
        ]
    for function in aliases_of or ():
        aliases = [alias.name for alias in snapshot.aliases(function)]
        right += [name for name in aliases if name.startswith(snapshot.prefix)]
        wrong += [
            f"alias {name}"
            for name in aliases
            if not name.startswith(snapshot.prefix) and snapshot.prefix + name not in aliases
        ]
    if not right and not wrong:
        return failed(
            f"There is nothing whose name begins with {snapshot.prefix}.",
            expected=expected,
            observed="nothing",
            hint="Begin with Task 1: every name of the lab begins with {username}-",
        )
    return share(
        len(right),
        len(right) + len(wrong),
        f"Not named {snapshot.prefix}…: {listed(wrong)}.",
        expected=expected,
        observed=f"{len(right)} with it, {len(wrong)} without",
    )


def _misspelt(snapshot: Snapshot, name: str, bare: set[str]) -> bool:
    """Whether a name is one of the lab's, or nearly, behind a prefix written otherwise (``User1-f``, ``user1_f``).

    Whatever else begins so may be a neighbour's: ``anna_b-f`` and ``Anna-B-f`` are not held against ``anna``.
    """
    if not owns(snapshot.username, name):
        return False
    rest = name[len(snapshot.username) + 1 :].lower().replace("_", "-")
    if rest in bare:
        return True
    goes_on = any(rest.endswith(f"-{one}") for one in bare)
    return not goes_on and bool(difflib.get_close_matches(rest, bare, n=1, cutoff=NEARLY))
