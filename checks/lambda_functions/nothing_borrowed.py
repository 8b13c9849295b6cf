"""The student uses no resources of another student."""

from __future__ import annotations

import re

from checks.wording.advice import existing
from labgrader.evidence.snapshot import LayerReference, Snapshot
from labgrader.judging import Verdict, check, failed, listed, passed, quote

_MANAGED = ("AWS", "LambdaInsights")
"""Prefixes of the layers that AWS publishes."""


@check(
    title="You use only your own resources",
    hint="Use your own resources: every name begins with {username}-",
)
def nothing_borrowed(snapshot: Snapshot, *, functions: list[str], dashboard: str = "") -> Verdict:
    """Check that the functions' layers and the dashboard's functions belong to the student.

    Args:
        functions: the functions with layers to judge. Missing functions are ignored.
        dashboard: the dashboard with metrics to judge, or empty.
    """
    expected = f"only names that begin with {snapshot.prefix}"
    deployed = existing(snapshot, functions)
    if not deployed:
        return failed(
            f"None of these functions exists: {listed(functions)}.",
            expected=expected,
            observed="no such function",
            hint="Start with the first task: every name in the lab begins with {username}-",
        )
    borrowed = [
        f"{function.name} uses the layer {quote(layer.name)}{_of_account(snapshot, layer)}"
        for function in deployed
        for layer in function.layers
        if not _own(snapshot, layer)
    ]
    for name in _plotted(snapshot, dashboard, functions):
        borrowed.append(f"the dashboard plots the function {quote(name)}")
    if borrowed:
        return failed(
            f"You use resources that are not yours: {listed(borrowed)}.",
            expected=expected,
            observed=f"{len(borrowed)} not yours",
        )
    return passed(expected=expected, observed="only your own")


def _own(snapshot: Snapshot, layer: LayerReference) -> bool:
    if layer.account_id == snapshot.account_id:
        return layer.name.startswith(snapshot.prefix)
    return layer.name.startswith(_MANAGED)


def _of_account(snapshot: Snapshot, layer: LayerReference) -> str:
    return "" if layer.account_id == snapshot.account_id else f" of account {quote(layer.account_id)}"


def _plotted(snapshot: Snapshot, dashboard: str, functions: list[str]) -> list[str]:
    """Return the functions on the dashboard that do not belong to the student."""
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
    # another check reports a placeholder of the handout
    return sorted(name for name in names if not name.startswith((snapshot.prefix, "[")))
