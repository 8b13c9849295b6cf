"""CloudWatch: alarms on metrics, and the log groups of functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from labgrader.evidence.coerce import mapping, number, sequence, text
from labgrader.evidence.question import Answers, Json, Question


@dataclass(frozen=True)
class Alarm:
    """An alarm on one metric. ``period_s`` is in seconds, ``statistic`` as AWS names it (``Sum``, ``p95``)."""

    name: str
    namespace: str = ""
    metric: str = ""
    dimensions: Mapping[str, str] = field(default_factory=dict)
    statistic: str = ""
    period_s: int | None = None
    evaluation_periods: int | None = None
    threshold: float | None = None
    comparison: str = ""
    actions_enabled: bool = True
    actions: tuple[str, ...] = ()


@dataclass(frozen=True)
class LogGroup:
    """The log group of a function. ``retention_days`` is ``None`` where logs never expire."""

    name: str
    retention_days: int | None = None


class Monitoring:
    """What AWS said about the student's alarms and log groups."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def alarms(self) -> list[Alarm]:
        """Return the student's metric alarms, by name. One call to AWS is shared by the students of an account."""
        answer = mapping(self._answers.ask(Question("cloudwatch:DescribeAlarms")))
        return [_alarm(name, mapping(alarm)) for name, alarm in sorted(answer.items())]

    def alarm(self, name: str) -> Alarm | None:
        """Return one alarm, or ``None``."""
        return next((alarm for alarm in self.alarms() if alarm.name == name), None)

    def log_group(self, function: str) -> LogGroup | None:
        """Return the log group ``/aws/lambda/FUNCTION``, or ``None``. One call to AWS is shared by the students of an
        account."""
        answer = mapping(self._answers.ask(Question("logs:DescribeLogGroups"))).get(function)
        if answer is None:
            return None
        return LogGroup(f"/aws/lambda/{function}", number(mapping(answer).get("retentionInDays")))


def _alarm(name: str, answer: Mapping[str, Json]) -> Alarm:
    threshold = answer.get("Threshold")
    return Alarm(
        name=name,
        namespace=text(answer.get("Namespace")),
        metric=text(answer.get("MetricName")),
        dimensions={
            text(mapping(dimension).get("Name")): text(mapping(dimension).get("Value"))
            for dimension in sequence(answer.get("Dimensions"))
        },
        statistic=text(answer.get("Statistic")) or text(answer.get("ExtendedStatistic")),
        period_s=number(answer.get("Period")),
        evaluation_periods=number(answer.get("EvaluationPeriods")),
        threshold=float(threshold) if isinstance(threshold, int | float) and not isinstance(threshold, bool) else None,
        comparison=text(answer.get("ComparisonOperator")),
        actions_enabled=answer.get("ActionsEnabled") is not False,
        actions=tuple(text(action) for action in sequence(answer.get("AlarmActions"))),
    )
