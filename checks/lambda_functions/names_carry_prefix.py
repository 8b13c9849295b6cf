"""Every name begins with the student's prefix."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from labgrader.evidence.snapshot import Snapshot, owns, role_name
from labgrader.judging import Verdict, check, failed, listed, share

NEARLY = 0.9
"""Least similarity, as difflib's ratio, for a name to count as a misspelled name of the lab."""

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
    "API": lambda snapshot: {api.name for api in snapshot.api_gateway.rest_apis()},
    "usage plan": lambda snapshot: {plan.name for plan in snapshot.api_gateway.usage_plans()},
    "API key": lambda snapshot: {key.name for key in snapshot.api_gateway.api_keys()},
    "queue": lambda snapshot: snapshot.sqs.queue_names(),
    "bucket": lambda snapshot: snapshot.s3.bucket_names(),
    "table": lambda snapshot: snapshot.dynamodb.table_names(),
    "rule": lambda snapshot: {rule.name for rule in snapshot.events.rules()},
    "alarm": lambda snapshot: {alarm.name for alarm in snapshot.monitoring.alarms()},
}


@check(
    title="Every name begins with your prefix",
    hint="You cannot rename a resource: create it again as {username}-NAME, then delete the one with the wrong name",
)
def names_carry_prefix(
    snapshot: Snapshot, *, names: list[str], aliases_of: list[str] | None = None, kinds: list[Kind] | None = None
) -> Verdict:
    """Check that the names of the student's resources begin with ``username-``, in lower case, with the hyphen.

    An alias without the prefix is ignored if the one with the prefix exists, because a handout may use both.

    Args:
        names: the lab's names. A resource with one of these names but without the prefix counts as wrong.
        aliases_of: functions with aliases to judge.
        kinds: the kinds of resources to judge. Functions, layers and dashboards if none are given. Roles are the
            execution roles of the named functions, because AWS cannot list the roles of a student.
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
            if not name.startswith(snapshot.prefix) and (name in bare or _misspelled(snapshot, name, bare))
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
            f"No resource has a name that begins with {snapshot.prefix}.",
            expected=expected,
            observed="nothing",
            hint="Start with the first task: every name in the lab begins with {username}-",
        )
    return share(
        len(right),
        len(right) + len(wrong),
        f"These names do not begin with {snapshot.prefix}: {listed(wrong)}.",
        expected=expected,
        observed=f"{len(right)} with the prefix, {len(wrong)} without",
    )


def _roles(snapshot: Snapshot, functions: Iterable[str]) -> set[str]:
    """Return the names of the execution roles of the functions that exist."""
    deployed = [snapshot.function(name) for name in functions if name in snapshot.function_names()]
    return {role_name(function.role) for function in deployed if function is not None and function.role}


def _misspelled(snapshot: Snapshot, name: str, bare: set[str]) -> bool:
    """Return whether a name is nearly one of the lab's, after a misspelled prefix (``User1-f``, ``user1_f``).

    Other names may belong to another student: ``anna_b-f`` and ``Anna-B-f`` do not count against ``anna``.
    """
    if not owns(snapshot.username, name):
        return False
    bare = {lab_name.lower() for lab_name in bare}  # some labs have names in capitals
    rest = name[len(snapshot.username) + 1 :].lower().replace("_", "-")
    if rest in bare:
        return True
    goes_on = any(rest.endswith(f"-{lab_name}") for lab_name in bare)
    return not goes_on and bool(difflib.get_close_matches(rest, bare, n=1, cutoff=NEARLY))
