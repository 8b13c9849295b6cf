"""Telling others what became of a run: never at the cost of what it came to."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from labgrader.errors import LabgraderError
from labgrader.events import Event, Publish

log = logging.getLogger(__name__)


def tell(publish: Publish | None, events: Callable[[], Iterable[Event]]) -> None:
    """Send events, once everything they tell of is kept.

    The bus sends again what it does not take at once. What it does not take at all is logged, counted (the metric
    ``EventsLost``) and lost: to fail here would call a run failed that is complete. Who missed an event finds the same
    in the run's record and its gradebook.

    Args:
        publish: sends them; nobody is told where it is ``None``.
        events: makes them, when there is somebody to tell.
    """
    if publish is None:
        return
    told: list[Event] = []
    try:
        told += events()
        publish(*told)
    except LabgraderError:
        log.exception("an event was lost")
        _count_lost(max(1, len(told)))


def _count_lost(events: int) -> None:
    """Write a metric for the alarm, at once: not every function that tells of something writes metrics at its end."""
    from aws_lambda_powertools.metrics import MetricUnit, single_metric  # nothing is lost, as a rule

    with single_metric(name="EventsLost", unit=MetricUnit.Count, value=events, namespace="labgrader") as metric:
        metric.add_dimension("service", "events")
