"""Nothing of another student's is used."""

from __future__ import annotations

import re

from labgrader.evidence.snapshot import LayerReference, Snapshot
from labgrader.judging import Verdict, check, failed, listed, passed, quote

_MANAGED = ("AWS", "LambdaInsights")
"""How the names of layers begin that AWS publishes for everybody."""


@check(
    title="Nothing of another student's is used",
    hint="Use your own: every name begins with {username}-",
)
def nothing_borrowed(snapshot: Snapshot, *, functions: list[str], dashboard: str = "") -> Verdict:
    """The functions' layers and the dashboard's functions are the student's own.

    Args:
        functions: the functions whose layers are looked at; those that do not exist are passed over.
        dashboard: the dashboard whose metrics are looked at, or empty.
    """
    expected = f"only what begins with {snapshot.prefix}"
    deployed = [one for one in (snapshot.function(name) for name in functions) if one is not None]
    if not deployed:
        return failed(
            f"None of {listed(functions)} exists.",
            expected=expected,
            observed="nothing to look at",
            hint="Begin with the first task: every name of the lab begins with {username}-",
        )
    borrowed = [
        f"{one.name} uses the layer {quote(layer.name)}{_of_account(snapshot, layer)}"
        for one in deployed
        for layer in one.layers
        if not _own(snapshot, layer)
    ]
    for name in _plotted(snapshot, dashboard, functions):
        borrowed.append(f"the dashboard plots the function {quote(name)}")
    if borrowed:
        return failed(f"Not yours: {listed(borrowed)}.", expected=expected, observed=f"{len(borrowed)} not yours")
    return passed(expected=expected, observed="only your own")


def _own(snapshot: Snapshot, layer: LayerReference) -> bool:
    if layer.account_id == snapshot.account_id:
        return layer.name.startswith(snapshot.prefix)
    return layer.name.startswith(_MANAGED)


def _of_account(snapshot: Snapshot, layer: LayerReference) -> str:
    return "" if layer.account_id == snapshot.account_id else f" of account {quote(layer.account_id)}"


def _plotted(snapshot: Snapshot, dashboard: str, functions: list[str]) -> list[str]:
    """The functions on the dashboard that are not the student's."""
    found = snapshot.dashboard(dashboard) if dashboard else None
    if found is None:
        return []
    kinds = "|".join(re.escape(name.removeprefix(snapshot.prefix)) for name in functions)
    like_ours = re.compile(rf"(?<![\w-])([\w-]+-(?:{kinds}))(?![\w-])")
    names: set[str] = set()
    for metric in found.metrics():
        names |= set(like_ours.findall(metric.expression))
        if "FunctionName" in metric.dimensions:
            names.add(metric.dimensions["FunctionName"])
    # a placeholder of the hand-out that was left in is nobody's: the dashboard's own check names it
    return sorted(name for name in names if not name.startswith((snapshot.prefix, "[")))
