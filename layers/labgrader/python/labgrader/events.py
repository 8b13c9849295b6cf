"""The events on the stack's event bus. Each is validated against its schema before it is sent.

EventBridge may deliver an event more than once; its ``event_id`` is the same each time. No event has a name or an
e-mail address: a school's systems identify the student by ``student_id``.
"""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from labgrader.aws import to_domain_error
from labgrader.documents.audit import AuditedStudent
from labgrader.documents.report import Report
from labgrader.environment import Environment
from labgrader.errors import LabgraderError, ServiceFaultError, ThrottledError
from labgrader.messages import quote
from labgrader.reasons import THROTTLES
from labgrader.schemas import validate
from labgrader.store.keys import Keys
from labgrader.store.run_record import RunRecord

log = logging.getLogger(__name__)

SOURCE = "labgrader"

MAX_ENTRIES = 10
"""Maximum events of one request (EventBridge API, PutEvents)."""

MAX_BYTES = 255 * 1024
"""Maximum bytes of all events of one request, which must be below 256 KB (EventBridge API, PutEvents)."""

MAX_SENDS = 5
"""Maximum number of times that an event is sent if EventBridge does not accept it."""

MAX_REASON = 12_000
MAX_MESSAGE = 300
MAX_GONE = 100
"""Maximum characters of a reason and of a message, and maximum deleted resources in one event."""


@dataclass(frozen=True)
class Event:
    """One event.

    Args:
        detail_type: ``Run Started``, ``Student Graded``, ``Run Completed``, ``Run Failed`` or ``Drift Detected``.
        detail: its content, in the schema of its type (``schemas/events/``).
    """

    detail_type: str
    detail: Mapping[str, Any]

    @property
    def schema(self) -> str:
        """The schema's name, for ``validate``."""
        return f"events/{_slug(self.detail_type)}"


Publish = Callable[..., None]
"""A function that sends events: ``Publisher.publish``, or a replacement in tests."""


def run_started(record: RunRecord) -> Event:
    """Return the event for a run that is planned. The recording of its students follows."""
    return _event(
        "Run Started",
        record.run_id,
        lab=record.lab,
        mode=record.mode,
        course=record.course or "",
        started_at=record.started_at,
        students=record.counts.students,
    )


def student_graded(report: Report, course: str = "", *, private: bool = False) -> Event:
    """Return the event for a student with a new report.

    Args:
        report: the report, as it is stored.
        course: the run's course, or empty.
        private: whether students do not see the results of the run.
    """
    student, points = report["student"], report["score"]
    return _event(
        "Student Graded",
        report["run_id"],
        student["username"],
        lab=report["lab"]["id"],
        lab_version=report["lab"]["version"],
        mode=report["mode"],
        course=course,
        private=private,
        username=student["username"],
        student_id=student["student_id"],
        status=report["status"],
        points=points["points"],
        max_points=points["max_points"],
        percent=points["percent"],
        open_points=points["open_points"],
        not_graded_reasons=sorted(
            {check["reason"] for check in report["checks"] if check["status"] == "not_graded" and "reason" in check}
        ),
        graded_at=report["graded_at"],
        report_key=Keys(report["run_id"]).report(student["username"]),
    )


def run_completed(run: Mapping[str, Any], course: str = "") -> Event:
    """Return the event for a run that has ended. Its gradebook is stored.

    Args:
        run: the content of ``run.json``.
        course: the run's course, or empty.
    """
    keys = Keys(run["run_id"])
    return _event(
        "Run Completed",
        run["run_id"],
        lab=run["lab"],
        lab_version=run["lab_version"],
        mode=run["mode"],
        course=course,
        status=run["status"],
        started_at=run["started_at"],
        finished_at=run["finished_at"],
        counts=dict(run["counts"]),
        run_key=keys.run,
        gradebook_key=keys.gradebook,
    )


def run_failed(run_id: str, lab: str, mode: str, reason: str, course: str = "") -> Event:
    """Return the event for a run that failed, or for a request that cannot be used. No student is graded.

    Args:
        run_id: the run's id.
        lab: the lab's id, or empty if it is not known.
        mode: the run's mode, or empty if it is not known.
        reason: why, for the instructor; one line for each problem.
        course: the run's course, or empty.
    """
    lines = "\n".join(quote(line, MAX_REASON) for line in reason.splitlines() if line.strip())
    cut = lines if len(lines) <= MAX_REASON else f"{lines[:MAX_REASON]}… ({len(lines) - MAX_REASON} more characters)"
    return _event("Run Failed", run_id, lab=lab, mode=mode, course=course, reason=cut or "no reason is known")


def drift_detected(student: AuditedStudent, run_id: str, lab: str, course: str = "", *, private: bool = False) -> Event:
    """Return the event for an audit in which checks of a student fail that passed before.

    Args:
        student: the student's entry in ``audit.json``: ``username``, ``student_id``, ``drifted``, ``gone``.
        run_id: the audit run's id.
        lab: the lab's id.
        course: the run's course, or empty.
        private: whether students do not see the results of the audit.
    """
    return _event(
        "Drift Detected",
        run_id,
        student["username"],
        lab=lab,
        course=course,
        private=private,
        username=student["username"],
        student_id=student["student_id"],
        drifted=[
            {
                "check": check["check"],
                "title": quote(check["title"]),
                "from": check["from"],
                "to": check["to"],
                "message": quote(check["message"], MAX_MESSAGE),
                **({"reason": check["reason"]} if "reason" in check else {}),
                "points": check["points"],
            }
            for check in student["drifted"]
        ],
        gone=[quote(name) for name in student["gone"][:MAX_GONE]],
    )


class Publisher:
    """Sends events to the stack's event bus.

    Args:
        client: a client of EventBridge.
        bus: the bus's name or ARN.
        pause_s: maximum seconds to wait before the first retry. The maximum doubles before each further retry.
    """

    def __init__(self, client: Any, bus: str, *, pause_s: float = 0.2) -> None:
        self._client = client
        self._bus = bus
        self._pause_s = pause_s

    def publish(self, *events: Event) -> None:
        """Send events in order. Retry those that EventBridge does not accept, up to ``MAX_SENDS`` times in all.

        Raises:
            InvalidDocumentError: an event does not match its schema; nothing was sent.
            ThrottledError, ServiceFaultError: EventBridge did not accept some; the caller may send all of them again.
            RefusedError: the bus does not exist, or the permission to use it is missing.
        """
        for event in events:
            validate(event.detail, event.schema)
        for entries in _batches([self._entry(event) for event in events]):
            self._send(entries)

    def _entry(self, event: Event) -> dict[str, str]:
        detail = json.dumps(event.detail, ensure_ascii=False, allow_nan=False, sort_keys=True)
        return {"EventBusName": self._bus, "Source": SOURCE, "DetailType": event.detail_type, "Detail": detail}

    def _send(self, entries: Sequence[dict[str, str]]) -> None:
        for again in range(MAX_SENDS):
            try:
                answer = self._client.put_events(Entries=list(entries))
            except (ClientError, BotoCoreError) as error:
                raise to_domain_error(error) from error
            if not answer["FailedEntryCount"]:
                return
            refused = [(entry, said) for entry, said in zip(entries, answer["Entries"], strict=True) if _code(said)]
            entries = [entry for entry, _ in refused]
            if again + 1 < MAX_SENDS:
                time.sleep(random.uniform(0, self._pause_s * 2**again))  # several publishers must not retry at once
        codes = {_code(said) for _, said in refused}
        many = f"{len(refused)} event{'' if len(refused) == 1 else 's'}"
        sentence = f"EventBridge did not accept {many}: {quote(', '.join(sorted(codes)))}"
        raise (ThrottledError if codes <= THROTTLES else ServiceFaultError)(sentence)


@cache
def default_publisher() -> Publisher:
    """Return the publisher of the environment's bus (``BUS``). Its client is created on first use."""
    config = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=5, read_timeout=15)
    return Publisher(boto3.client("events", config=config), Environment().bus)


def _event(detail_type: str, run_id: str, about: str = "", /, **says: Any) -> Event:
    """Return an event. Its id is derived from its content, so that a repeated event has the same id."""
    slug = _slug(detail_type)
    event_id = ":".join(part for part in (run_id, slug, about) if part)
    return Event(detail_type, {"schema": f"labgrader.{slug}/1", "event_id": event_id, "run_id": run_id, **says})


def _slug(detail_type: str) -> str:
    return detail_type.lower().replace(" ", "-")


def _code(said: Mapping[str, Any]) -> str:
    return str(said.get("ErrorCode") or "")


def _batches(entries: Sequence[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
    """Yield the entries in batches for one request each, in order, within its limits of number and bytes."""
    batch: list[dict[str, str]] = []
    size = 0
    for entry in entries:
        length = sum(len(entry[field].encode()) for field in ("Source", "DetailType", "Detail"))
        if batch and (len(batch) == MAX_ENTRIES or size + length > MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += length
    if batch:
        yield batch


def publish_safely(publish: Publish | None, events: Callable[[], Iterable[Event]]) -> None:
    """Send events after everything that they report is stored.

    `publish` retries. An event that the bus still does not accept is logged, counted (the metric ``EventsLost``) and
    lost. An error here would mark a complete run as failed. The run's record and its gradebook hold the same facts.

    Args:
        publish: sends the events; ``None`` sends nothing.
        events: makes the events; called only if they are sent.
    """
    if publish is None:
        return
    made: list[Event] = []
    try:
        made += events()
        publish(*made)
    except LabgraderError:
        log.exception("an event was lost")
        _count_lost(max(1, len(made)))


def _count_lost(events: int) -> None:
    """Write the alarm's metric at once, because not every function that publishes writes metrics at its end."""
    from aws_lambda_powertools.metrics import MetricUnit, single_metric  # events are rarely lost

    with single_metric(name="EventsLost", unit=MetricUnit.Count, value=events, namespace="labgrader") as metric:
        metric.add_dimension("service", "events")
