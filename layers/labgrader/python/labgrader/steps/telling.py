"""Telling others what became of a run: never at the cost of what it came to."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from labgrader.errors import LabgraderError
from labgrader.events import Event, Publish

log = logging.getLogger(__name__)


def tell(publish: Publish | None, events: Callable[[], Iterable[Event]]) -> None:
    """Send events, once everything they tell of is kept.

    The bus sends again what it does not take at once. What it does not take at all is logged and lost: to fail here
    would call a run failed that is complete. Who missed an event finds the same in the run's record and its gradebook.

    Args:
        publish: sends them; nobody is told where it is ``None``.
        events: makes them, when there is somebody to tell.
    """
    if publish is None:
        return
    try:
        publish(*events())
    except LabgraderError:
        log.exception("an event was lost")
