"""A dashboard plots custom metrics with the dimensions with which the functions publish them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from checks.wording.structure import read_json
from labgrader.judging import Probe, Verdict, check, failed, listed, passed, quote

_MAX_LINES = 200


@check(
    title="The custom metrics on the dashboard have data",
    hint="aws cloudwatch list-metrics --namespace {namespace}",
)
def custom_metrics_have_lines(probe: Probe, *, dashboard: str, namespace: str, explanation: str = "") -> Verdict:
    """Check that every line of the dashboard plots a metric with the dimensions with which it is published.

    CloudWatch finds a metric only by all of its dimensions. A line with one of four dimensions stays empty. The check
    reads the published metrics from the logs of the recorded invocations. Source: CloudWatch User Guide, "Embedded
    metric format specification".

    Args:
        dashboard: the dashboard's name.
        namespace: the metrics' namespace.
        explanation: added to the message: the reason in the handout.

    Sources:
        A metric of the embedded metric format has exactly the dimensions of its dimension set:
            https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    found = probe.snapshot.dashboard(dashboard)
    if found is None:
        return passed()
    published: dict[str, set[frozenset[str]]] = {}
    for invocation in probe.invocations():
        for name, dimensions in _published(invocation.log_tail, namespace):
            published.setdefault(name, set()).add(dimensions)
    empty = {
        metric.name: metric
        for metric in found.metrics()
        if metric.namespace == namespace
        and not metric.expression
        and metric.name in published
        and frozenset(metric.dimensions) not in published[metric.name]
    }
    if not empty:
        return passed()
    rows = [
        [{"expression": _search(namespace, metric.name, metric.dimensions, _fewest(published[name]))}]
        for name, metric in empty.items()
    ]
    name, metric = next(iter(empty.items()))
    published_by, plotted_by = listed(sorted(_fewest(published[name]))), listed(sorted(metric.dimensions))
    return failed(
        f"The {'lines' if len(empty) > 1 else 'line'} {listed(empty)} of {namespace} on {dashboard} "
        f"{'stay' if len(empty) > 1 else 'stays'} empty. {quote(name)} is published with {published_by} but plotted "
        f"with {plotted_by}. CloudWatch finds a metric only by all of its dimensions. {explanation}".rstrip(),
        expected="lines with the published dimensions",
        observed=f"{len(empty)} without data",
        hint="Replace the empty lines with:\n" + "\n".join(quote(json.dumps(row), 600) for row in rows),
    )


def _published(log: str, namespace: str) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the metrics that a log publishes in the embedded metric format, with the names of their dimensions."""
    for line in log.splitlines()[-_MAX_LINES:]:
        start = line.find("{")
        if start < 0 or "CloudWatchMetrics" not in line:
            continue
        document, _ = read_json(line[start:])
        envelope = document.get("_aws") if isinstance(document, dict) else None
        directives = envelope.get("CloudWatchMetrics") if isinstance(envelope, dict) else None
        for directive in directives if isinstance(directives, list) else ():
            if isinstance(directive, dict) and directive.get("Namespace") == namespace:
                yield from _of_directive(directive)


def _of_directive(directive: Mapping[str, Any]) -> Iterator[tuple[str, frozenset[str]]]:
    sets, metrics = directive.get("Dimensions"), directive.get("Metrics")
    for metric in metrics if isinstance(metrics, list) else ():
        name = metric.get("Name") if isinstance(metric, dict) else None
        for dimensions in sets if isinstance(sets, list) else ():
            if isinstance(name, str) and isinstance(dimensions, list):
                yield name, frozenset(str(dimension) for dimension in dimensions)


def _search(namespace: str, name: str, wanted: Mapping[str, str], dimensions: frozenset[str]) -> str:
    """Return a search that finds a metric by all of its dimensions, with any value for those not on the dashboard."""
    terms = [f'{key}="{value}"' for key, value in wanted.items()] + [f'MetricName="{name}"']
    return f"SEARCH('{{{','.join([namespace, *sorted(dimensions)])}}} {' '.join(terms)}', 'Average')"


def _fewest(sets: set[frozenset[str]]) -> frozenset[str]:
    """Return the smallest set of dimensions; the first in alphabetical order if several are equally small."""
    return min(sets, key=lambda dimensions: (len(dimensions), sorted(dimensions)))
