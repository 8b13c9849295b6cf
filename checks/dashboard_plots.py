"""A dashboard plots the metrics of the functions."""

from __future__ import annotations

import re

from checks.wording import missing
from labgrader.evidence.snapshot import Metric, Snapshot
from labgrader.judging import Verdict, check, failed, listed, share


@check(
    title="The dashboard plots the functions' metrics",
    hint="aws cloudwatch put-dashboard --dashboard-name {dashboard} --dashboard-body file://dashboard.json",
)
def dashboard_plots(
    snapshot: Snapshot, *, dashboard: str, metrics: list[str], functions: list[str], namespace: str = "AWS/Lambda"
) -> Verdict:
    """Each metric of each function is on the dashboard; every pair is worth the same.

    A search or a metric-math expression counts where it names both the metric and the function.

    Args:
        dashboard: its name.
        metrics: the metrics' names.
        functions: the values of the dimension ``FunctionName``.
        namespace: the metrics' namespace.
    """
    expected = f"{listed(metrics)} of {listed(functions)}"
    found = snapshot.dashboard(dashboard)
    if found is None:
        return failed(
            missing("dashboard", dashboard, snapshot.dashboard_names()), expected=expected, observed="no such dashboard"
        )
    if found.problem:
        return failed(
            f"The dashboard {dashboard} cannot be read: {found.problem}.", expected=expected, observed=found.problem
        )
    everything = list(found.metrics())
    plotted = [one for one in everything if one.region in ("", snapshot.region)]
    wanted = [(metric, function) for function in functions for metric in metrics]
    absent = [pair for pair in wanted if not any(_plots(one, namespace, *pair) for one in plotted)]
    lines = [f"{metric} of {function}" for metric, function in absent]
    return share(
        len(wanted) - len(absent),
        len(wanted),
        f"The dashboard {dashboard} does not plot {listed(lines)}." + _why(snapshot, everything),
        expected=expected,
        observed=f"{len(wanted) - len(absent)} of {len(wanted)} lines",
        hint="Add to the widgets' metrics: "
        + ", ".join(f'["{namespace}", "{metric}", "FunctionName", "{function}"]' for metric, function in absent)
        + f"\naws cloudwatch put-dashboard --dashboard-name {dashboard} --dashboard-body file://dashboard.json",
    )


def _why(snapshot: Snapshot, plotted: list[Metric]) -> str:
    """What else is on it that explains the gap: another Region, or a placeholder that was left in."""
    regions = sorted({one.region for one in plotted} - {"", snapshot.region})
    names = sorted({one.dimensions.get("FunctionName", "") for one in plotted})
    placeholders = [name for name in names if name.startswith("[")]
    if placeholders:
        return f" It plots {listed(placeholders)}: put {snapshot.username} in the place of the brackets."
    if regions:
        return f" It looks into {listed(regions)}, and your functions are in {snapshot.region}."
    return ""


def _plots(plotted: Metric, namespace: str, metric: str, function: str) -> bool:
    if plotted.expression:
        return _names(plotted.expression, metric) and _names(plotted.expression, function)
    return (
        plotted.namespace == namespace and plotted.name == metric and plotted.dimensions.get("FunctionName") == function
    )


def _names(expression: str, word: str) -> bool:
    """Whether an expression holds a name as a whole: ``user1-f`` is not in ``user1-f2``."""
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", expression) is not None
