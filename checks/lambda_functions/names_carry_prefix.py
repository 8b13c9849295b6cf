"""Every name carries the student's prefix."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from labgrader.evidence.snapshot import Snapshot, owns, role_name
from labgrader.judging import Verdict, check, failed, listed, share

NEARLY = 0.9
"""How like a name of the lab the rest of a name must be to be taken for it, by difflib's ratio."""

Kind = Literal[
    "function",
    "layer",
    "dashboard",
    "API",
    "usage plan",
    "API key",
    "queue",
    "bucket",
    "table",
    "rule",
    "alarm",
    "role",
]

DEFAULT_KINDS: tuple[Kind, ...] = ("function", "layer", "dashboard")

_NAMES: Mapping[Kind, Callable[[Snapshot], Iterable[str]]] = {
    "function": lambda snapshot: snapshot.function_names(),
    "layer": lambda snapshot: snapshot.layer_names(),
    "dashboard": lambda snapshot: snapshot.dashboard_names(),
    "API": lambda snapshot: {one.name for one in snapshot.api_gateway.rest_apis()},
    "usage plan": lambda snapshot: {one.name for one in snapshot.api_gateway.usage_plans()},
    "API key": lambda snapshot: {one.name for one in snapshot.api_gateway.api_keys()},
    "queue": lambda snapshot: snapshot.sqs.queue_names(),
    "bucket": lambda snapshot: snapshot.s3.bucket_names(),
    "table": lambda snapshot: snapshot.dynamodb.table_names(),
    "rule": lambda snapshot: {one.name for one in snapshot.events.rules()},
    "alarm": lambda snapshot: {one.name for one in snapshot.monitoring.alarms()},
}


@check(
    title="Every name carries your prefix",
    hint="Names cannot be changed: create it again as {username}-NAME, then delete the one with the wrong name",
)
def names_carry_prefix(
    snapshot: Snapshot, *, names: list[str], aliases_of: list[str] | None = None, kinds: list[Kind] | None = None
) -> Verdict:
    """The names of what the student made begin with ``username-``, in lower case, with the hyphen.

    An alias without the prefix does no harm where the one with it exists, as a hand-out may use both.

    Args:
        names: the names that the lab asks for; what has one of them without its prefix is counted too.
        aliases_of: functions whose aliases are looked at.
        kinds: what is looked at; functions, layers and dashboards where nothing is said. Roles are those of the
            functions that are named: AWS has no list of a student's.
    """
    expected = f"names that begin with {snapshot.prefix}"
    bare = {name.removeprefix(snapshot.prefix) for name in names}
    right: list[str] = []
    wrong: list[str] = []
    for kind in kinds or DEFAULT_KINDS:
        found = _roles(snapshot, names) if kind == "role" else _NAMES[kind](snapshot)
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
            hint="Begin with the first task: every name of the lab begins with {username}-",
        )
    return share(
        len(right),
        len(right) + len(wrong),
        f"Not named {snapshot.prefix}…: {listed(wrong)}.",
        expected=expected,
        observed=f"{len(right)} with it, {len(wrong)} without",
    )


def _roles(snapshot: Snapshot, functions: Iterable[str]) -> set[str]:
    """The names of the roles that the functions among some names run under."""
    deployed = [snapshot.function(name) for name in functions if name in snapshot.function_names()]
    return {role_name(one.role) for one in deployed if one is not None and one.role}


def _misspelt(snapshot: Snapshot, name: str, bare: set[str]) -> bool:
    """Whether a name is one of the lab's, or nearly, behind a prefix written otherwise (``User1-f``, ``user1_f``).

    Whatever else begins so may be a neighbour's: ``anna_b-f`` and ``Anna-B-f`` are not held against ``anna``.
    """
    if not owns(snapshot.username, name):
        return False
    bare = {one.lower() for one in bare}  # some labs name things in capitals
    rest = name[len(snapshot.username) + 1 :].lower().replace("_", "-")
    if rest in bare:
        return True
    goes_on = any(rest.endswith(f"-{one}") for one in bare)
    return not goes_on and bool(difflib.get_close_matches(rest, bare, n=1, cutoff=NEARLY))
