"""Start the class run that a ``Grade Requested`` event requests. An event that arrives twice is one run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from labgrader.errors import BadInputError
from labgrader.events import Publish, run_failed
from labgrader.messages import quote
from labgrader.moments import isoformat_utc
from labgrader.runs.class_run import Started
from labgrader.runs.execution import execution_arn
from labgrader.runs.idempotent_start import NO_LAB, ClientTokenUsedError, known_lab, start_once
from labgrader.runs.request import new_run_id
from labgrader.runs.request_parser import CLASS_MODES, course_of
from labgrader.store import RunRecord, Store

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

MAX_SOURCE = 256
"""The most characters of the source of an event (EventBridge API, PutEvents)."""


def start_from_event(
    store: Store, states: SFNClient, machine_arn: str, publish: Publish, event: Mapping[str, Any]
) -> tuple[str, Started | None]:
    """Start the run that an event requests, or publish ``Run Failed`` with the reason.

    Args:
        store: the stack's store.
        states: a client of Step Functions.
        machine_arn: the machine ``grade_class``.
        publish: sends events.
        event: the event as EventBridge delivers it: ``id``, ``time``, ``detail``.

    Returns:
        The id of the run, and the run. ``None`` for the run if the request is invalid: the run is recorded as failed,
        and ``Run Failed`` has the reason.

    Raises:
        ThrottledError, ServiceFaultError: a second delivery may succeed.
        RefusedError: AWS refused.
    """
    detail = event.get("detail")
    asked = detail if isinstance(detail, Mapping) else {}
    lab, mode = known_lab(asked), asked.get("mode", "grade")
    event_id = str(event.get("id") or _fingerprint(event))
    requested_at = _time_of(event)
    run_id = new_run_id(lab or NO_LAB, requested_at, asked=event_id)
    client = f"event:{str(event.get('source', ''))[:MAX_SOURCE]}"  # no instructor has a colon in the name
    by = f"event {event_id}"
    try:
        started = start_once(store, states, machine_arn, detail, run_id, client=client, requested_by=by)
    except BadInputError as error:
        reason = str(error)
    except ClientTokenUsedError as error:
        reason = f"client_token: {error} (the first request started run {error.run_id})"
    else:
        return started.run_id, started
    course = quote(asked.get("course") or course_of(asked.get("roster")))
    requested = RunRecord(
        run_id=run_id,
        lab=lab,
        mode=mode if mode in CLASS_MODES else "grade",
        status="running",
        started_at=isoformat_utc(requested_at),
        requested_by=quote(by),
        course=course,
    )
    record = requested.failed(" · ".join(reason.splitlines()), isoformat_utc(requested_at))
    if not store.record_start(record):
        recorded = store.run(run_id) or record
        if recorded.status != "failed":  # the first delivery was valid, and the class list was deleted later
            return run_id, Started(run_id, execution_arn(machine_arn, run_id), again=True)
    publish(run_failed(run_id, lab, mode if mode in CLASS_MODES else "", reason, course))
    return run_id, None


def _time_of(event: Mapping[str, Any]) -> datetime:
    """Return the time of an event; now if it has none, because it was sent by hand and not by EventBridge."""
    try:
        return datetime.fromisoformat(str(event.get("time"))).astimezone(UTC)
    except ValueError:
        return datetime.now(UTC)


def _fingerprint(event: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(event, sort_keys=True, default=str).encode()).hexdigest()
