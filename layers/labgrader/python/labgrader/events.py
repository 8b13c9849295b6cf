"""What labgrader tells others: the events on the stack's bus, each held against its schema before it is sent.

Every event may arrive more than once, as everything on EventBridge may; ``event_id`` is the same then. No event holds
a name or an e-mail address: a school's own systems know who ``student_id`` is.
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
"""Events of one call (EventBridge API, PutEvents)."""

MAX_BYTES = 255 * 1024
"""Bytes of all events of one call, which must be less than 256 KB (EventBridge API, PutEvents)."""

MAX_SENDS = 5
"""How often an event is sent that EventBridge did not take."""

MAX_REASON = 12_000
MAX_MESSAGE = 300
MAX_GONE = 100
"""Characters of a reason and of a sentence, and how many resources one event names."""


@dataclass(frozen=True)
class Event:
    """One event.

    Args:
        detail_type: ``Run Started``, ``Student Graded``, ``Run Completed``, ``Run Failed`` or ``Drift Detected``.
        detail: what it says, as the schema of its type has it (``schemas/events/``).
    """

    detail_type: str
    detail: Mapping[str, Any]

    @property
    def schema(self) -> str:
        """The name of its schema, for ``validate``."""
        return f"events/{_slug(self.detail_type)}"


Publish = Callable[..., None]
"""Sends the events it is given: ``Publisher.publish``, or what a test puts in its place."""


def run_started(record: RunRecord) -> Event:
    """A run is planned, and its students are about to be recorded."""
    return _event(
        "Run Started",
        record.run_id,
        lab=record.lab,
        mode=record.mode,
        course=record.course or "",
        started_at=record.started_at,
        students=record.counts.students,
    )


def student_graded(report: Report, course: str = "") -> Event:
    """A student has a report.

    Args:
        report: the report, as it is kept.
        course: the course that the run is of, or empty.
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
        username=student["username"],
        student_id=student["student_id"],
        status=report["status"],
        points=points["points"],
        max_points=points["max_points"],
        percent=points["percent"],
        open_points=points["open_points"],
        not_graded_reasons=sorted(
            {one["reason"] for one in report["checks"] if one["status"] == "not_graded" and "reason" in one}
        ),
        graded_at=report["graded_at"],
        report_key=Keys(report["run_id"]).report(student["username"]),
    )


def run_completed(run: Mapping[str, Any], course: str = "") -> Event:
    """A run has ended, and its gradebook is there.

    Args:
        run: what ``run.json`` says.
        course: the course that it is a run of, or empty.
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
    """A run could not go on, or a request for one could not be used; nobody is graded by it.

    Args:
        run_id: the run.
        lab: the lab's id, or empty where it is not known.
        mode: the run's mode, or empty where it is not known.
        reason: why, as a sentence for the instructor; one line for each problem.
        course: the course that it is a run of, or empty.
    """
    lines = "\n".join(quote(line, MAX_REASON) for line in reason.splitlines() if line.strip())
    cut = lines if len(lines) <= MAX_REASON else f"{lines[:MAX_REASON]}… ({len(lines) - MAX_REASON} more characters)"
    return _event("Run Failed", run_id, lab=lab, mode=mode, course=course, reason=cut or "no reason is known")


def drift_detected(student: AuditedStudent, run_id: str, lab: str, course: str = "") -> Event:
    """An audit found that what a student had right is not right any more.

    Args:
        student: the student's entry in ``audit.json``: ``username``, ``student_id``, ``drifted``, ``gone``.
        run_id: the audit's run.
        lab: the lab's id.
        course: the course that it is a run of, or empty.
    """
    return _event(
        "Drift Detected",
        run_id,
        student["username"],
        lab=lab,
        course=course,
        username=student["username"],
        student_id=student["student_id"],
        drifted=[
            {
                "check": one["check"],
                "title": quote(one["title"]),
                "from": one["from"],
                "to": one["to"],
                "message": quote(one["message"], MAX_MESSAGE),
                **({"reason": one["reason"]} if "reason" in one else {}),
                "points": one["points"],
            }
            for one in student["drifted"]
        ],
        gone=[quote(name) for name in student["gone"][:MAX_GONE]],
    )


class Publisher:
    """The stack's event bus, to put events on.

    Args:
        client: a client of EventBridge.
        bus: the bus's name or ARN.
        pause_s: seconds to wait at most before what was not taken is sent for the second time; twice as many before
            each further time.
    """

    def __init__(self, client: Any, bus: str, *, pause_s: float = 0.2) -> None:
        self._client = client
        self._bus = bus
        self._pause_s = pause_s

    def publish(self, *events: Event) -> None:
        """Send events, in their order; what EventBridge does not take is sent again, a few times.

        Raises:
            InvalidDocumentError: an event is not as its schema has it; nothing was sent.
            ThrottledError, ServiceFaultError: some were not taken; all of them may be sent again.
            RefusedError: there is no such bus, or no permission for it.
        """
        for event in events:
            validate(event.detail, event.schema)
        for entries in _calls([self._entry(event) for event in events]):
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
                time.sleep(random.uniform(0, self._pause_s * 2**again))  # not all at once again
        codes = {_code(said) for _, said in refused}
        many = f"{len(refused)} event{'' if len(refused) == 1 else 's'}"
        sentence = f"EventBridge did not take {many}: {quote(', '.join(sorted(codes)))}"
        raise (ThrottledError if codes <= THROTTLES else ServiceFaultError)(sentence)


@cache
def default_publisher() -> Publisher:
    """The bus that a function's environment names (``BUS``), with a client made when it is first wanted."""
    config = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=5, read_timeout=15)
    return Publisher(boto3.client("events", config=config), Environment().bus)


def _event(detail_type: str, run_id: str, about: str = "", /, **says: Any) -> Event:
    """Put an event together; its id is made of what it tells, so that it is the same whenever that is told."""
    slug = _slug(detail_type)
    event_id = ":".join(part for part in (run_id, slug, about) if part)
    return Event(detail_type, {"schema": f"labgrader.{slug}/1", "event_id": event_id, "run_id": run_id, **says})


def _slug(detail_type: str) -> str:
    return detail_type.lower().replace(" ", "-")


def _code(said: Mapping[str, Any]) -> str:
    return str(said.get("ErrorCode") or "")


def _calls(entries: Sequence[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
    """Share entries out among calls, in their order, within the number and the bytes that one call may have."""
    call: list[dict[str, str]] = []
    size = 0
    for entry in entries:
        length = sum(len(entry[field].encode()) for field in ("Source", "DetailType", "Detail"))
        if call and (len(call) == MAX_ENTRIES or size + length > MAX_BYTES):
            yield call
            call, size = [], 0
        call.append(entry)
        size += length
    if call:
        yield call


def publish_safely(publish: Publish | None, events: Callable[[], Iterable[Event]]) -> None:
    """Send events after everything that they report is stored.

    `publish` repeats what the bus does not take at once. What it does not take at all is logged, counted (the metric
    ``EventsLost``) and lost: an error here would call a run failed that is complete. The run's record and its gradebook
    hold the same facts.

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
    """Write a metric for the alarm at once: not every function that publishes writes metrics at its end."""
    from aws_lambda_powertools.metrics import MetricUnit, single_metric  # events are rarely lost

    with single_metric(name="EventsLost", unit=MetricUnit.Count, value=events, namespace="labgrader") as metric:
        metric.add_dimension("service", "events")
