"""A dashboard plots the metrics of functions or of other resources."""

from __future__ import annotations

import re

from checks.wording import missing
from labgrader.evidence.snapshot import Metric, Snapshot
from labgrader.judging import Verdict, check, failed, listed, passed, share


@check(
    title="The dashboard plots the functions' metrics",
    hint="aws cloudwatch put-dashboard --dashboard-name {dashboard} --dashboard-body file://dashboard.json",
)
def dashboard_plots(
    snapshot: Snapshot,
    *,
    dashboard: str,
    metrics: list[str] | None = None,
    functions: list[str] | None = None,
    namespace: str = "AWS/Lambda",
    dimension: str = "FunctionName",
) -> Verdict:
    """Check that each metric of each function is on the dashboard. Every pair is worth the same.

    A search or a metric math expression counts if it contains both names.

    Args:
        dashboard: the dashboard's name.
        metrics: the metrics' names; none if the dashboard only has to exist and be valid.
        functions: the values of the dimension: the names of the functions or other resources.
        namespace: the metrics' namespace.
        dimension: the dimension of the metrics (``FunctionName``, ``ApiName``). A line may have further dimensions.
    """
    wanted = [(metric, function) for function in functions or () for metric in metrics or ()]
    expected = f"{listed(metrics or ())} of {listed(functions or ())}" if wanted else f"dashboard {dashboard}"
    found = snapshot.dashboard(dashboard)
    if found is None:
        return failed(
            missing("dashboard", dashboard, snapshot.dashboard_names()), expected=expected, observed="no such dashboard"
        )
    if found.problem:
        return failed(
            f"The dashboard {dashboard} cannot be read: {found.problem}.", expected=expected, observed=found.problem
        )
    if not wanted:
        return passed(expected=expected, observed=expected)
    everything = list(found.metrics())
    plotted = [line for line in everything if line.region in ("", snapshot.region)]
    absent = [pair for pair in wanted if not any(_plots(line, namespace, dimension, *pair) for line in plotted)]
    lines = [f"{metric} of {function}" for metric, function in absent]
    return share(
        len(wanted) - len(absent),
        len(wanted),
        f"The dashboard {dashboard} does not plot {listed(lines)}." + _why(snapshot, everything, dimension),
        expected=expected,
        observed=f"{len(wanted) - len(absent)} of {len(wanted)} lines",
        hint="Add to the widgets' metrics: "
        + ", ".join(f'["{namespace}", "{metric}", "{dimension}", "{function}"]' for metric, function in absent)
        + f"\naws cloudwatch put-dashboard --dashboard-name {dashboard} --dashboard-body file://dashboard.json",
    )


def _why(snapshot: Snapshot, plotted: list[Metric], dimension: str) -> str:
    """Return a sentence that explains missing lines: another Region, or a placeholder of the handout."""
    regions = sorted({line.region for line in plotted} - {"", snapshot.region})
    names = sorted({line.dimensions.get(dimension, "") for line in plotted})
    placeholders = [name for name in names if name.startswith("[")]
    if placeholders:
        return f" It plots {listed(placeholders)}. Replace the brackets with {snapshot.username}."
    if regions:
        return f" It plots metrics of {listed(regions)}, but your functions are in {snapshot.region}."
    return ""


def _plots(plotted: Metric, namespace: str, dimension: str, metric: str, name: str) -> bool:
    if plotted.expression:
        return _names(plotted.expression, metric) and _names(plotted.expression, name)
    return plotted.namespace == namespace and plotted.name == metric and plotted.dimensions.get(dimension) == name


def _names(expression: str, word: str) -> bool:
    """Return whether an expression contains a whole name: ``user1-f2`` does not contain ``user1-f``."""
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", expression) is not None
