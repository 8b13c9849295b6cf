"""An alarm watches a metric."""

from __future__ import annotations

from checks.wording import missing
from labgrader.evidence.snapshot import Alarm, Snapshot
from labgrader.judging import Verdict, check, failed, listed, quote, share

PARTS = 8
"""Halves of four equal parts: the metric, the statistic, the period, the threshold."""


@check(title="The alarm watches the metric", hint="aws cloudwatch describe-alarms --alarm-names {alarm}")
def alarm_watches(
    snapshot: Snapshot,
    *,
    alarm: str,
    metric: str,
    dimensions: dict[str, str],
    statistic: str,
    period_s: int,
    above: int,
    namespace: str = "AWS/Lambda",
) -> Verdict:
    """Check that the alarm watches the metric, with the statistic, the period and the threshold.

    The metric, the statistic, the period and the threshold are worth the same. An alarm on another metric earns
    nothing. The metric is a count, so “greater than 5” equals “at least 6”; “at least 5” earns half of the threshold's
    part. The student chooses the alarm's actions and the number of evaluation periods.

    Args:
        alarm: the alarm's name.
        metric: the metric's name (``Errors``).
        dimensions: the metric's dimensions, all of them (``{FunctionName: …}``).
        statistic: ``Sum``, ``Average``, …
        period_s: the period in seconds.
        above: the largest count that does not put the alarm into ALARM.
        namespace: the metric's namespace.
    """
    resources = listed(dimensions.values())
    expected = f"{statistic} of {metric} of {resources} greater than {above} in {period_s} s"
    found = snapshot.monitoring.alarm(alarm)
    command = _command(alarm, namespace, metric, dimensions, statistic, period_s, above)
    if found is None:
        names = [other.name for other in snapshot.monitoring.alarms()]
        return failed(missing("alarm", alarm, names), expected=expected, observed="no such alarm", hint=command)
    observed = _shown(found)
    if (found.namespace, found.metric, dict(found.dimensions)) != (namespace, metric, dimensions):
        return failed(
            f"The alarm {alarm} watches {_watched(found)} instead of {metric} of {resources}.",
            expected=expected,
            observed=observed,
            hint=command,
        )
    earned, wrong = PARTS // 4, []
    if found.statistic == statistic:
        earned += 2
    else:
        wrong.append(f"the statistic is {quote(found.statistic) or 'unknown'} instead of {statistic}")
    if found.period_s == period_s:
        earned += 2
    else:
        wrong.append(f"the period is {_seconds(found.period_s)} instead of {period_s} s")
    points, trouble = _threshold(found, above)
    earned += points
    if trouble:
        wrong.append(trouble)
    return share(
        earned, PARTS, f"The alarm {alarm}: {'; '.join(wrong)}.", expected=expected, observed=observed, hint=command
    )


def _threshold(found: Alarm, above: int) -> tuple[int, str]:
    """Return how many halves of its part the threshold earns, and what is wrong with it."""
    value = found.threshold
    if value is not None:
        if found.comparison == "GreaterThanThreshold" and above <= value < above + 1:
            return 2, ""
        if found.comparison == "GreaterThanOrEqualToThreshold":
            if above < value <= above + 1:
                return 2, ""
            if value == above:
                return 1, f"it goes into ALARM at {above} (GreaterThanOrEqualToThreshold) instead of above {above}"
    return 0, f"it goes into ALARM when the value is {_comparison(found)} instead of greater than {above}"


def _comparison(found: Alarm) -> str:
    words = {
        "GreaterThanThreshold": "greater than",
        "GreaterThanOrEqualToThreshold": "at least",
        "LessThanThreshold": "less than",
        "LessThanOrEqualToThreshold": "at most",
    }
    return f"{words.get(found.comparison, quote(found.comparison, 60) or 'compared with')} {_number(found.threshold)}"


def _watched(found: Alarm) -> str:
    if not found.metric:
        return "an expression"
    metric = f"{quote(found.namespace, 80)} {quote(found.metric, 80)}"
    if not found.dimensions:
        return f"{metric} without dimensions"
    return f"{metric} of {listed(f'{name} {value}' for name, value in sorted(found.dimensions.items()))}"


def _shown(found: Alarm) -> str:
    return (
        f"{quote(found.statistic, 40)} of {_watched(found)} {_comparison(found)} in {_seconds(found.period_s)}"
    ).strip()


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:g}"


def _seconds(value: float | None) -> str:
    return "unknown" if value is None else f"{value:g} s"


def _command(
    alarm: str, namespace: str, metric: str, dimensions: dict[str, str], statistic: str, period_s: int, above: int
) -> str:
    pairs = " ".join(f"Name={name},Value={value}" for name, value in dimensions.items())
    return (
        f"aws cloudwatch put-metric-alarm --alarm-name {alarm} --namespace {namespace} --metric-name {metric} "
        f"--dimensions {pairs} --statistic {statistic} --period {period_s} --evaluation-periods 1 "
        f"--threshold {above} --comparison-operator GreaterThanThreshold --treat-missing-data notBreaching"
    )
