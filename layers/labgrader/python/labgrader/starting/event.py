"""A class run that an event asks for (``Grade Requested``): the same event, however often it comes, is one run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from labgrader.errors import BadInputError
from labgrader.events import Publish, run_failed
from labgrader.lab import lab_ids
from labgrader.messages import quote
from labgrader.run_request import MODES, new_run_id
from labgrader.starting.class_run import Started, read_request, start_class_run
from labgrader.starting.execution import execution_arn
from labgrader.store import Store

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

NO_LAB = "unknown-lab"
"""Stands in the id of a run whose lab does not exist."""


def start_from_event(
    store: Store, states: SFNClient, machine_arn: str, publish: Publish, event: Mapping[str, Any]
) -> tuple[str, Started | None]:
    """Start the run that an event asks for, or say with an event of our own why it cannot be started.

    Args:
        store: the stack's store.
        states: a client of Step Functions.
        machine_arn: the machine ``grade_class``.
        publish: sends events.
        event: as EventBridge delivers it: ``id``, ``time``, ``detail``.

    Returns:
        The run's id, and the run; ``None`` where the request cannot be used: it is recorded as failed, and
        ``Run Failed`` says why.

    Raises:
        ThrottledError, ServiceFaultError: worth another delivery.
        RefusedError: AWS refused.
    """
    detail = event.get("detail")
    asked = detail if isinstance(detail, Mapping) else {}
    lab = _known(asked.get("lab"), lab_ids())
    event_id = str(event.get("id") or _fingerprint(event))
    requested_at = _time_of(event)
    run_id = new_run_id(lab or NO_LAB, requested_at, asked=event_id)
    try:
        request = read_request(store, detail, f"event {event_id}").kept(store, run_id)
        return run_id, start_class_run(store, states, machine_arn, request, run_id)
    except BadInputError as error:
        reason = str(error)
    course = quote(asked.get("course") or "")
    record: dict[str, Any] = {
        "run_id": run_id,
        "lab": lab,
        "mode": "audit" if asked.get("mode") == "audit" else "grade",
        "status": "failed",
        "started_at": f"{requested_at:%Y-%m-%dT%H:%M:%SZ}",
        "finished_at": f"{requested_at:%Y-%m-%dT%H:%M:%SZ}",
        "counts": {"students": 0, "complete": 0, "incomplete": 0},
        "requested_by": quote(f"event {event_id}"),
        "course": course,
        "error": quote(" · ".join(reason.splitlines()), 1000),
    }
    if not store.record_start(record):
        recorded = store.run(run_id) or record
        if recorded["status"] != "failed":  # it could be used when it came first: the class list has gone since
            return run_id, Started(run_id, execution_arn(machine_arn, run_id), again=True)
    publish(run_failed(run_id, lab, _known(asked.get("mode", "grade"), MODES), reason, course))
    return run_id, None


def _known(value: Any, values: Any) -> str:
    """A value that is one of those there are, or nothing."""
    return value if isinstance(value, str) and value in values else ""


def _time_of(event: Mapping[str, Any]) -> datetime:
    """When the event says that it was sent; now where it does not say: it came by hand then, not from EventBridge."""
    try:
        return datetime.fromisoformat(str(event.get("time"))).astimezone(UTC)
    except ValueError:
        return datetime.now(UTC)


def _fingerprint(event: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(event, sort_keys=True, default=str).encode()).hexdigest()
